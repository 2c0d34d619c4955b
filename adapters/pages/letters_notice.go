package pages

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

// noticePath is where notices about letters are read.
const noticePath = "/segreteria/lettere/avviso"

// maxNotice is how long a notice may be, as the API has it.
const maxNotice = 5 << 20

// A noticePage takes a notice of a mail server about a letter.
type noticePage struct {
	*visit
	Key     string
	Trouble *problem
	Taken   *noticeTaken
}

// A noticeTaken is what a notice said.
type noticeTaken struct {
	Position string `json:"position"`
	Delivery string `json:"delivery"`
	Says     string `json:"says"`
}

func showNoticeForm(v *visit) error {
	if err := v.enter(rStaff...); err != nil {
		return err
	}
	return v.show("letternotice", noticePage{visit: v, Key: newKey()})
}

// readNotice hands a notice to the API as it comes; the key stands before the file.
func readNotice(v *visit) error {
	if err := v.enter(rStaff...); err != nil {
		return err
	}
	parts, err := v.r.MultipartReader()
	if err != nil {
		return errBadForm
	}
	key := ""
	for {
		part, err := parts.NextPart()
		if err != nil {
			return errBadForm // there was no file
		}
		if part.FormName() == "file" {
			return v.afterNotice(v.handNotice(key, part))
		}
		text, err := io.ReadAll(io.LimitReader(part, maxForm))
		if err != nil {
			return errBadForm
		}
		if part.FormName() == "chiave" {
			key = string(text)
		}
	}
}

// handNotice asks the API what a notice says.
func (v *visit) handNotice(key string, file io.Reader) (taken noticeTaken, err error) {
	req, err := v.api().request(v.r.Context(), http.MethodPost, "/letter-notices", file)
	if err != nil {
		return taken, err
	}
	req.ContentLength = -1
	req.Header.Set("Content-Type", "message/rfc822")
	req.Header.Set("Idempotency-Key", key)
	w := &answer{header: make(http.Header)}
	v.site.API.ServeHTTP(w, req)
	if w.status >= http.StatusBadRequest {
		return taken, readProblem(w)
	}
	return taken, json.Unmarshal(w.body.Bytes(), &taken)
}

// afterNotice goes to the letter, or says what is not known yet or went wrong.
func (v *visit) afterNotice(taken noticeTaken, err error) error {
	p := noticePage{visit: v, Key: newKey()}
	refused, ok := asRefusal(err)
	switch {
	case ok:
		v.status, p.Trouble = refused.Status, refused
	case err != nil:
		return err
	case taken.Says == "under-way":
		p.Taken = &taken
	default:
		v.redirect("/segreteria/lettere/" + url.PathEscape(taken.Delivery) + "?" + url.Values{"fatto": {"lettere-avviso"}, "visto": {taken.Position}}.Encode())
		return nil
	}
	return v.show("letternotice", p)
}
