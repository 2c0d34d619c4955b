package tests_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"tavoli/adapters/evidence"
	"tavoli/adapters/peers"
	"tavoli/domain"
)

// file files a document of the tavolo t through a node and returns its hash.
func (n *clusterNode) file(text string) string {
	n.t.Helper()
	if status, answer := n.ask("POST", "/api/v1/tavoli/t/evidence?kind=scan&title=Foglio", text); status != http.StatusCreated {
		n.t.Fatalf("%d %s", status, answer)
	}
	return hashOf(text)
}

// has reports whether a document lies on a node itself, whole.
func (n *clusterNode) has(sha string) bool {
	file, err := n.shelf.Open(sha)
	if err != nil {
		return false
	}
	n.t.Cleanup(func() { file.Close() })
	return true
}

// lose takes a document away from a node.
func (n *clusterNode) lose(sha string) {
	n.t.Helper()
	if err := os.Remove(filepath.Join(n.dir, sha[:2], sha)); err != nil {
		n.t.Fatal(err)
	}
}

func TestADocumentIsOnTwoNodesWhenItIsAcknowledged(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3, nil)
	one := c.nodes[0]
	one.plan("t", "Palermo")
	one.state(peers.Agrees, peers.Agrees)
	for i := range 10 {
		sha := one.file(fmt.Sprint("foglio firme ", i))
		on := 0
		for _, n := range c.nodes {
			if n.has(sha) {
				on++
			}
		}
		if on < 2 {
			t.Fatalf("%s lies on %d nodes", sha, on)
		}
	}
	if one.files.Alone() != 0 {
		t.Errorf("%d documents were acknowledged on one node", one.files.Alone())
	}
	for _, n := range c.nodes {
		eventually(t, "every node has all", func() bool {
			for i := range 10 {
				if !n.has(hashOf(fmt.Sprint("foglio firme ", i))) {
					return false
				}
			}
			return n.files.Missing() == 0
		})
	}
}

// TestADocumentThatNoOtherNodeTakes files while the others are gone: it is
// acknowledged, counted, and fetched by the others when they are back.
func TestADocumentThatNoOtherNodeTakes(t *testing.T) {
	t.Parallel()
	var gone atomic.Bool
	var offered atomic.Int32
	c := newCluster(t, 2, func(i int, n *clusterNode, _ *domain.Log) {
		if i == 1 {
			n.front = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodPut {
						offered.Add(1)
					}
					if gone.Load() {
						panic(http.ErrAbortHandler)
					}
					next.ServeHTTP(w, r)
				})
			}
		}
	})
	one, two := c.nodes[0], c.nodes[1]
	one.plan("t", "Palermo")
	one.state(peers.Agrees)
	gone.Store(true)
	sha := one.file("foglio firme") // it was there a moment ago
	one.state(peers.Unreachable)
	before := offered.Load()
	again := one.file("un altro foglio") // and is known to be gone
	if more := offered.Load() - before; more != 0 {
		t.Errorf("it was offered to a node that is known to be gone, %d times", more)
	}
	if one.files.Alone() != 2 {
		t.Errorf("%d documents were acknowledged on one node, want 2", one.files.Alone())
	}
	gone.Store(false)
	eventually(t, "the other fetches them", func() bool { return two.has(sha) && two.has(again) })
}

// TestANodeThatLostItsDocumentsGetsThemBack takes away and damages documents: what is
// asked for is there at once, the rest a little later.
func TestANodeThatLostItsDocumentsGetsThemBack(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, nil)
	one, two := c.nodes[0], c.nodes[1]
	one.plan("t", "Palermo")
	one.state(peers.Agrees)
	var all []string
	for i := range 30 {
		all = append(all, one.file(fmt.Sprint("foglio firme ", i)))
	}
	two.state(peers.Agrees)
	eventually(t, "it has all", func() bool { return two.files.Missing() == 0 && two.has(all[29]) })
	two.lose(all[0])
	if err := os.WriteFile(filepath.Join(two.dir, all[1][:2], all[1]), []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, sha := range all[:2] {
		if status, got := two.ask("GET", "/api/v1/tavoli/t/evidence/"+sha, ""); status != 200 || got != fmt.Sprint("foglio firme ", i) {
			t.Errorf("%d %s", status, got)
		}
		if !two.has(sha) {
			t.Errorf("%s was not kept", sha)
		}
	}
	for _, sha := range all {
		one.lose(sha)
	}
	anew := newWatcher(c, two.url) // as the first, with nothing in its folder
	eventually(t, "it gets all back", func() bool {
		for _, sha := range all {
			if !anew.has(sha) {
				return false
			}
		}
		return anew.files.Missing() == 0
	})
	if _, err := anew.files.Open(strings.Repeat("0", 64)); !errors.Is(err, evidence.ErrNoFile) {
		t.Errorf("what nobody has: %v", err)
	}
}

// TestADocumentThatIsNoneIsRefused puts a node that sends other content under every
// hash, or too much of it, or none, before one that sends the document.
func TestADocumentThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for name, sends := range map[string]http.HandlerFunc{
		"other content": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "something else") },
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "12")
			_, _ = io.WriteString(w, "foglio")
		},
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			for range domain.MaxEvidence>>20 + 2 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		},
		"nothing": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, 1, nil)
			good := c.nodes[0]
			good.plan("t", "Palermo")
			sha := good.file("foglio firme")
			bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, "/evidence/") {
					sends(w, r)
					return
				}
				good.http.Config.Handler.ServeHTTP(w, r)
			}))
			t.Cleanup(bad.Close)
			n := newWatcher(c, bad.URL)
			n.state(peers.Agrees)
			eventually(t, "it misses the document", func() bool { return n.files.Missing() == 1 })
			if _, err := n.files.Open(sha); err == nil || n.has(sha) {
				t.Error("it took something else for the document")
			}
			if left, err := filepath.Glob(filepath.Join(n.dir, "*", "*")); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
			both := newWatcher(c, bad.URL, good.url)
			eventually(t, "the other is asked", func() bool { return both.has(sha) && both.files.Missing() == 0 })
		})
	}
}
