package tests_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A layer says, for one package, which packages of ours it may import and which
// third-party modules it is the only one to know.
type layer struct{ pkg, ours, theirs string }

// layers is the table of docs/architecture.md. The files of the real programme, in
// tests/testdata/coopera, are data that the program carries. A package that is not in it may
// not exist; an entry whose package is still to be written does no harm.
var layers = []layer{
	{"domain", "", ""},
	{"projections", "domain", ""},
	{"adapters/memory", "domain", ""},
	{"adapters/bolt", "domain", "go.etcd.io/bbolt"},
	{"adapters/esdb", "domain", "github.com/EventStore/EventStore-Client-Go/v4 google.golang.org/grpc"},
	{"adapters/keyring", "domain", "golang.org/x/sys"},
	{"adapters/keeper", "domain", ""},
	{"adapters/evidence", "domain", ""},
	{"adapters/dossier", "domain projections", ""},
	{"adapters/ledger", "domain", "golang.org/x/mod/sumdb"},
	{"adapters/peers", "domain projections", ""},
	{"adapters/shelf", "", ""},
	{"adapters/mail", "domain projections projections/ical", "github.com/wneessen/go-mail"},
	{"adapters/heap", "", ""},
	{"adapters/bus", "domain", "github.com/ThreeDotsLabs/watermill github.com/ThreeDotsLabs/watermill-nats/v2 github.com/nats-io/nats.go"},
	{"projections/papers", "domain projections", ""},
	{"projections/ical", "", ""},
	{"adapters/csv", "domain projections projections/papers", ""},
	{"adapters/html", "domain projections projections/papers", ""},
	{"adapters/pdf", "domain projections projections/papers", "codeberg.org/go-pdf/fpdf"},
	{"adapters/xlsx", "domain projections projections/papers", "github.com/xuri/excelize/v2"},
	{"adapters/web", "domain projections projections/papers projections/ical", "github.com/gorilla/mux github.com/prometheus/client_golang golang.org/x/time"},
	{"adapters/pages", "domain projections", ""},
	{"adapters/front", "", ""},
	{"adapters/oidc", "domain", "github.com/coreos/go-oidc/v3 golang.org/x/oauth2"},
	{"cmd/tavoli-verify", "", "golang.org/x/mod/sumdb/note golang.org/x/mod/sumdb/tlog"}, // a second opinion: it knows nothing of ours
	{"adapters/credentials", "", "github.com/boombuler/barcode github.com/pquerna/otp golang.org/x/crypto"},
	{"cmd/tavoli", "domain projections projections/papers adapters/* tests/testdata/coopera", ""}, // the demonstration, embedded
	{"tests/paperstest", "domain projections projections/papers", ""},
	{"tests/esdbtest", "", "github.com/EventStore/EventStore-Client-Go/v4 google.golang.org/grpc"},
	{"tests/oidcserver", "", "github.com/zitadel/oidc/v3"}, // a provider that is not ours
	{"tests/*", "domain projections adapters/* tests/certtest tests/storetest", ""},
	{"tests", "domain projections projections/papers adapters/* tests/storetest", ""},
}

// sharedModules is what every package may use: the standard library's missing UUID.
var sharedModules = []string{"github.com/google/uuid"}

// Tests may use more than their package may: the fakes, the contract of the
// stores, and tools that no program of ours links.
var (
	fakes     = []string{"adapters/memory", "adapters/keyring", "adapters/csv", "adapters/html", "adapters/pdf", "adapters/xlsx", "tests/certtest", "tests/esdbtest", "tests/oidctest", "tests/paperstest", "tests/smtptest", "tests/storetest"}
	testTools = []string{
		"github.com/anishathalye/porcupine",
		"github.com/chromedp/cdproto",
		"github.com/chromedp/chromedp",
		"github.com/arran4/golang-ical",
		"github.com/getkin/kin-openapi",
		"github.com/jackc/pgx/v5",
		"github.com/rogpeppe/go-internal",
		"github.com/transparency-dev/merkle",
		"gopkg.in/yaml.v3",
		"pgregory.net/rapid",
	}
)

// pure are the packages that own no clock, disk, network or log.
var pure = []string{"domain", "projections", "projections/papers", "projections/ical"}

// impure names what pure packages must be handed, never fetch.
var impure = []string{"time.Now", "time.Since", "time.Until"}

// unfit names the standard packages that have no place in pure ones, with all
// that lies below them but what is fit: they only take text apart.
var (
	unfit = []string{"crypto/rand", "database/sql", "log", "math/rand", "net", "os", "reflect", "syscall", "unsafe"}
	fit   = []string{"net/netip", "net/url"}
)

// ourModule is the name of our own module.
const ourModule = "tavoli"

// TestImportRules holds the code to the table above.
func TestImportRules(t *testing.T) {
	for _, fault := range inspect(t, "..", layers) {
		t.Error(fault)
	}
}

// TestModulesHaveOneOwner keeps the table itself honest. A test server knows the
// protocol that it speaks with the owner.
func TestModulesHaveOneOwner(t *testing.T) {
	owner := make(map[string]string)
	for _, l := range layers {
		if strings.HasPrefix(l.pkg, "tests/") {
			continue
		}
		for mod := range strings.FieldsSeq(l.theirs) {
			if first, taken := owner[mod]; taken {
				t.Errorf("%s belongs to %s and to %s", mod, first, l.pkg)
			}
			if slices.Contains(sharedModules, mod) || slices.Contains(testTools, mod) {
				t.Errorf("%s belongs to %s and to everybody", mod, l.pkg)
			}
			owner[mod] = l.pkg
		}
	}
}

// inspect returns what the Go files below root do against the layers.
func inspect(t *testing.T, root string, layers []layer) []string {
	t.Helper()
	var faults []string
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "build"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		found, err := inspectFile(name, filepath.ToSlash(rel), layers)
		faults = append(faults, found...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return faults
}

// inspectFile returns what one file does against the layers; rel is its path in
// the module.
func inspectFile(name, rel string, layers []layer) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := goFile{rel: rel, pkg: path.Dir(rel), test: strings.HasSuffix(rel, "_test.go"), ast: file}
	row := slices.IndexFunc(layers, func(l layer) bool { return matches(l.pkg, f.pkg) })
	if row < 0 {
		f.fault("package %s is not listed in layers", f.pkg)
		return f.faults, nil
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		f.checkImport(layers[row], imported)
	}
	f.checkCalls()
	return f.faults, nil
}

// A goFile is a file under inspection.
type goFile struct {
	rel    string
	pkg    string
	test   bool
	ast    *ast.File
	faults []string
}

func (f *goFile) fault(format string, args ...any) {
	f.faults = append(f.faults, f.rel+": "+fmt.Sprintf(format, args...))
}

func (f *goFile) pure() bool { return !f.test && slices.Contains(pure, f.pkg) }

// checkImport notes an import against the package's layer.
func (f *goFile) checkImport(l layer, imported string) {
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case first == ourModule:
		f.checkOurs(l, strings.TrimPrefix(strings.TrimPrefix(imported, ourModule), "/"))
	case strings.Contains(first, "."):
		f.checkTheirs(l, imported)
	case slices.Contains(fit, imported) || !f.pure():
	case slices.ContainsFunc(unfit, func(p string) bool { return within(p, imported) }):
		f.fault("%s must not import %s", f.pkg, imported)
	}
}

func (f *goFile) checkOurs(l layer, imported string) {
	may := strings.Fields(l.ours)
	if f.test {
		may = append(may, fakes...)
	}
	if f.test && imported == f.pkg { // a black-box test of its own package
		return
	}
	if !slices.ContainsFunc(may, func(p string) bool { return matches(p, imported) }) {
		f.fault("%s must not import %s", f.pkg, imported)
	}
}

func (f *goFile) checkTheirs(l layer, imported string) {
	may := slices.Concat(sharedModules, strings.Fields(l.theirs))
	if f.test || within("tests", f.pkg) {
		may = append(may, testTools...)
	}
	if !slices.ContainsFunc(may, func(m string) bool { return within(m, imported) }) {
		f.fault("%s must not know %s", f.pkg, imported)
	}
}

// checkCalls notes what the file calls or declares against the rules.
func (f *goFile) checkCalls() {
	clock := f.nameOf("time")
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				f.fault("%s must not do anything on import", f.pkg)
			}
		case *ast.SelectorExpr:
			from, ok := n.X.(*ast.Ident)
			if ok && f.pure() && from.Name == clock && slices.Contains(impure, "time."+n.Sel.Name) {
				f.fault("%s must not call time.%s; take the time from domain.Meta", f.pkg, n.Sel.Name)
			}
		}
		return true
	})
}

// nameOf returns the name under which the file knows a standard package.
func (f *goFile) nameOf(imported string) string {
	for _, spec := range f.ast.Imports {
		if spec.Path.Value == strconv.Quote(imported) && spec.Name != nil {
			return spec.Name.Name
		}
	}
	return path.Base(imported)
}

// matches reports whether pkg is the package that pattern names, or one directly
// below it if it ends in "/*".
func matches(pattern, pkg string) bool {
	dir, all := strings.CutSuffix(pattern, "/*")
	return pattern == pkg || all && path.Dir(pkg) == dir
}

// within reports whether imported is the module or package, or lies below it.
func within(parent, imported string) bool {
	return imported == parent || strings.HasPrefix(imported, parent+"/")
}
