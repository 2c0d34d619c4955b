package browser_test

import (
	"testing"
)

// What a page may weigh over the wire, and how much it may shift while it loads.
const (
	firstWeight = 150_000
	nextWeight  = 20_000
	maxShift    = 0.01
)

// TestPagesAreLightOverTheWire holds the first page that somebody opens, and the
// next, to their weights as the browser counts them: headers, style, fonts, all.
func TestPagesAreLightOverTheWire(t *testing.T) {
	for _, c := range []struct{ first, next string }{
		{"/", "/tavoli/coopera-4"}, {"/tavoli/coopera-4", "/"}, {"/accesso", "/privacy"}, {"/accessibilita", "/programmatori"},
	} {
		v := newVisitor(t)
		v.open(c.first)
		v.settled()
		first, came := v.received()
		if first == 0 || len(came) < 5 {
			t.Fatalf("%s: counted %d bytes of %q", c.first, first, came)
		}
		v.open(c.next)
		v.settled()
		next, _ := v.received()
		t.Logf("%s: %d bytes, then %s: %d", c.first, first, c.next, next)
		if first > firstWeight || next == 0 || next > nextWeight {
			t.Errorf("%s takes %d bytes %q, then %s takes %d", c.first, first, came, c.next, next)
		}
	}
}

// settled waits until the page is there with its fonts and has been painted.
func (v *visitor) settled() {
	v.t.Helper()
	evaluate[bool](v, `document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true))))))`)
}

// shift returns by how much the page shifted since it began to load, as browsers
// count it (CLS).
func (v *visitor) shift() float64 {
	v.t.Helper()
	v.settled()
	return evaluate[float64](v, `new Promise(done => {
		let sum = 0;
		const add = list => list.forEach(e => { if (!e.hadRecentInput) sum += e.value });
		const seen = new PerformanceObserver(list => add(list.getEntries()));
		seen.observe({type: 'layout-shift', buffered: true});
		requestAnimationFrame(() => setTimeout(() => { add(seen.takeRecords()); seen.disconnect(); done(sum) }));
	})`)
}
