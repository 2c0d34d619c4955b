package browser_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// pictures says that the pictures of the guides are to be taken anew.
var pictures = flag.Bool("pictures", false, "take the pictures of the guides in docs/immagini anew")

const (
	guideWidth  = 1000
	guideHeight = 720
	maxPicture  = 200_000 // bytes
)

// guide takes a picture for the guides: what is seen from an element downwards, and
// nothing below the page's own part. It goes to docs/immagini if that was asked for, and to build/screenshots otherwise.
func (v *visitor) guide(name, from string) {
	v.t.Helper()
	folder := filepath.Join(shots, "guide")
	if *pictures {
		folder = immagini
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		v.t.Fatal(err)
	}
	v.do("resize", chromedp.EmulateViewport(guideWidth, guideHeight), still)
	tall := evaluate[float64](v, fmt.Sprintf(`document.querySelector('main').getBoundingClientRect().bottom - document.querySelector(%s).getBoundingClientRect().top`, quote(from)))
	v.do("resize", chromedp.EmulateViewport(guideWidth, min(guideHeight, max(int64(tall), 200))), still)
	evaluate[bool](v, fmt.Sprintf(`(() => { const e = document.querySelector(%s); e.scrollIntoView({block: 'start'}); return true })()`, quote(from)))
	v.settled()
	v.picture(filepath.Join(folder, name+".png"), chromedp.CaptureScreenshot())
	v.screen(wide)
}

// immagini is where the guides have their pictures.
var immagini = filepath.Join("..", "..", "docs", "immagini")

var picture = regexp.MustCompile(`\]\(immagini/([\w-]+\.png)\)`)

// TestTheGuidesArePictured holds the pictures of the guides to their weight, to being
// there and to being shown.
func TestTheGuidesArePictured(t *testing.T) {
	var shown []string
	for _, guide := range []string{"guida-segreteria.md", "guida-controllo.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", guide))
		if err != nil {
			t.Fatal(err)
		}
		found := picture.FindAllStringSubmatch(string(text), -1)
		if len(found) < 3 {
			t.Errorf("%s has %d pictures", guide, len(found))
		}
		for _, m := range found {
			shown = append(shown, m[1])
		}
	}
	entries, err := os.ReadDir(immagini)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range shown {
		if !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == name }) {
			t.Errorf("there is no %s: make pictures takes it", name)
		}
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Size() > maxPicture {
			t.Errorf("%s weighs %d bytes (%v)", entry.Name(), info.Size(), err)
		}
		if !slices.Contains(shown, entry.Name()) {
			t.Errorf("no guide shows %s", entry.Name())
		}
	}
}
