package tests_test

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"tavoli/tests/esdbtest"
)

// TestOneOfTheNodesTellsTheBroker has two nodes, a store and a real nats-server, and
// kills whichever node publishes. The other goes on where it was: every fact is told,
// and the broker drops what is told twice.
func TestOneOfTheNodesTellsTheBroker(t *testing.T) {
	if _, err := exec.LookPath("nats-server"); err != nil {
		t.Skip("needs a NATS server: apt-get install nats-server")
	}
	t.Parallel()
	port, monitor := freePort(t), freePort(t)
	startBroker(t, port, monitor, t.TempDir())
	k, events := keep(t, t.TempDir(), "127.0.0.1:0"), eventServer(t, esdbtest.Options{})
	flags := append(keysOf(k), "--store", events.URL(), "--nats-lease", "2s",
		"--nats", "nats://127.0.0.1:"+port+"?stream=TAVOLI&create=true&reconnect_max=100ms")
	nodes := []*server{serve(t, t.TempDir(), flags...), serve(t, t.TempDir(), flags...)}
	nodes[0].must(http.MethodPost, "/tavoli", "plan", plannedTavolo)
	nodes[0].must(http.MethodPost, "/tavoli/prova/registrations-opening", "open", `{}`)
	for round := range 3 {
		var holder int
		eventually(t, "one node publishes", func() bool {
			a, b := publishes(t, nodes[0]), publishes(t, nodes[1])
			if holder = 0; b {
				holder = 1
			}
			return a != b
		})
		register(t, nodes, round, 10)
		nodes[holder].kill()
		other := nodes[1-holder]
		register(t, []*server{other}, round+100, 10)
		eventually(t, "the other node publishes", func() bool { return publishes(t, other) })
		eventually(t, "the broker knows all facts", func() bool { return published(t, monitor) == facts(t, other.data) })
		nodes[holder] = serve(t, nodes[holder].data, flags...)
	}
	for _, node := range nodes {
		node.stop()
	}
	if got, want := published(t, monitor), 2+1+3*2*10; got < want {
		t.Errorf("the broker knows %d facts, and there are more than %d", got, want)
	}
}

// register registers n people on each node.
func register(t *testing.T, nodes []*server, round, n int) {
	t.Helper()
	for i := range n {
		for j, node := range nodes {
			key := fmt.Sprintf("chiave-%d-%d-%d", round, i, j)
			eventually(t, "somebody registers", func() bool {
				status, _, err := node.ask(t.Context(), http.MethodPost, "/tavoli/prova/registrations", key, fmt.Sprintf(`{"given_name":"Anna","family_name":%q}`, "Prova "+key))
				return err == nil && status < 300
			})
		}
	}
}

// publishes reports whether a node is the one that publishes.
func publishes(t *testing.T, node *server) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, node.url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return err == nil && strings.Contains(string(raw), "\ntavoli_bridge_here 1")
}
