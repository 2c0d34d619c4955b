package html_test

import (
	"strings"
	"testing"

	"tavoli/adapters/html"
	"tavoli/tests/paperstest"
)

func TestPapers(t *testing.T) {
	paperstest.Run(t, func() paperstest.Renderer { return html.New() }, html.MaxRows)
}

func TestPage(t *testing.T) {
	page := string(paperstest.Render(t, html.New(), paperstest.Paper(2)))
	for _, want := range []string{
		`<html lang="it">`, "<title>Relazione trimestrale</title>", "dall&#39;Unione Europea &amp; altri &lt;FAMI&gt;", `<th scope="col" class="number">Riga`, `<td class="short">25/05/2022 15:00</td>`,
		`<td class="number">12.345</td>`, "SHA-256 abc", "Nessuna riga",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "http") {
		t.Error("the page does not stand alone")
	}
}
