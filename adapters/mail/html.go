package mail

import (
	"html"
	"regexp"
	"strings"
)

// page returns the text of a letter as HTML that any mail program shows: paragraphs,
// lists, and addresses that can be followed. Whatever stands in the text is text.
func page(title, text string, blocks []string) string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html>
<html lang="it"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>`)
	b.WriteString(html.EscapeString(title))
	b.WriteString(`</title></head>
<body style="margin:0;padding:16px;background:#fff;color:#17324d;font:16px/1.5 'Titillium Web',Arial,sans-serif"><div style="max-width:38em">
`)
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		b.WriteString(paragraphHTML(paragraph))
	}
	for _, block := range blocks {
		b.WriteString(`<hr style="border:0;border-top:1px solid #c5c7c9"><p style="font-size:13px;color:#455a64">` + linesHTML(strings.Split(strings.TrimSpace(block), "\n")) + "</p>\n")
	}
	b.WriteString("</div></body></html>\n")
	return strings.ReplaceAll(b.String(), "\n", "\r\n")
}

// paragraphHTML returns one paragraph; lines that begin with a dash are a list.
func paragraphHTML(text string) string {
	var out strings.Builder
	var open []string
	items := false
	flush := func() {
		switch {
		case len(open) == 0:
		case items:
			out.WriteString("<ul>")
			for _, line := range open {
				out.WriteString("<li>" + lineHTML(strings.TrimPrefix(line, "- ")) + "</li>")
			}
			out.WriteString("</ul>\n")
		default:
			out.WriteString("<p>" + linesHTML(open) + "</p>\n")
		}
		open = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if item := strings.HasPrefix(line, "- "); item != items {
			flush()
			items = item
		}
		if strings.TrimSpace(line) != "" {
			open = append(open, line)
		}
	}
	flush()
	return out.String()
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
