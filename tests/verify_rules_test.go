package tests_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestVerifyStandsAlone holds the auditor's program to what it promises: no package
// of ours, nothing of other people's but x/mod, no network, no other programs.
func TestVerifyStandsAlone(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "../cmd/tavoli-verify").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if !slices.Contains(packages, "golang.org/x/mod/sumdb/tlog") {
		t.Fatalf("among %d packages there is no tlog: is this the list?", len(packages))
	}
	for _, pkg := range packages {
		first, _, more := strings.Cut(pkg, "/")
		switch {
		case pkg == "tavoli/cmd/tavoli-verify", within("golang.org/x/mod/sumdb", pkg):
		case first == ourModule, strings.Contains(first, "."):
			t.Errorf("tavoli-verify depends on %s", pkg)
		case pkg == "net", more && first == "net", pkg == "os/exec", pkg == "plugin":
			t.Errorf("tavoli-verify can reach beyond its files: it depends on %s", pkg)
		}
	}
}
