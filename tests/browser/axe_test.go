package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A finding is something that axe-core holds against a page.
type finding struct {
	ID, Impact, Help string
	Nodes            []string // what it concerns
}

// axe looks at the page that is open, with the rules of WCAG 2.1 AA and those of
// good practice, and returns what it found.
func (v *visitor) axe() []finding {
	v.t.Helper()
	source, err := os.ReadFile(filepath.Join("testdata", "axe", "axe.min.js"))
	if err != nil {
		v.t.Fatal(err)
	}
	evaluate[bool](v, string(source)+"\n;true")
	return evaluate[[]finding](v, `axe.run(document, {resultTypes: ['violations'], preload: false}).then(found => found.violations.map(
		f => ({ID: f.id, Impact: f.impact, Help: f.help, Nodes: f.nodes.map(n => n.html)})))`)
}

// sound expects that nothing serious or critical stands in the way of anybody on
// the page, on either screen, and that nothing scrolls sideways but tables.
func (v *visitor) sound() {
	v.t.Helper()
	for _, width := range []int64{narrow, wide} {
		v.screen(width)
		if over := evaluate[[]string](v, tooWide); len(over) > 0 {
			v.t.Errorf("at %s on %d pixels these are too wide: %q", v.here(), width, over)
		}
	}
	for _, f := range v.axe() {
		text := fmt.Sprintf("%s at %s: %s (%s)\n\t%s", f.Impact, v.here(), f.Help, f.ID, strings.Join(f.Nodes, "\n\t"))
		if f.Impact == "serious" || f.Impact == "critical" {
			v.t.Error(text)
		} else {
			v.t.Log(text)
		}
	}
	if n := evaluate[int](v, `document.querySelectorAll('h1').length`); n != 1 {
		v.t.Errorf("%s has %d headings of the first rank", v.here(), n)
	}
}

// tooWide lists what makes a page scroll sideways.
const tooWide = `(() => {
	const root = document.documentElement;
	if (root.scrollWidth <= root.clientWidth) return [];
	const over = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest('.table-wrap'));
	return ['the page: ' + root.scrollWidth, ...over.slice(0, 5).map(e => e.outerHTML.slice(0, 120))];
})()`

// TestFaultsAreFound breaks a page on purpose: a check that cannot fail checks nothing.
func TestFaultsAreFound(t *testing.T) {
	v := newVisitor(t)
	v.open("/accesso")
	evaluate[bool](v, `document.querySelector('label[for=utenza]').remove(); document.documentElement.lang = ''; true`)
	var found []string
	for _, f := range v.axe() {
		found = append(found, f.ID)
	}
	for _, want := range []string{"label", "html-has-lang"} {
		if !slices.Contains(found, want) {
			t.Errorf("axe finds %q, not %s", found, want)
		}
	}
	evaluate[bool](v, `document.querySelector('h1').style.width = '2000px'; document.body.style.paddingTop = '400px'; true`)
	if over := evaluate[[]string](v, tooWide); len(over) == 0 {
		t.Error("what is too wide is not found")
	}
	if moved := v.shift(); moved < maxShift {
		t.Errorf("a page that was pushed down shifted by %f", moved)
	}
	evaluate[bool](v, `console.error('on purpose'); new Image().src = '//stranger.invalid/x.png'; true`)
	v.settled()
	if list := v.complained(); len(list) < 2 || !strings.Contains(strings.Join(list, "\n"), "on purpose") {
		t.Errorf("the browser's complaints are %q", list)
	}
	v.strangers = nil
}
