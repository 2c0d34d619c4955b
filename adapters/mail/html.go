package mail

import (
	"html"
	"regexp"
	"strings"
)

// Styles of a letter. Mail programs know nothing but what stands with each element.
const (
	bodyStyle  = "margin:0;padding:0;background:#ffffff;color:#17324d;font:16px/1.5 'Titillium Web',Arial,Helvetica,sans-serif"
	sheetStyle = "max-width:38em;margin:0 auto;padding:20px 16px;border-top:4px solid #0066cc"
	factsStyle = "border-collapse:collapse;margin:0 0 16px;width:100%"
	labelStyle = "text-align:left;vertical-align:top;padding:6px 16px 6px 0;border-bottom:1px solid #d9dadb;font-weight:600;white-space:nowrap"
	valueStyle = "vertical-align:top;padding:6px 0;border-bottom:1px solid #d9dadb;width:100%;overflow-wrap:anywhere"
	codeStyle  = "font:600 15px/1.5 'Roboto Mono',Consolas,monospace"
	otherStyle = "margin:0 0 16px;color:#455a64"
	blockStyle = "margin:16px 0 0;padding-top:16px;border-top:1px solid #c5c7c9;font-size:13px;color:#455a64"
)

// page returns the text of a letter as HTML that any mail program shows: paragraphs,
// lists, what is so with its label, and addresses that can be followed. Whatever stands
// in the text is text, and nothing stands here that does not stand there.
func page(title, text string, blocks []string) string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html>
<html lang="it"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light"><title>`)
	b.WriteString(html.EscapeString(title))
	b.WriteString("</title></head>\n<body style=\"" + bodyStyle + "\"><div style=\"" + sheetStyle + "\">\n")
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		b.WriteString(paragraphHTML(paragraph))
	}
	for _, block := range blocks {
		b.WriteString(`<p style="` + blockStyle + `">` + linesHTML(strings.Split(strings.TrimSpace(block), "\n")) + "</p>\n")
	}
	b.WriteString("</div></body></html>\n")
	return strings.ReplaceAll(b.String(), "\n", "\r\n")
}

// A lineKind is as what a line is shown.
type lineKind int

const (
	plainLine lineKind = iota
	itemLine           // "- Saluti"
	factLine           // "Quando: giovedì 24 marzo 2022"
	otherLine          // in another language: "English: …"
)

var fact = regexp.MustCompile(`^([^:.,;«»{}]{2,30}): (\S.*)$`)

func kindOf(line string) lineKind {
	switch {
	case strings.HasPrefix(line, "- "):
		return itemLine
	case strings.HasPrefix(line, "English: "):
		return otherLine
	case fact.MatchString(line):
		return factLine
	}
	return plainLine
}

// paragraphHTML returns one paragraph, lines of one kind together.
func paragraphHTML(text string) string {
	var out strings.Builder
	var open []string
	kind := plainLine
	flush := func() {
		if len(open) > 0 {
			out.WriteString(groupHTML(kind, open))
		}
		open = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if k := kindOf(line); k != kind {
			flush()
			kind = k
		}
		open = append(open, line)
	}
	flush()
	return out.String()
}

// groupHTML returns some lines of one kind.
func groupHTML(kind lineKind, lines []string) string {
	var out strings.Builder
	switch kind {
	case itemLine:
		out.WriteString(`<ul style="margin:0 0 16px;padding-left:24px">`)
		for _, line := range lines {
			out.WriteString("<li>" + lineHTML(strings.TrimPrefix(line, "- ")) + "</li>")
		}
		out.WriteString("</ul>\n")
	case factLine:
		out.WriteString(`<table style="` + factsStyle + `">` + "\n")
		for _, line := range lines {
			out.WriteString(factHTML(line))
		}
		out.WriteString("</table>\n")
	case otherLine:
		out.WriteString(`<p lang="en" style="` + otherStyle + `">` + linesHTML(lines) + "</p>\n")
	default:
		out.WriteString(`<p style="margin:0 0 16px">` + linesHTML(lines) + "</p>\n")
	}
	return out.String()
}

// factHTML returns a line with its label. A code is shown so that it can be typed.
func factHTML(line string) string {
	part := fact.FindStringSubmatch(line)
	value := lineHTML(part[2])
	if part[1] == "Codice" {
		value = `<span style="` + codeStyle + `">` + value + "</span>"
	}
	return `<tr><th scope="row" style="` + labelStyle + `">` + html.EscapeString(part[1]) + `:</th> <td style="` + valueStyle + `">` + value + "</td></tr>\n"
}

func linesHTML(lines []string) string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = lineHTML(line)
	}
	return strings.Join(out, "<br>\n")
}

var address = regexp.MustCompile(`https?://[^\s<>"'«»]+[^\s<>"'«».,;:!?)]`)

// lineHTML returns one line, in which addresses can be followed.
func lineHTML(line string) string {
	var out strings.Builder
	at := 0
	for _, found := range address.FindAllStringIndex(line, -1) {
		link := html.EscapeString(line[found[0]:found[1]])
		out.WriteString(html.EscapeString(line[at:found[0]]) + `<a href="` + link + `">` + link + "</a>")
		at = found[1]
	}
	return out.String() + html.EscapeString(line[at:])
}
