package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Widths of the screens that pages are looked at on.
const (
	wide   = 1280
	narrow = 390
)

// A visitor is somebody with a browser of their own: cookies are not shared.
type visitor struct {
	t   *testing.T
	s   *stage
	tab context.Context

	mu         sync.Mutex
	complaints []string // what the browser complained of
	strangers  []string // requests to other hosts
	bytes      int      // that came over the wire
	came       []string // addresses of what came
}

// newVisitor opens a tab. When the test ends, the browser must have had nothing to
// complain of, and no other host been asked for anything.
func newVisitor(t *testing.T) *visitor {
	t.Helper()
	return onStage(t).visitor(t)
}

// visitor opens a tab for somebody who visits another register than the demonstration.
func (s *stage) visitor(t *testing.T) *visitor {
	t.Helper()
	v := &visitor{t: t, s: s}
	tab, leave := chromedp.NewContext(play.browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(v.notice))
	v.tab = tab
	t.Cleanup(func() {
		leave()
		for _, complaint := range v.complained() {
			t.Errorf("the browser complains: %s", complaint)
		}
		for _, address := range v.strangers {
			t.Errorf("another host was asked: %s", address)
		}
	})
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
	v.screen(wide)
	return v
}

// notice takes down what the browser tells of a tab.
func (v *visitor) notice(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		v.complaints = append(v.complaints, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			v.complaints = append(v.complaints, fmt.Sprintf("console %s %s", e.Type, said(e.Args)))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			v.complaints = append(v.complaints, e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if v.stranger(e.Request.URL) {
			v.strangers = append(v.strangers, e.Request.URL)
		}
	case *network.EventResponseReceived:
		v.came = append(v.came, e.Response.URL)
	case *network.EventLoadingFinished:
		v.bytes += int(e.EncodedDataLength)
	}
}

// said returns what was written to the console.
func said(args []*runtime.RemoteObject) string {
	var words []string
	for _, arg := range args {
		words = append(words, string(arg.Value)+arg.Description)
	}
	return strings.Join(words, " ")
}

func (v *visitor) stranger(address string) bool {
	return !strings.HasPrefix(address, v.s.url+"/") && !strings.HasPrefix(address, "data:") && address != "about:blank"
}

// complained returns what the browser complained of, and forgets it.
func (v *visitor) complained() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	list := v.complaints
	v.complaints = nil
	return list
}

// refused expects that an answer was a refusal, of which the browser complains too.
func (v *visitor) refused(status int) {
	v.t.Helper()
	list := v.complained()
	if len(list) != 1 || !strings.Contains(list[0], fmt.Sprintf("status of %d", status)) {
		v.t.Errorf("want a refusal with %d, got %q", status, list)
	}
}

// received returns how many bytes came over the wire since it was last asked, and
// the addresses of what came.
func (v *visitor) received() (int, []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	n, list := v.bytes, v.came
	v.bytes, v.came = 0, nil
	return n, list
}

// do lets the browser do something, within reason.
func (v *visitor) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.tab, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.t.Fatalf("%s at %s: %v", what, v.here(), err)
	}
}

// screen turns the browser's window into a wide or a narrow one; a narrow one is a
// phone's.
func (v *visitor) screen(width int64) {
	v.t.Helper()
	options, height := []chromedp.EmulateViewportOption(nil), int64(900)
	if width <= narrow {
		options, height = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait), 844
	}
	v.do("resize", chromedp.EmulateViewport(width, height, options...), still)
}

// still tells pages that the visitor wants nothing to glide: what is asked for is
// there at once.
func still(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
	_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	return chromedp.Void{}, err
}

// open goes to an address of the register.
func (v *visitor) open(path string) {
	v.t.Helper()
	v.leads("open "+path, chromedp.Navigate(v.s.url+path))
}

// leads does something that leads to another page, and waits until it is there.
func (v *visitor) leads(what string, steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.tab, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, steps...); err != nil {
		v.t.Fatalf("%s at %s: %v", what, v.here(), err)
	}
}

// click clicks, or taps, what a CSS selector finds, and waits for the page it leads to.
func (v *visitor) click(selector string) {
	v.t.Helper()
	v.leads("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// press clicks the button or link that reads so, and waits for the page it leads to.
func (v *visitor) press(text string) {
	v.t.Helper()
	mark := fmt.Sprintf(`(() => {
		const said = e => (e.getAttribute('aria-label') || e.textContent).replace(/\s+/g, ' ').trim();
		const all = [...document.querySelectorAll('main a, main button, main summary, header a, header button')].filter(e => e.checkVisibility());
		const found = all.find(e => said(e) === %[1]s) || all.find(e => said(e).startsWith(%[1]s));
		document.querySelectorAll('[data-pressed]').forEach(e => e.removeAttribute('data-pressed'));
		found?.setAttribute('data-pressed', '');
		return !!found;
	})()`, quote(text))
	if !evaluate[bool](v, mark) {
		v.t.Fatalf("at %s nothing reads %q:\n%s", v.here(), text, v.text())
	}
	v.leads("press "+text, chromedp.Click(chromedp.CSS("[data-pressed]")))
}

// fill types a value into a field, key by key, in the place of what stands in it.
func (v *visitor) fill(selector, value string) {
	v.t.Helper()
	if !evaluate[bool](v, fmt.Sprintf(`(() => { const e = document.querySelector(%s); e?.focus(); e?.select(); return !!e && e === document.activeElement })()`, quote(selector))) {
		v.t.Fatalf("%s has no %s to fill in:\n%s", v.here(), selector, v.text())
	}
	v.do("fill "+selector, chromedp.KeyEvent(kb.Backspace+value))
}

// set gives a field a value as the browser's own widgets do: dates, hours, lists.
func (v *visitor) set(selector, value string) {
	v.t.Helper()
	if !evaluate[bool](v, fmt.Sprintf(`(() => { const e = document.querySelector(%s); if (!e) return false; e.value = %[2]s;
		e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); return e.value === %[2]s })()`, quote(selector), quote(value))) {
		v.t.Fatalf("at %s %s does not take %q:\n%s", v.here(), selector, value, v.text())
	}
}

// answers fills in a form: pairs of a field's name and what is entered. A box is
// ticked with "si".
func (v *visitor) answers(pairs ...string) {
	v.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		selector := fmt.Sprintf("main [name=%q]:not([type=hidden])", pairs[i])
		switch kind := evaluate[string](v, fmt.Sprintf(`document.querySelector(%s)?.type ?? ''`, quote(selector))); kind {
		case "":
			v.t.Fatalf("%s asks for no %s:\n%s", v.here(), pairs[i], v.text())
		case "checkbox":
			v.do("tick "+pairs[i], chromedp.Click(chromedp.CSS(selector)))
		case "radio":
			v.do("choose "+pairs[i], chromedp.Click(chromedp.CSS(fmt.Sprintf("%s[value=%q]", selector, pairs[i+1]))))
		case "select-one", "date", "time", "datetime-local":
			v.set(selector, pairs[i+1])
		default:
			v.fill(selector, pairs[i+1])
		}
	}
}

// submits fills in a form and sends it, and expects that it is taken.
func (v *visitor) submits(pairs ...string) {
	v.t.Helper()
	v.answers(pairs...)
	v.click("main form button.btn-primary, main form button.btn-danger")
	if evaluate[bool](v, `!!document.querySelector('main [role=alert]')`) {
		v.t.Fatalf("refused at %s:\n%s", v.here(), v.text())
	}
}

// sees expects texts on the page.
func (v *visitor) sees(texts ...string) {
	v.t.Helper()
	shown := v.text()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			v.t.Errorf("%s does not show %q, but\n%s", v.here(), text, shown)
		}
	}
}

// text returns what the page says, as it is read: one space between words.
func (v *visitor) text() string {
	v.t.Helper()
	return evaluate[string](v, `(document.title + ' | ' + document.body.innerText).replace(/\s+/g, ' ')`)
}

// here returns where the visitor is, as a path.
func (v *visitor) here() string {
	ctx, cancel := context.WithTimeout(v.tab, patience)
	defer cancel()
	address, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	u, err := url.Parse(address)
	if err != nil {
		return err.Error()
	}
	return u.RequestURI()
}

// evaluate returns what a script finds; a promise is waited for.
func evaluate[T any](v *visitor, script string) T {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.tab, patience)
	defer cancel()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("evaluate at %s: %v\n%.300s", v.here(), err, script)
	}
	return found
}

// quote returns a text as a script spells it.
func quote(text string) string {
	spelled, err := json.Marshal(text)
	if err != nil {
		panic(err) // any text can be spelled
	}
	return string(spelled)
}

// shots is where pictures are kept.
var shots = filepath.Join("..", "..", "build", "screenshots")

// shoot keeps pictures of the whole page, as it looks on both screens.
func (v *visitor) shoot(name string) {
	v.t.Helper()
	if err := os.MkdirAll(shots, 0o755); err != nil {
		v.t.Fatal(err)
	}
	for _, width := range []int64{narrow, wide} {
		v.screen(width)
		v.picture(filepath.Join(shots, fmt.Sprintf("%s-%d.png", name, width)), chromedp.FullScreenshot(100))
	}
}

// picture writes a picture to a file.
func (v *visitor) picture(name string, take chromedp.Action[[]byte]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.tab, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, take)
	if err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(name, png, 0o644); err != nil {
		v.t.Fatal(err)
	}
}

// unfold clicks what opens something on the same page.
func (v *visitor) unfold(selector string) {
	v.t.Helper()
	v.do("unfold "+selector, chromedp.Click(chromedp.CSS(selector)))
}
