// Package pdf writes papers as PDF files for printing: A4, the funding paragraph and
// the number of the page on every page, fonts embedded.
package pdf

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"strings"
	"sync"

	"codeberg.org/go-pdf/fpdf"

	"tavoli/domain"
	"tavoli/projections/papers"
)

//go:embed font/DejaVuSansCondensed.ttf.gz
var regularFont []byte

//go:embed font/DejaVuSansCondensed-Bold.ttf.gz
var boldFont []byte

// MaxRows is how many rows of tables a file holds.
const MaxRows = 10_000

// A Renderer writes papers as PDF. The same paper is the same bytes.
type Renderer struct{ fonts func() (fonts, error) }

// New returns a renderer. The fonts are unpacked when they are first needed.
func New() *Renderer { return &Renderer{sync.OnceValues(unpack)} }

// fonts are the letters, plain and bold.
type fonts struct{ regular, bold []byte }

func unpack() (f fonts, err error) {
	if f.regular, err = unpacked(regularFont); err == nil {
		f.bold, err = unpacked(boldFont)
	}
	return f, err
}

func unpacked(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// Render returns the file of a paper.
func (r *Renderer) Render(p papers.Paper) ([]byte, error) {
	if p.Rows() > MaxRows {
		return nil, domain.ErrReportTooLarge
	}
	letters, err := r.fonts()
	if err != nil {
		return nil, err
	}
	f := fpdf.New("P", "mm", "A4", "")
	d := &document{Fpdf: f, paper: p}
	f.SetCatalogSort(true)
	f.SetCreationDate(p.At.UTC())
	f.SetModificationDate(p.At.UTC())
	f.SetProducer("Tavoli", true)
	f.SetCreator("Tavoli", true)
	f.SetAuthor("Tavoli", true)
	f.SetTitle(printable(p.Title), true)
	f.SetSubject(printable(p.TitleEn), true)
	f.SetLang("it-IT")
	// The font is copied: it is written to while it is cut down to what is used.
	f.AddUTF8FontFromBytes(family, "", bytes.Clone(letters.regular))
	f.AddUTF8FontFromBytes(family, "B", bytes.Clone(letters.bold))
	f.SetMargins(margin, margin, margin)
	f.SetCellMargin(cellMargin)
	f.SetAutoPageBreak(false, 0)
	f.AliasNbPages(allPages)
	f.SetHeaderFunc(d.head)
	f.SetFooterFunc(d.foot)
	d.write()
	var out bytes.Buffer
	if err := f.Output(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Measures of the page, in millimeters, and of letters, in points.
const (
	family     = "DejaVu"
	margin     = 14.0
	cellMargin = 1.3
	footHeight = 16.0
	allPages   = "{pages}"

	titleSize = 15.0
	headSize  = 11.0
	textSize  = 8.5
	tableSize = 7.5
	footSize  = 6.5
)

// A document is a file in the making.
type document struct {
	*fpdf.Fpdf
	paper papers.Paper
	top   float64 // where the text of a page begins
}

// lineHeight returns how far lines of a size are apart.
func lineHeight(size float64) float64 { return size * 0.3528 * 1.28 }

// ink sets the color of letters.
func (d *document) ink()  { d.SetTextColor(23, 50, 77) }
func (d *document) soft() { d.SetTextColor(82, 99, 116) }

// width returns how wide the text of a page is.
func (d *document) width() float64 {
	w, _ := d.GetPageSize()
	return w - 2*margin
}

// bottom returns where the text of a page ends.
func (d *document) bottom() float64 {
	_, h := d.GetPageSize()
	return h - footHeight - 4
}

// write writes the paper.
func (d *document) write() {
	d.page(d.firstOrientation())
	d.opening()
	for _, s := range d.paper.Sections {
		d.section(s.Narrow())
	}
}

// firstOrientation returns how the first page lies: as its only table does.
func (d *document) firstOrientation() string {
	if len(d.paper.Sections) == 1 && d.crowded(d.paper.Sections[0].Narrow(), 210-2*margin) {
		return "L"
	}
	return "P"
}

// page begins a page.
func (d *document) page(orientation string) {
	d.AddPageFormat(orientation, fpdf.SizeType{Wd: 210, Ht: 297})
	d.SetY(d.top)
}

// printable returns a text without letters that the font cannot have.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r > 0xFFFF:
			return '\uFFFD'
		case r == '\n':
			return r
		case r < ' ', r == '\u007f':
			return ' '
		}
		return r
	}, text)
}
