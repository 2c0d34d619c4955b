package tests_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tavoli/adapters/web"
	"tavoli/tests/esdbtest"
)

// TestTwoNodesOfARegister lets two nodes of the real program, which share store and
// keys, find that they agree and hold the same documents, also after one of them was
// killed and lost its own.
func TestTwoNodesOfARegister(t *testing.T) {
	t.Parallel()
	events, k := eventServer(t, esdbtest.Options{}), keep(t, filepath.Join(t.TempDir(), "keeper"), "127.0.0.1:0")
	at := []string{"127.0.0.1:" + freePort(t), "127.0.0.1:" + freePort(t)}
	flags := append(keysOf(k), "--store", events.URL(), "--peers", "http://"+at[0]+",http://"+at[1])
	start := func(i int, data string) *server { return serve(t, data, append(flags, "--listen", at[i])...) }
	one, two := start(0, t.TempDir()), start(1, t.TempDir())
	one.must(http.MethodPost, "/tavoli", "plan", plannedTavolo)
	for _, n := range []*server{one, two} {
		eventually(t, "the nodes agree", func() bool {
			var list web.NodeList
			return json.Unmarshal([]byte(n.must(http.MethodGet, "/nodes", "", "")), &list) == nil && list.Agree && len(list.Items) == 2 &&
				strings.Contains(list.Items[0].State+list.Items[1].State, "agrees") && strings.Contains(list.Items[0].State+list.Items[1].State, "self")
		})
	}
	text := "un foglio firme"
	one.must(http.MethodPost, "/tavoli/prova/evidence?kind=scan&title=Foglio", "file", text)
	kept := filepath.Join("evidence", hashOf(text)[:2], hashOf(text))
	for _, n := range []*server{one, two} {
		if got, err := os.ReadFile(filepath.Join(n.data, kept)); err != nil || string(got) != text {
			t.Errorf("the document is not on both nodes when it is acknowledged: %q, %v", got, err)
		}
	}
	two.kill()
	if err := os.RemoveAll(filepath.Join(two.data, "evidence")); err != nil {
		t.Fatal(err)
	}
	again := start(1, two.data)
	eventually(t, "the document is back", func() bool {
		got, err := os.ReadFile(filepath.Join(again.data, kept))
		return err == nil && string(got) == text
	})
}
