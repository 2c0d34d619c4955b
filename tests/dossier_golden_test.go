package tests_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// Dossiers that were handed out. Every later tavoli-verify must accept them, for
// ever: these files, and the sums below, never change. A new form of dossier gets
// files of its own.
const goldenDossiers = "testdata/dossiers/"

var goldenSums = map[string]string{
	"v1.zip":         "6ea8a0f02ab61cd4befcb0a9e8dabcde9ca3043bba0788c804a9afd422b74fa8",
	"v1-scope.zip":   "51a6670127b7b33876b69f3a1c1903c2063709bca773a37a1b3a9883501c1c68",
	"v1-spoiled.zip": "ba2d56eff51504eb415c17a651eaccb3e67b5574aef1e81b703e3a414a6bcf4e",
}

func TestGoldenDossiersAreWhatTheyWere(t *testing.T) {
	for name, want := range goldenSums {
		data, err := os.ReadFile(goldenDossiers + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(data)); got != want {
			t.Errorf("%s was changed: %s", name, got)
		}
		if len(data) > 200_000 {
			t.Errorf("%s has %d bytes", name, len(data))
		}
	}
}

func TestGoldenDossiers(t *testing.T) {
	t.Parallel()
	path := func(name string) string { return absolute(t, goldenDossiers+name) }
	key := path("v1.keys")
	whole := verify(t, "replay", path("v1.zip"), "--key", key).is(t, "replay", "")
	if got := whole.minutes(`Prova; "quattro" Anna`); got != 119 {
		t.Errorf("Anna was there for %d minutes, want 119\n%s", got, whole.text)
	}
	if got := whole.minutes("=Esempio Ugo"); got != 30 {
		t.Errorf("Ugo was there for %d minutes, want 30\n%s", got, whole.text)
	}
	verify(t, "log", path("v1.zip"), "--key", key).is(t, "log", "")
	verify(t, "disclosures", path("v1.zip"), "--key", key).is(t, "disclosures", "")
	verify(t, "consistency", path("v1.checkpoint"), path("v1.zip"), "--key", key).is(t, "consistency", "")
	verify(t, "consistency", path("v1.checkpoint"), path("v1-scope.zip"), "--key", key).is(t, "consistency of a scope", "")
	verify(t, "replay", path("v1-scope.zip"), "--key", key).is(t, "replay of a scope", "")
	proofs := open(t, path("v1-scope.zip"))
	for name := range proofs {
		if strings.HasPrefix(name, "proofs/") {
			file := t.TempDir() + "/a.tlog-proof"
			write(t, file, string(proofs[name]))
			verify(t, "proof", file, "--entry", path("v1-scope.zip"), "--key", key).is(t, name, "")
		}
	}
	spoiled := path("v1-spoiled.zip")
	if again := open(t, path("v1.zip")); !spoil(t, again) || !maps.EqualFunc(again, open(t, spoiled), bytes.Equal) {
		t.Error("the spoiled one is spoiled otherwise than it says")
	}
	verify(t, "log", spoiled, "--key", key).is(t, "the spoiled one", "consistency root tiles")
	verify(t, "consistency", path("v1.checkpoint"), spoiled, "--key", key).is(t, "consistency of the spoiled one", "consistency consistency root tiles")
}

// spoil changes the hour of a presence in a dossier, and tells the list of files so:
// how the spoiled one was made.
func spoil(t *testing.T, o opened) bool {
	t.Helper()
	entries := o.entries()
	i := slices.IndexFunc(entries, func(e []byte) bool { return bytes.Contains(e, []byte(`"from":"2022-05-25T13:20:00Z"`)) })
	if i < 0 {
		return false
	}
	entries[i] = bytes.Replace(entries[i], []byte("T13:20:00Z"), []byte("T13:30:00Z"), 1)
	o.put(t, entries)
	return true
}

// TestEveryByteOfADossierCounts spoils a dossier at many places: what is inside is
// never accepted otherwise than it was.
func TestEveryByteOfADossierCounts(t *testing.T) {
	t.Parallel()
	o := open(t, absolute(t, goldenDossiers+"v1.zip"))
	for name := range o {
		for _, at := range []int{0, len(o[name]) / 2, len(o[name]) - 1} {
			changed := make(opened)
			for n, data := range o {
				changed[n] = bytes.Clone(data)
			}
			changed[name][at] ^= 1
			if v := verify(t, "replay", changed.pack(t), "--key", absolute(t, goldenDossiers+"v1.keys")); v.code == 0 {
				t.Errorf("%s changed at %d is accepted\n%s", name, at, v.text)
			}
		}
	}
}
