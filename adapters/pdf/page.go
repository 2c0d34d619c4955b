package pdf

import (
	"fmt"
	"strings"
)

// mostFunding is how much of a page the funding paragraph may take, in millimeters.
const mostFunding = 60.0

// head writes the funding paragraph at the top of a page. One too long for that
// stands on the first page in full, and other pages point there.
func (d *document) head() {
	d.SetXY(margin, 8)
	d.top = 10
	text := strings.TrimSpace(printable(d.paper.Funding))
	if text == "" {
		return
	}
	size := footSize
	d.SetFont(family, "", size)
	lines := d.lines(text, d.width())
	for size > 4.5 && float64(len(lines))*lineHeight(size) > mostFunding {
		size -= 0.5
		d.SetFont(family, "", size)
		lines = d.lines(text, d.width())
	}
	if float64(len(lines))*lineHeight(size) > mostFunding && d.PageNo() > 1 {
		lines = []string{"Blocco di finanziamento: per intero a pagina 1 · Funding paragraph: in full on page 1"}
	}
	d.ink()
	for _, line := range lines {
		if d.GetY() > d.bottom() { // a paragraph longer than a page
			break
		}
		d.CellFormat(d.width(), lineHeight(size), line, "", 1, "C", false, 0, "")
	}
	y := d.GetY() + 1.5
	d.SetDrawColor(0, 53, 107)
	d.SetLineWidth(0.3)
	d.Line(margin, y, margin+d.width(), y)
	d.top = y + 4
}

// foot writes the lines at the foot of a page and its number.
func (d *document) foot() {
	_, h := d.GetPageSize()
	y := h - footHeight
	d.SetDrawColor(197, 208, 218)
	d.SetLineWidth(0.2)
	d.Line(margin, y, margin+d.width(), y)
	d.SetFont(family, "", footSize)
	d.soft()
	for i, line := range d.paper.Foot {
		d.SetXY(margin, y+1.5+float64(i)*lineHeight(footSize))
		d.CellFormat(d.width()-30, lineHeight(footSize), d.cut(printable(line), d.width()-30), "", 0, "L", false, 0, "")
	}
	d.SetXY(margin+d.width()-30, y+1.5)
	d.CellFormat(30, lineHeight(footSize), fmt.Sprintf("pagina %d di %s", d.PageNo(), allPages), "", 0, "R", false, 0, "")
}

// cut shortens a line that is too long for its place.
func (d *document) cut(line string, width float64) string {
	runes := []rune(line)
	for len(runes) > 1 && d.GetStringWidth(string(runes))+2*cellMargin > width {
		runes = append(runes[:len(runes)-2], '…')
	}
	return string(runes)
}

// lines breaks a text into lines of a width.
func (d *document) lines(text string, width float64) []string {
	if text == "" {
		return []string{""}
	}
	lines := d.SplitText(text, width-0.2)
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \n")
	}
	return lines
}

// opening writes the title and the particulars.
func (d *document) opening() {
	d.SetFont(family, "B", titleSize)
	d.ink()
	d.paragraph(d.paper.Title, titleSize)
	d.SetFont(family, "", textSize)
	d.soft()
	d.paragraph(d.paper.TitleEn, textSize)
	d.SetY(d.GetY() + 3)
	const label = 74.0
	for _, one := range d.paper.Particulars {
		if one.Value == "" {
			continue
		}
		d.SetFont(family, "", textSize)
		lines := d.lines(printable(one.Value), d.width()-label)
		if d.GetY()+float64(len(lines))*lineHeight(textSize) > d.bottom() {
			d.page(d.firstOrientation())
		}
		d.particular(one.Label, one.En, lines, label)
	}
	d.SetY(d.GetY() + 4)
}

// particular writes one line of the opening: what is told, in both languages, and it.
func (d *document) particular(it, en string, lines []string, label float64) {
	y := d.GetY()
	d.SetXY(margin, y)
	d.SetFont(family, "B", textSize)
	d.ink()
	w := d.GetStringWidth(it) + 2*cellMargin + 0.5
	d.CellFormat(w, lineHeight(textSize), it, "", 0, "L", false, 0, "")
	d.SetFont(family, "", footSize)
	d.soft()
	d.CellFormat(label-w, lineHeight(textSize), d.cut(en, label-w), "", 0, "L", false, 0, "")
	d.SetFont(family, "", textSize)
	d.ink()
	for i, line := range lines {
		d.SetXY(margin+label, y+float64(i)*lineHeight(textSize))
		d.CellFormat(d.width()-label, lineHeight(textSize), line, "", 0, "L", false, 0, "")
	}
	d.SetXY(margin, y+float64(max(len(lines), 1))*lineHeight(textSize)+0.8)
}

// paragraph writes a text over the width of the page in the font that is set.
func (d *document) paragraph(text string, size float64) {
	if text == "" {
		return
	}
	for _, line := range d.lines(printable(text), d.width()) {
		d.SetX(margin)
		d.CellFormat(d.width(), lineHeight(size), line, "", 1, "L", false, 0, "")
	}
}
