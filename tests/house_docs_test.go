package tests_test

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestPapers(t *testing.T) {
	for name, check := range map[string]func(house) ([]string, error){
		"decisions": house.badDecisions, "errors": house.unexplainedErrors, "limits": house.wrongLimits, "overview": house.gapsInOverview,
	} {
		t.Run(name, func(t *testing.T) { reportFaults(t, theHouse, check) })
	}
}

var decision = regexp.MustCompile(`^(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md$`)

// badDecisions returns the ADRs that are not in the form "context, choice, price",
// break the row of numbers, or are not listed in architecture.md.
func (h house) badDecisions() (faults []string, err error) {
	entries, err := fs.ReadDir(h, "docs/adr")
	overview := h.read("docs/architecture.md")
	for i, entry := range entries {
		fault := func(format string, args ...any) {
			faults = append(faults, entry.Name()+": "+fmt.Sprintf(format, args...))
		}
		m := decision.FindStringSubmatch(entry.Name())
		if m == nil || m[1] != fmt.Sprintf("%04d", i+1) {
			fault("is not number %d in a row", i+1)
			continue
		}
		var heads []string
		for _, head := range mdHeading.FindAllString(h.read("docs/adr/"+entry.Name()), -1) {
			heads = append(heads, strings.TrimSpace(head))
		}
		if len(heads) == 0 || !strings.HasPrefix(heads[0], fmt.Sprintf("# %d. ", i+1)) {
			fault("does not begin with its number and title")
		} else if !slices.Equal(heads[1:], []string{"## Context", "## Choice", "## Price"}) {
			fault("has %q, not context, choice, price", heads[1:])
		}
		if !strings.Contains(overview, "(adr/"+entry.Name()+")") {
			fault("is not listed in docs/architecture.md")
		}
	}
	return faults, err
}

// gapsInOverview returns the packages of layers and the categories of streams of
// which docs/architecture.md does not tell.
func (h house) gapsInOverview() (faults []string, err error) {
	overview := h.read("docs/architecture.md")
	for _, l := range layers {
		if pkg := strings.TrimSuffix(l.pkg, "/*"); !strings.Contains(overview, "| `"+pkg+"`") && !strings.Contains(overview, "| `"+pkg+"/`") {
			faults = append(faults, "docs/architecture.md does not tell of the package "+pkg)
		}
	}
	err = h.parse("domain", func(file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if ok && strings.HasPrefix(spec.Names[0].Name, "Category") && !strings.Contains(overview, "| `"+spelled(spec.Values[0])+"-<") {
				faults = append(faults, "docs/architecture.md does not tell of the streams "+spelled(spec.Values[0])+"-")
			}
			return true
		})
	})
	return faults, err
}

var (
	errorRow = regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\| ([A-Z][A-Za-z]+) \\| (\\d{3}) \\| [^|]+ \\| [^|]+ \\|$")
	fieldRow = regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\| [^|]+ \\| [^|]+ \\|$")
)

// statuses says what HTTP makes of each kind. Kind HTTP is of refusals that the
// domain knows nothing of; they have statuses of their own.
var statuses = map[string]string{
	"Invalid": "422", "Forbidden": "403", "NotFound": "404", "Refused": "409", "Stale": "409", "Unknown": "503",
}

// special are the codes of which HTTP makes something else: a condition that is
// not met, and troubles of the installation, about which a caller can do nothing.
var special = map[string]string{
	"precondition-failed": "412", "disk-full": "507", "evidence-damaged": "500",
	"store-closed": "503", "store-exchanged": "503", "store-corrupt": "503", "store-failed": "503",
}

// coded are the packages that make errors people may see.
var coded = []string{"domain", "adapters/bolt", "adapters/esdb", "adapters/evidence", "adapters/keyring", "adapters/ledger", "adapters/web"}

// unexplainedErrors compares the codes that the program makes with docs/errors.md.
func (h house) unexplainedErrors() (faults []string, err error) {
	paper := h.read("docs/errors.md")
	documented, kinds, status := make(map[string]bool), make(map[string]string), make(map[string]string)
	for _, m := range errorRow.FindAllStringSubmatch(paper, -1) {
		kinds[m[1]], status[m[1]], documented[m[1]] = m[2], m[3], true
		if m[2] != "HTTP" && m[3] != cmp.Or(special[m[1]], statuses[m[2]]) {
			faults = append(faults, fmt.Sprintf("docs/errors.md: %s is %s, which HTTP does not call %s", m[1], m[2], m[3]))
		}
	}
	fields := make(map[string]bool)
	for _, m := range fieldRow.FindAllStringSubmatch(paper, -1) {
		fields[m[1]], documented[m[1]] = true, true
	}
	words, err := h.walkErrors(func(kind, code string) {
		switch {
		case kind == "" && !fields[code]:
			faults = append(faults, "docs/errors.md does not explain the field fault "+code)
		case kind != "" && kinds[code] != kind && status[code] != kind:
			faults = append(faults, fmt.Sprintf("docs/errors.md has %s as %q %s, and the code as %s", code, kinds[code], status[code], kind))
		}
	})
	for _, code := range slices.Sorted(maps.Keys(documented)) {
		if !words[code] {
			faults = append(faults, "docs/errors.md explains "+code+", which the code does not know")
		}
	}
	return faults, err
}

// walkErrors shows each error (with its kind) and each field fault (without one)
// that the program makes, and returns every word it spells out.
func (h house) walkErrors(show func(kind, code string)) (map[string]bool, error) {
	words := make(map[string]bool)
	visit := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			words[spelled(n)] = true
		case *ast.CompositeLit:
			if kind, code := errorOf(n); code != "" {
				show(kind, code)
			}
		case *ast.CallExpr:
			if code := faultOf(n); code != "" {
				show("", code)
			}
		}
		return true
	}
	for _, pkg := range coded {
		if err := h.parse(pkg, func(file *ast.File) { ast.Inspect(file, visit) }); err != nil {
			return nil, err
		}
	}
	return words, nil
}

// parse shows each Go file of a package but its tests.
func (h house) parse(pkg string, show func(*ast.File)) error {
	names, err := fs.Glob(h, pkg+"/*.go")
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, h.read(name), parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		show(file)
	}
	return err
}

// errorOf reads Error{Kind: K, Code: "c", ...}, refusal{status: 404, code: "c", ...},
// the kind of which is its status, and Field{Code: "c", ...}, which has none.
func errorOf(lit *ast.CompositeLit) (kind, code string) {
	if lit.Type == nil || !slices.Contains([]string{"Error", "domain.Error", "refusal", "Field", "domain.Field"}, types.ExprString(lit.Type)) {
		return "", ""
	}
	for _, e := range lit.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch types.ExprString(pair.Key) {
		case "Kind", "status":
			kind = strings.TrimPrefix(types.ExprString(pair.Value), "domain.")
		case "Code", "code":
			code = spelled(pair.Value)
		}
	}
	return kind, code
}

// faultAt says which argument of a call is the code of a field fault:
// c.that(ok, pointer, "code", ...), invalid(pointer, "code", ...), w.fault("code", ...).
var faultAt = map[string]int{"that": 2, "invalid": 1, "fault": 0}

var codeForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// faultOf returns the code of the field fault that a call notes, or nothing.
func faultOf(call *ast.CallExpr) string {
	name := types.ExprString(call.Fun)
	at, ok := faultAt[name[strings.LastIndexByte(name, '.')+1:]]
	if !ok || at >= len(call.Args) || !codeForm.MatchString(spelled(call.Args[at])) {
		return ""
	}
	return spelled(call.Args[at])
}

// spelled returns the text of a string literal, or nothing.
func spelled(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return text
}

var (
	limitRow       = regexp.MustCompile("(?m)^\\|[^|]+\\| ([0-9,]+)[^|]*\\| `([a-z/]+)\\.(\\w+)` \\|([^|]*)\\|$")
	testName       = regexp.MustCompile("`(Test\\w+|Fuzz\\w+)`")
	constantDigits = regexp.MustCompile(`[0-9_]+`)
)

// wrongLimits compares docs/limits.md with the constants it names, asks for every
// exported limit of the domain, and for a test that shows each.
func (h house) wrongLimits() (faults []string, err error) {
	named, tests := make(map[string]bool), make(map[string]bool)
	names, err := h.files()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "tests/") && path.Ext(name) == ".go" {
			for _, m := range regexp.MustCompile(`func (Test\w+|Fuzz\w+|test\w+)\(`).FindAllStringSubmatch(h.read(name), -1) {
				tests[m[1]] = true
			}
		}
	}
	for _, m := range limitRow.FindAllStringSubmatch(h.read("docs/limits.md"), -1) {
		named[m[2]+"."+m[3]] = true
		want, err := h.constant(m[2], m[3])
		if err != nil {
			return nil, err
		}
		if got := strings.ReplaceAll(m[1], ",", ""); got != want {
			faults = append(faults, fmt.Sprintf("docs/limits.md has %s for %s.%s, and the code %q", got, m[2], m[3], want))
		}
		if !testName.MatchString(m[4]) {
			faults = append(faults, fmt.Sprintf("docs/limits.md names no test that shows %s.%s", m[2], m[3]))
		}
		for _, shown := range testName.FindAllStringSubmatch(m[4], -1) {
			if !tests[shown[1]] {
				faults = append(faults, fmt.Sprintf("docs/limits.md says that %s shows %s.%s, and there is no such test", shown[1], m[2], m[3]))
			}
		}
	}
	exported, err2 := h.constants("domain")
	for _, name := range slices.Sorted(maps.Keys(exported)) {
		if strings.HasPrefix(name, "Max") && !named["domain."+name] {
			faults = append(faults, "docs/limits.md does not tell of domain."+name)
		}
	}
	return faults, errors.Join(err, err2)
}

// constant returns the value of a constant, or the first number in what it is
// made of: 20 of 20 * time.Second.
func (h house) constant(pkg, name string) (string, error) {
	all, err := h.constants(pkg)
	return all[name], err
}

// constants returns the constants of a package, and what its DefaultLimits are.
func (h house) constants(pkg string) (map[string]string, error) {
	all := make(map[string]string)
	err := h.parse(pkg, func(file *ast.File) {
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				noteConstants(all, d)
			case *ast.FuncDecl:
				noteDefaults(all, d)
			}
		}
	})
	return all, err
}

func noteConstants(all map[string]string, decl *ast.GenDecl) {
	if decl.Tok != token.CONST {
		return
	}
	for _, s := range decl.Specs {
		if spec, ok := s.(*ast.ValueSpec); ok {
			for i, value := range spec.Values {
				all[spec.Names[i].Name] = constantText(types.ExprString(value))
			}
		}
	}
}

func noteDefaults(all map[string]string, decl *ast.FuncDecl) {
	if decl.Name.Name != "DefaultLimits" {
		return
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		if pair, ok := n.(*ast.KeyValueExpr); ok {
			all[types.ExprString(pair.Key)] = constantText(types.ExprString(pair.Value))
		}
		return true
	})
}

// constantText returns what an expression comes to, or the first number in it.
func constantText(expr string) string {
	v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, expr)
	if err == nil && v.Value != nil {
		return v.Value.ExactString()
	}
	return strings.ReplaceAll(constantDigits.FindString(expr), "_", "")
}
