package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// maxTabs is how often somebody may have to press Tab before what they want.
const maxTabs = 60

// A focus is where the keyboard is.
type focus struct {
	Name    string // as a screen reader says it
	Field   string // of a form
	Visible bool   // somebody who looks can tell
	Within  bool   // it lies on the screen
}

// where tells where the keyboard is. A focus that is to be seen has an outline or a
// shadow.
const where = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return {Name: '', Field: '', Visible: true, Within: true};
	const style = getComputedStyle(e), box = e.getBoundingClientRect();
	const label = e.labels?.length ? e.labels[0].textContent : '';
	return {
		Name: (e.getAttribute('aria-label') || label || e.innerText || e.value || '').replace(/\s+/g, ' ').trim(),
		Field: e.name || '',
		Visible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none',
		Within: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
	};
})()`

// tabTo presses Tab until the keyboard is at what is called so, and expects that it
// can be seen all the way.
func (v *visitor) tabTo(name string) {
	v.t.Helper()
	v.tabUntil(name, func(at focus) bool { return strings.HasPrefix(at.Name, name) })
}

// tabInto presses Tab until the keyboard is in a field of a form.
func (v *visitor) tabInto(field string) {
	v.t.Helper()
	v.tabUntil(field, func(at focus) bool { return at.Field == field })
}

func (v *visitor) tabUntil(what string, there func(focus) bool) {
	v.t.Helper()
	var passed []string
	for range maxTabs {
		v.key(kb.Tab)
		at := evaluate[focus](v, where)
		if !at.Visible || !at.Within {
			v.t.Errorf("at %s the focus on %q cannot be seen: %+v", v.here(), at.Name, at)
		}
		if there(at) {
			return
		}
		passed = append(passed, at.Name)
	}
	v.t.Fatalf("at %s Tab does not lead to %q, but to %q", v.here(), what, passed)
}

// key presses keys, and expects no other page.
func (v *visitor) key(keys string) {
	v.t.Helper()
	v.do("press "+keys, chromedp.KeyEvent(keys))
}

// enter presses Enter, and waits for the page it leads to.
func (v *visitor) enter() {
	v.t.Helper()
	v.leads("press Enter", chromedp.KeyEvent(kb.Enter))
}

// TestTheCalendarByKeyboard finds a tavolo, and comes back, without a mouse.
func TestTheCalendarByKeyboard(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.tabTo("Vai al contenuto")
	v.key(kb.Enter)
	v.tabTo("Cerca nel calendario")
	v.key("lingua")
	v.enter()
	v.tabTo("Mese")
	v.enter()
	v.tabTo("Elenco")
	v.enter()
	v.tabTo("Cerca nel calendario")
	v.do("select all", chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	v.key(kb.Backspace)
	v.enter()
	found := evaluate[string](v, `document.querySelector('.tavoli a').innerText.replace(/\s+/g, ' ').trim()`)
	v.tabTo(found)
	v.enter()
	v.sees(found, "Quando", "Stato")
	v.shoot("tavolo")
	v.tabTo("Calendario")
	v.enter()
	v.shoot("calendario")
	v.tabTo("English")
	v.enter()
	v.sees("Search the calendar")
	v.tabTo("Sign in")
	v.enter()
	v.sees("Account", "Sign in with a token")
}

// TestAMonthByKeyboard turns the pages of the calendar on the wall.
func TestAMonthByKeyboard(t *testing.T) {
	v := newVisitor(t)
	v.open("/?vista=mese&mese=2022-06")
	v.sees("Giugno 2022")
	v.shoot("mese")
	v.tabTo("Mese precedente")
	v.enter()
	v.sees("Maggio 2022")
	v.tabTo("5° tavolo")
}
