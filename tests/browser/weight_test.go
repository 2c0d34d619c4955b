package browser_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
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
	onStage(t).asksWhoComes(t, "leggero")
	for _, c := range []struct{ first, next string }{
		{"/tavoli/leggero/iscrizione", "/iscrizione"}, {"/adesione", "/?vista=mese&mese=2022-06"}, {"/iscrizione?tavolo=leggero", "/tavoli/leggero/iscrizione"},
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

// A line is how fast bytes come: a phone where the signal is poor.
const (
	lineLatency = 200     // ms
	lineSpeed   = 100_000 // bytes a second
)

// TestNothingShiftsOnASlowLine opens pages for the first time where style and fonts
// come late: what is read stays where it is.
func TestNothingShiftsOnASlowLine(t *testing.T) {
	onStage(t).asksWhoComes(t, "lento")
	for _, path := range []string{"/", "/?vista=mese&mese=2022-06", "/tavoli/coopera-6", "/tavoli/lento/iscrizione", "/iscrizione", "/accesso"} {
		v := newVisitor(t)
		v.screen(narrow)
		v.slow()
		began := time.Now()
		v.open(path)
		moved := v.shift()
		took := time.Since(began)
		t.Logf("%s shifts by %f, in %v", path, moved, took.Round(time.Millisecond))
		if moved >= maxShift {
			t.Errorf("%s shifts by %f while it loads", path, moved)
		}
		if took < 2*lineLatency*time.Millisecond { // the page, then what it asks for
			t.Errorf("%s came within %v: the line is not slow", path, took)
		}
	}
}

// slow lets everything come slowly.
func (v *visitor) slow() {
	v.t.Helper()
	v.do("slow down", func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Latency: lineLatency, DownloadThroughput: lineSpeed, UploadThroughput: lineSpeed}},
		})
		return chromedp.Void{}, err
	})
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
