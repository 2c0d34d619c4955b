package web

import (
	"slices"
	"strings"

	"tavoli/projections/papers"
)

// A Renderer writes papers in one form. The same paper is always the same bytes; one
// too large for the form is refused with [domain.ErrReportTooLarge].
type Renderer interface {
	Render(p papers.Paper) ([]byte, error)
}

// A fileForm is a form in which papers are written.
type fileForm struct {
	name  string // also the ending of files
	media string
	about string
}

// The forms there are, JSON, which is no paper, apart.
var (
	csvForm  = fileForm{"csv", "text/csv", "every line that matches, for a spreadsheet"}
	xlsxForm = fileForm{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "a workbook: a sheet for each table"}
	htmlForm = fileForm{"html", "text/html", "a page that stands alone"}
	pdfForm  = fileForm{"pdf", "application/pdf", "for printing, the funding paragraph on every page"}
	jsonForm = fileForm{"json", "application/json", ""}

	rosterForms = []fileForm{jsonForm, csvForm, xlsxForm, pdfForm}
	reportForms = []fileForm{jsonForm, csvForm, xlsxForm, htmlForm, pdfForm}
)

// mediaOf says of forms what an answer may be instead of JSON.
func mediaOf(forms []fileForm) map[string]string {
	media := make(map[string]string)
	for _, f := range forms {
		if f != jsonForm {
			media[f.media] = f.about
		}
	}
	return media
}

// formOf returns the form in which an answer is wanted.
func (c *call) formOf(offered []fileForm) (fileForm, error) {
	media := make([]string, len(offered))
	for i, f := range offered {
		media[i] = f.media
	}
	wanted, err := c.form406(media...)
	if err != nil {
		return fileForm{}, err
	}
	return offered[slices.Index(media, wanted)], nil
}

// form406 returns the media type in which an answer is wanted: by the parameter
// format, or by Accept. Where that takes anything, it is the first offered.
func (c *call) form406(offered ...string) (string, error) {
	if strings.Contains(c.r.URL.RawQuery, "format=") {
		format := c.r.URL.Query().Get("format")
		for _, media := range offered {
			if strings.HasSuffix(media, "/"+format) || media == xlsxForm.media && format == xlsxForm.name {
				return media, nil
			}
		}
		return "", &errNotAccept
	}
	accept := c.r.Header.Get("Accept")
	for _, media := range offered {
		if strings.Contains(accept, media) {
			return media, nil
		}
	}
	if accept == "" || strings.Contains(accept, "*/*") || strings.Contains(accept, "application/*") {
		return offered[0], nil
	}
	return "", &errNotAccept
}

// render writes a paper in a form.
func (c *call) render(f fileForm, p papers.Paper) ([]byte, error) {
	r := c.s.Renderers[f.name]
	if r == nil {
		return nil, &errNotOffered
	}
	return r.Render(p)
}

// file answers with a paper in a form. Pages are shown in place, other files saved.
func (c *call) file(f fileForm, p papers.Paper) error {
	body, err := c.render(f, p)
	if err != nil {
		return err
	}
	h := c.w.Header()
	media := f.media
	how := "attachment"
	switch f {
	case csvForm:
		media += "; charset=utf-8; header=present"
	case htmlForm:
		media, how = media+"; charset=utf-8", "inline"
		h["Content-Security-Policy"] = paperPolicy
	}
	h.Set("Content-Disposition", how+`; filename="`+p.Name+"."+f.name+`"`)
	return c.show([]string{media}, tagOf(-1, body), body)
}

// paperPolicy lets a page use the style that stands in it and nothing else.
var paperPolicy = []string{"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
