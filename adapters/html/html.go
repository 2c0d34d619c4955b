// Package html writes papers as pages that stand alone: one file, readable without
// network and without scripts.
package html

import (
	"bytes"
	_ "embed"
	"html/template"

	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

//go:embed paper.html
var page string

//go:embed paper.css
var style string

// MaxRows is how many rows of tables a page holds.
const MaxRows = 100_000

// A Renderer writes papers as pages. The same paper is the same bytes.
type Renderer struct{ page *template.Template }

// New returns a renderer.
func New() *Renderer {
	return &Renderer{template.Must(template.New("paper").Funcs(template.FuncMap{
		"style":  func() template.CSS { return template.CSS(style) },
		"number": func(c papers.Column) bool { return c.Kind == projections.NumberCell },
		"column": func(s papers.Section, i int) papers.Column { return s.Columns[i] },
		"short":  func(c papers.Column) bool { return c.Kind != projections.TextCell },
	}).Parse(page))}
}

// Render returns the page of a paper.
func (r *Renderer) Render(p papers.Paper) ([]byte, error) {
	if p.Rows() > MaxRows {
		return nil, domain.ErrReportTooLarge
	}
	sections := make([]papers.Section, len(p.Sections))
	for i, s := range p.Sections {
		sections[i] = s.Narrow()
	}
	p.Sections = sections
	var b bytes.Buffer
	err := r.page.Execute(&b, p)
	return b.Bytes(), err
}
