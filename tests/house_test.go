package tests_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A house is the tree of the project. Its checks return what is wrong, so that
// they can be tried on trees that are.
type house struct{ fs.FS }

// theHouse is the project itself.
var theHouse = house{os.DirFS("..")}

// topLevel are the names that may stand at the top; build and data are made by
// `make` and are not kept.
var topLevel = []string{
	".ci", ".git", ".gitignore", "LICENSE", "Makefile", "README.md", "adapters", "build", "cmd", "data",
	"docker-compose.yml", "docs", "domain", "go.mod", "go.sum", "projections", "publiccode.yml", "tests",
}

// leftovers are files that tests leave behind and git is told to ignore.
var leftovers = []string{".test", ".prof"}

// maxFile is the most a file may weigh, in bytes.
const maxFile = 2 << 20

func TestHouse(t *testing.T) {
	for name, check := range map[string]func(house) ([]string, error){
		"top level": house.strangers, "sizes": house.heavy, "links": house.deadLinks,
		"make targets": house.unknownTargets, "commands": house.unknownCommands,
	} {
		t.Run(name, func(t *testing.T) { reportFaults(t, theHouse, check) })
	}
}

// reportFaults fails the test for each thing that is wrong.
func reportFaults(t *testing.T, h house, check func(house) ([]string, error)) {
	t.Helper()
	faults, err := check(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}

// files returns the paths of the files that are kept, in order.
func (h house) files() ([]string, error) {
	var names []string
	err := fs.WalkDir(h, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "build", "data"}, name):
			return fs.SkipDir
		case entry.Type().IsRegular() && !slices.Contains(leftovers, path.Ext(name)):
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

// read returns a file, or nothing if it is not there.
func (h house) read(name string) string {
	data, err := fs.ReadFile(h, name)
	if err != nil {
		return ""
	}
	return string(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
}

// papers returns what is written for people: the README and everything in docs.
func (h house) papers() ([]string, error) {
	names, err := h.files()
	return slices.DeleteFunc(names, func(name string) bool {
		return path.Ext(name) != ".md" || name != "README.md" && !strings.HasPrefix(name, "docs/")
	}), err
}

func (h house) strangers() (faults []string, err error) {
	entries, err := fs.ReadDir(h, ".")
	for _, entry := range entries {
		if !slices.Contains(topLevel, entry.Name()) && !slices.Contains(leftovers, path.Ext(entry.Name())) {
			faults = append(faults, entry.Name()+" does not belong at the top")
		}
	}
	return faults, err
}

func (h house) heavy() (faults []string, err error) {
	names, err := h.files()
	for _, name := range names {
		info, err := fs.Stat(h, name)
		if err != nil {
			continue // it was removed meanwhile
		}
		if info.Size() > maxFile {
			faults = append(faults, fmt.Sprintf("%s has %d bytes, more than %d", name, info.Size(), maxFile))
		}
	}
	return faults, err
}

var (
	mdLink    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	mdHeading = regexp.MustCompile(`(?m)^#{1,6} +(.+)$`)
	codeFence = regexp.MustCompile("(?ms)^```.*?^```")
	codeSpan  = regexp.MustCompile("`([^`]+)`")
)

// code returns what a paper quotes as code, one piece a line; a script is code.
func (h house) code(name string) string {
	text := h.read(name)
	if path.Ext(name) != ".md" {
		return text
	}
	pieces := codeFence.FindAllString(text, -1)
	for _, m := range codeSpan.FindAllStringSubmatch(codeFence.ReplaceAllString(text, ""), -1) {
		pieces = append(pieces, strings.ReplaceAll(m[1], "\n", " "))
	}
	return strings.Join(pieces, "\n")
}

// deadLinks returns the links between papers that lead nowhere.
func (h house) deadLinks() (faults []string, err error) {
	names, err := h.papers()
	for _, name := range names {
		for _, m := range mdLink.FindAllStringSubmatch(codeFence.ReplaceAllString(h.read(name), ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if fault := h.follow(name, m[1]); fault != "" {
				faults = append(faults, name+": "+fault)
			}
		}
	}
	return faults, err
}

// follow says why a link from a paper leads nowhere, or nothing.
func (h house) follow(from, to string) string {
	file, anchor, _ := strings.Cut(to, "#")
	target := from
	if file != "" {
		target = path.Join(path.Dir(from), file)
	}
	if _, err := fs.Stat(h, target); err != nil {
		return fmt.Sprintf("%s does not exist", to)
	}
	if anchor == "" || path.Ext(target) != ".md" {
		return ""
	}
	for _, m := range mdHeading.FindAllStringSubmatch(codeFence.ReplaceAllString(h.read(target), ""), -1) {
		if slug(m[1]) == anchor {
			return ""
		}
	}
	return fmt.Sprintf("%s has no heading for #%s", target, anchor)
}

// slug returns the anchor that a heading gets.
func slug(heading string) string {
	kept := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r > 127 {
			return r
		}
		return -1
	}, strings.ToLower(strings.TrimSpace(heading)))
	return strings.ReplaceAll(kept, " ", "-")
}

var (
	makeCall   = regexp.MustCompile(`(?m)^make ([a-z][a-z-]*)`)
	makeTarget = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
)

// unknownTargets returns what papers and the pipeline ask make for in vain.
func (h house) unknownTargets() (faults []string, err error) {
	var known []string
	for _, m := range makeTarget.FindAllStringSubmatch(h.read("Makefile"), -1) {
		known = append(known, m[1])
	}
	names, err := h.papers()
	for _, name := range append(names, ".ci/run") {
		for _, m := range makeCall.FindAllStringSubmatch(h.code(name), -1) {
			if !slices.Contains(known, m[1]) {
				faults = append(faults, fmt.Sprintf("%s speaks of make %s, which the Makefile does not know", name, m[1]))
			}
		}
	}
	return faults, err
}

var tavoliCall = regexp.MustCompile(`(?m)^(?:build/)?tavoli ([a-z]+)`)

// unknownCommands returns the commands that papers quote and the program does not
// name. Before there is a program there is nothing to compare with.
func (h house) unknownCommands() (faults []string, err error) {
	sources, err := fs.Glob(h, "cmd/tavoli/*.go")
	if err != nil || len(sources) == 0 {
		return nil, err
	}
	var program strings.Builder
	for _, name := range sources {
		program.WriteString(h.read(name))
	}
	names, err := h.papers()
	for _, name := range names {
		for _, m := range tavoliCall.FindAllStringSubmatch(h.code(name), -1) {
			if !strings.Contains(program.String(), `"`+m[1]) {
				faults = append(faults, fmt.Sprintf("%s speaks of tavoli %s, which the program does not know", name, m[1]))
			}
		}
	}
	return faults, err
}

// TestHouseCatches tries the checks on houses in disorder.
func TestHouseCatches(t *testing.T) {
	for _, c := range []struct {
		name  string
		check func(house) ([]string, error)
		files map[string]string
		fault string
	}{
		{"order at the top", house.strangers, map[string]string{"docs/a.md": "", "README.md": ""}, ""},
		{"a stranger at the top", house.strangers, map[string]string{"notes.txt": ""}, "notes.txt does not belong"},
		{"a light file", house.heavy, map[string]string{"docs/a": strings.Repeat("x", maxFile)}, ""},
		{"a heavy file", house.heavy, map[string]string{"docs/a": strings.Repeat("x", maxFile+1)}, "docs/a has"},
		{"a heavy file that is not kept", house.heavy, map[string]string{"build/a": strings.Repeat("x", maxFile+1)}, ""},
		{"a link", house.deadLinks, map[string]string{"README.md": "[a](docs/a.md#one-two)", "docs/a.md": "## One, two\n[home](../README.md)"}, ""},
		{"a link away", house.deadLinks, map[string]string{"README.md": "[a](https://example.org/)"}, ""},
		{"a link in an example", house.deadLinks, map[string]string{"README.md": "```\n[a](b)\n```"}, ""},
		{"a dead link", house.deadLinks, map[string]string{"docs/a.md": "[b](b.md)"}, "docs/a.md: b.md does not exist"},
		{"a dead anchor", house.deadLinks, map[string]string{"docs/a.md": "# A\n[b](#b)"}, "no heading for #b"},
		{"a target", house.unknownTargets, map[string]string{"Makefile": "run:\n\ttrue\n", "README.md": "`make run`\n```\nmake run # it\n```"}, ""},
		{"prose", house.unknownTargets, map[string]string{"README.md": "They\nmake haste; they `do\nmake` haste"}, ""},
		{"no target", house.unknownTargets, map[string]string{"Makefile": "run:\n", "docs/a.md": "say `make rum`"}, "make rum"},
		{"no target in the pipeline", house.unknownTargets, map[string]string{".ci/run": "make tset\n"}, ".ci/run speaks of make tset"},
		{"a command", house.unknownCommands, map[string]string{"cmd/tavoli/a.go": `"serve"`, "README.md": "`tavoli serve --demo`"}, ""},
		{"no command", house.unknownCommands, map[string]string{"cmd/tavoli/a.go": `"serve"`, "README.md": "```\nbuild/tavoli roster x\n```"}, "tavoli roster"},
		{"no program yet", house.unknownCommands, map[string]string{"README.md": "`tavoli serve`"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) { wants(t, c.files, c.check, c.fault) })
	}
}

// wants fails unless the check finds the fault, or none, in a house of files.
func wants(t *testing.T, files map[string]string, check func(house) ([]string, error), fault string) {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		plant(t, root, name, content)
	}
	faults, err := check(house{os.DirFS(filepath.Clean(root))})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(faults, "\n")
	if fault == "" && got != "" || !strings.Contains(got, fault) {
		t.Errorf("got %q, want %q", got, fault)
	}
}
