package tests_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// testFunction is where a test begins.
var testFunction = regexp.MustCompile(`(?m)^func (Test\w+|Fuzz\w+)\(`)

// namelessTests returns the tests that a page of docs names and that are not there.
func (h house) namelessTests() (faults []string, err error) {
	names, err := h.files()
	tests := make(map[string]bool)
	for _, name := range names {
		if path.Ext(name) == ".go" {
			for _, m := range testFunction.FindAllStringSubmatch(h.read(name), -1) {
				tests[m[1]] = true
			}
		}
	}
	for _, name := range names {
		if path.Dir(name) != "docs" || path.Ext(name) != ".md" {
			continue
		}
		for _, m := range testName.FindAllStringSubmatch(h.read(name), -1) {
			if fault := name + " names " + m[1] + ", and there is no such test"; !tests[m[1]] && !slices.Contains(faults, fault) {
				faults = append(faults, fault)
			}
		}
	}
	return faults, err
}

// TestTestsThatPapersName looks for every test that docs say shows something.
func TestTestsThatPapersName(t *testing.T) {
	reportFaults(t, theHouse, house.namelessTests)
	lies := house{fstest.MapFS{
		"docs/a.md": {Data: []byte("`TestThere` and `TestGone`")}, "b/b_test.go": {Data: []byte("package b\n\nfunc TestThere(t *testing.T) {}\n")},
	}}
	faults, err := lies.namelessTests()
	if err != nil || len(faults) != 1 || !strings.Contains(faults[0], "TestGone") {
		t.Errorf("got %q, %v", faults, err)
	}
}
