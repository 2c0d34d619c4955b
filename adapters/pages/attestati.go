package pages

import (
	"net/url"
	"strings"
)

// An attestatiPage checks whether an attestato is one of this register.
type attestatiPage struct {
	publicForm
	Checked *attestatoChecked // nil: nothing was asked yet
}

// attestatoChecked is what the API says of an attestato.
type attestatoChecked struct {
	Code     string
	Issued   bool
	Position string
}

// CodeField asks for the code.
func (p *attestatiPage) CodeField() shownField {
	f := p.In("codice", p.T("Codice dell'attestato", "Code of the attestato"), "text", "off", true, 80)
	f.Plain, f.Hint = true, p.T("È stampato sull'attestato. Maiuscole, spazi e trattini non contano.", "It is printed on the attestato. Case, blanks and dashes do not matter.")
	return f
}

func showAttestati(v *visit) error {
	p := &attestatiPage{publicForm: publicForm{visit: v, Form: url.Values{}}}
	return v.show("attestati", p)
}

// checkAttestato asks the register. The code stands in no address.
func checkAttestato(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	p := &attestatiPage{publicForm: publicForm{visit: v, Form: form}}
	var checked attestatoChecked
	err = v.post("/attestati/verification", "", map[string]string{"code": strings.TrimSpace(form.Get("codice"))}, &checked)
	if err == nil {
		p.Checked = &checked
	} else if err := p.refused(err); err != nil {
		return err
	}
	for i := range p.Wrong {
		p.Wrong[i] = wrongField{"codice", p.label("codice"), p.Wrong[i].Text}
	}
	return v.show("attestati", p)
}
