package web

import (
	"regexp"
	"strconv"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// This file answers whether an attestato that somebody shows is one of this register.

// AttestatoCode is what stands on an attestato.
type AttestatoCode struct {
	Code string `json:"code" doc:"as printed; case, blanks and dashes do not matter"`
}

// AttestatoChecked says whether there is such an attestato.
type AttestatoChecked struct {
	Code     string `json:"code" doc:"as it was understood"`
	Issued   bool   `json:"issued" doc:"this register has issued it, and it was not revoked"`
	Position string `json:"position" doc:"of the register that was looked at"`
}

var attestatoCode = regexp.MustCompile(`^[a-z0-9]{4,64}$`)

// checkAttestato says whether there is such an attestato. The code stands in the body:
// it opens what an attestato says of a person. The register issues none yet, so that
// whatever is shown as one is none of its.
func checkAttestato() action {
	read := newForm(typeOf[AttestatoCode]())
	a := action{body: read.types, answer: typeOf[AttestatoChecked](), secret: true, unkeyed: true}
	a.do = func(c *call) error {
		var body AttestatoCode
		d := &doing{call: c, beside: new(Beside)}
		if err := d.read(read, &body); err != nil {
			return err
		}
		code := strings.ToLower(strings.Join(strings.FieldsFunc(body.Code, func(r rune) bool { return r == ' ' || r == '-' || r == '\t' }), ""))
		switch {
		case code == "":
			return invalid("/code", "required", "is required")
		case !attestatoCode.MatchString(code):
			return invalid("/code", "bad-code", "must be 4 to 64 letters and digits")
		}
		at, err := latest(c, func(m *projections.Models) (domain.Position, error) {
			at, _ := m.Marks.Newest()
			return at, nil
		})
		if err != nil {
			return err
		}
		c.tell(at)
		return c.reveal(AttestatoChecked{code, false, strconv.FormatUint(uint64(at), 10)})
	}
	return a.also(422)
}
