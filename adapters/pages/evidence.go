package pages

import (
	"cmp"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// An evidencePage is the documents on which presences rest.
type evidencePage struct {
	*visit
	Tavolo  projections.TavoloDetail
	Items   []projections.Evidence
	Key     string
	Trouble *problem
}

// evidenceKinds are what a document can be.
var evidenceKinds = []string{"signature-sheet", "scan", "platform-report", "statement", "confirmation"}

// showEvidence lists the documents of a tavolo.
func showEvidence(v *visit) error {
	if err := v.enter(rReaders...); err != nil {
		return err
	}
	return v.showEvidence(nil)
}

func (v *visit) showEvidence(trouble *problem) (err error) {
	p := evidencePage{visit: v, Key: newKey(), Trouble: trouble}
	if p.Tavolo, err = v.tavolo(); err != nil {
		return err
	}
	if p.Items, err = v.evidence(); err != nil {
		return err
	}
	return v.show("evidence", p)
}

// evidence asks for the documents of the tavolo of the address.
func (v *visit) evidence() ([]projections.Evidence, error) {
	var list struct {
		Items []projections.Evidence `json:"items"`
	}
	err := v.ask("/tavoli/"+url.PathEscape(v.r.PathValue("id"))+"/evidence", nil, &list)
	return list.Items, err
}

// Kinds lists what a document can be.
func (p evidencePage) Kinds() []option { return p.options("", evidenceKinds...) }

// passEvidence hands out a document.
func passEvidence(v *visit) error {
	if err := v.enter(rReaders...); err != nil {
		return err
	}
	return v.handOut("/tavoli/"+url.PathEscape(v.r.PathValue("id"))+"/evidence/"+url.PathEscape(v.r.PathValue("sha256")), nil)
}

// fileEvidence files a document. It goes on to the register as it comes; the fields
// of the form stand before it.
func fileEvidence(v *visit) error {
	if err := v.enter(rDesks...); err != nil {
		return err
	}
	parts, err := v.r.MultipartReader()
	if err != nil {
		return errBadForm
	}
	form := url.Values{}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return errBadForm // there was no file
		}
		if part.FormName() == "file" {
			return v.afterFiling(v.fileIt(form, part))
		}
		text, err := io.ReadAll(io.LimitReader(part, maxForm))
		if err != nil {
			return errBadForm
		}
		form.Set(part.FormName(), string(text))
	}
}

// fileIt hands one document to the API.
func (v *visit) fileIt(form url.Values, part *multipart.Part) error {
	query := url.Values{"kind": {form.Get("tipo")}, "title": {strings.TrimSpace(form.Get("titolo"))}}
	path := "/tavoli/" + url.PathEscape(v.r.PathValue("id")) + "/evidence?" + query.Encode()
	req, err := v.api().request(v.r.Context(), http.MethodPost, path, part)
	if err != nil {
		return err
	}
	req.ContentLength = -1
	req.Header.Set("Content-Type", cmp.Or(part.Header.Get("Content-Type"), "application/octet-stream"))
	req.Header.Set("Idempotency-Key", form.Get("chiave"))
	w := &answer{header: make(http.Header)}
	v.site.API.ServeHTTP(w, req)
	if w.status >= 400 {
		return readProblem(w)
	}
	return nil
}

// afterFiling goes on, or shows the page with what went wrong.
func (v *visit) afterFiling(err error) error {
	if refused, ok := asRefusal(err); ok {
		v.status = refused.Status
		return v.showEvidence(refused)
	}
	if err != nil {
		return err
	}
	v.redirect("/segreteria/tavoli/" + url.PathEscape(v.r.PathValue("id")) + "/prove?fatto=prove")
	return nil
}

// limit is how many bytes a visitor may send.
func limit(r *http.Request) int64 {
	if r.URL.Path == noticePath {
		return maxNotice + maxForm
	}
	if strings.HasPrefix(r.URL.Path, "/segreteria/tavoli/") && strings.HasSuffix(r.URL.Path, "/prove") {
		return domain.MaxEvidence + maxForm
	}
	return maxForm
}

// pickEvidence lists the documents on which a presence can rest.
func pickEvidence(v *visit) (list []option, err error) {
	items, err := v.evidence()
	for _, e := range items {
		if e.Destroyed == nil {
			list = append(list, option{Value: e.SHA256, Label: e.Title + ", " + v.site.word(v.Lang, string(e.Kind))})
		}
	}
	return list, err
}
