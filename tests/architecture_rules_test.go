package tests_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportRulesCatch breaks every rule on purpose: a check that cannot fail
// checks nothing.
func TestImportRulesCatch(t *testing.T) {
	for _, c := range []struct{ name, file, source, fault string }{
		{"a clean domain", "domain/a.go", `import ("time"; "net/url"; "github.com/google/uuid"); var _ = uuid.Nil; var _ time.Time; var _ url.URL`, ""},
		{"a disk in the domain", "domain/a.go", `import _ "os"`, "domain must not import os"},
		{"a network in the domain", "domain/a.go", `import _ "net/http"`, "domain must not import net/http"},
		{"a log in a read model", "projections/a.go", `import _ "log/slog"`, "projections must not import log/slog"},
		{"chance in the domain", "domain/a.go", `import _ "math/rand/v2"`, "domain must not import math/rand/v2"},
		{"a disk in a test of the domain", "domain/a_test.go", `import _ "os"`, ""},
		{"a disk in an adapter", "adapters/bolt/a.go", `import _ "os"`, ""},
		{"a clock in the domain", "domain/a.go", `import "time"; var _ = time.Now()`, "domain must not call time.Now"},
		{"a clock by another name", "projections/a.go", `import clock "time"; var _ = clock.Since(clock.Time{})`, "projections must not call time.Since"},
		{"a clock handed on", "domain/a.go", `import "time"; var now = time.Now`, "domain must not call time.Now"},
		{"a clock in an adapter", "adapters/web/a.go", `import "time"; var _ = time.Now()`, ""},
		{"a third party in the domain", "domain/a.go", `import _ "go.etcd.io/bbolt"`, "domain must not know go.etcd.io/bbolt"},
		{"a third party at home", "adapters/bolt/a.go", `import _ "go.etcd.io/bbolt"`, ""},
		{"below a third party at home", "adapters/web/a.go", `import _ "github.com/prometheus/client_golang/prometheus/promhttp"`, ""},
		{"a third party away from home", "adapters/web/a.go", `import _ "go.etcd.io/bbolt"`, "adapters/web must not know go.etcd.io/bbolt"},
		{"a name that only begins alike", "adapters/bolt/a.go", `import _ "go.etcd.io/bbolt2"`, "adapters/bolt must not know go.etcd.io/bbolt2"},
		{"a third party in wiring", "cmd/tavoli/a.go", `import _ "github.com/gorilla/mux"`, "cmd/tavoli must not know github.com/gorilla/mux"},
		{"a test tool in a test", "domain/a_test.go", `import _ "pgregory.net/rapid"`, ""},
		{"a test tool in the program", "domain/a.go", `import _ "pgregory.net/rapid"`, "domain must not know pgregory.net/rapid"},
		{"a test tool in the contract", "tests/storetest/a.go", `import _ "pgregory.net/rapid"`, ""},
		{"ours against the arrow", "domain/a.go", `import _ "tavoli/projections"`, "domain must not import projections"},
		{"ours along the arrow", "adapters/web/a.go", `import (_ "tavoli/domain"; _ "tavoli/projections")`, ""},
		{"adapters that meet", "adapters/web/a.go", `import _ "tavoli/adapters/bolt"`, "adapters/web must not import adapters/bolt"},
		{"a fake in a test", "adapters/web/a_test.go", `import (_ "tavoli/adapters/memory"; _ "tavoli/adapters/web")`, ""},
		{"adapters that meet in a test", "adapters/web/a_test.go", `import _ "tavoli/adapters/bolt"`, "adapters/web must not import adapters/bolt"},
		{"the wiring", "cmd/tavoli/a.go", `import (_ "tavoli/adapters/bolt"; _ "tavoli/adapters/web"; _ "tavoli/projections")`, ""},
		{"the wiring with a test", "cmd/tavoli/a.go", `import _ "tavoli/tests/storetest"`, "cmd/tavoli must not import tests/storetest"},
		{"a package nobody announced", "adapters/rogue/a.go", `import _ "os"`, "package adapters/rogue is not listed"},
		{"a package at the top", "utils/a.go", `import _ "os"`, "package utils is not listed"},
		{"work on import", "adapters/bolt/a.go", `func init() {}`, "adapters/bolt must not do anything on import"},
		{"test data", "domain/testdata/a.go", `import _ "os"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			plant(t, root, c.file, "package x\n"+c.source+"\n")
			got := strings.Join(inspect(t, root, layers), "\n")
			if c.fault == "" && got != "" || !strings.Contains(got, c.fault) {
				t.Errorf("got %q, want %q", got, c.fault)
			}
		})
	}
}

// plant writes a file below root.
func plant(t *testing.T, root, name, content string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
