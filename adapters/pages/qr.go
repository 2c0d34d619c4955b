package pages

import (
	"fmt"
	"html/template"
	"strings"
)

// drawQR returns a QR code as a drawing, with the white border that readers need.
func drawQR(fields [][]bool) template.HTML {
	var b strings.Builder
	size := len(fields) + 8
	fmt.Fprintf(&b, `<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="QR" shape-rendering="crispEdges"><rect width="%d" height="%d" fill="#fff"/><path d="`, size, size, size, size)
	for y, row := range fields {
		for x, black := range row {
			if black {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+4, y+4)
			}
		}
	}
	b.WriteString(`" fill="#000"/></svg>`)
	return template.HTML(b.String()) //nolint:gosec // nothing but numbers
}
