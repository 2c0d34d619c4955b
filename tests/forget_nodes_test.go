package tests_test

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tavoli/adapters/esdb"
	"tavoli/adapters/keyring"
	"tavoli/domain"
	"tavoli/tests/esdbtest"
)

// TestNodesForget forgets somebody on one of two nodes that share servers and a
// keeper: the other node shows no name any more, and neither folder has a trace. Without
// the keeper it is said that it is not done, and done when the keeper is back.
func TestNodesForget(t *testing.T) {
	t.Parallel()
	events, k := eventServer(t, esdbtest.Options{}), keep(t, filepath.Join(t.TempDir(), "portachiavi"), "127.0.0.1:0")
	flags := append([]string{"--store", events.URL()}, keysOf(k)...)
	one, two := t.TempDir(), t.TempDir()
	a := serve(t, one, flags...)
	id := dutiful(a)
	b := serve(t, two, flags...)
	names := func(s *server) string {
		return s.must(http.MethodGet, "/tavoli/prova/roster?contacts=true&limit=100", "", "")
	}
	eventually(t, "the other node knows the person", func() bool { return strings.Contains(names(b), "aurelio.unico@") })
	known := "/tavoli/prova/roster?contacts=true&known_at=" + regexp.MustCompile(`"position":"(\d+)"`).FindStringSubmatch(names(b))[1]
	for _, s := range []*server{a, b} { // from then on a set of past models is kept
		if answer := s.must(http.MethodGet, known, "", ""); !strings.Contains(answer, "aurelio.unico@") {
			t.Errorf("before it shows %s", answer)
		}
	}
	a.stop()
	a = serve(t, one, flags...) // with a snapshot
	v := victim{id: id}
	for _, values := range zebedeo {
		for _, text := range []string{values.FamilyName, values.Email} {
			v.values = append(v.values, tracesOf(text)...)
		}
	}
	v.keys = keptKeys(t, k, events.URL(), id)
	k = k.anew()
	b.must(http.MethodGet, "/people/"+id.String(), "", "")
	k.kill()
	if answer := b.must(http.MethodPost, "/people/"+id.String()+"/forgetting", "gone", toForget); !strings.Contains(answer, `"erased":false`) {
		t.Errorf("without the keeper it says %s", answer)
	}
	k = k.anew()
	eventually(t, "it is erased", func() bool {
		return strings.Contains(b.must(http.MethodPost, "/people/"+id.String()+"/forgetting", "gone", toForget), `"erased":true`)
	})
	for _, s := range []*server{a, b} {
		eventually(t, "the node has forgotten", func() bool { return strings.Contains(s.log.String(), "msg=erased") })
		for _, answer := range []string{names(s), s.must(http.MethodGet, known, "", ""), s.must(http.MethodGet, "/people?q=zebedeo", "", "")} {
			if strings.Contains(answer, "Quàranta") || strings.Contains(answer, "unico@") {
				t.Errorf("it shows %s", answer)
			}
		}
		if answer := names(s); !strings.Contains(answer, "persona rimossa "+domain.ShortID(id)) {
			t.Errorf("it does not show whom it cannot name: %s", answer)
		}
	}
	for _, folder := range []string{one, two, k.data} {
		v.gone(t, folder)
	}
	first, second := a.must(http.MethodGet, "/admin/replay", "", ""), b.must(http.MethodGet, "/admin/replay", "", "")
	if first != second {
		t.Errorf("the nodes differ:\n%s%s", first, second)
	}
}

// keptKeys stops a keeper and reads the keys it has of a person.
func keptKeys(t *testing.T, k *server, url string, id domain.PersonID) (traces []trace) {
	t.Helper()
	k.stop()
	ring, err := keyring.Open(filepath.Join(k.data, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	store, err := esdb.Open(t.Context(), url, esdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ids, err := domain.Vault{Keys: ring, Log: store}.KeysOf(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range ids {
		key, err := ring.Key(one)
		if err != nil {
			t.Fatal(err)
		}
		traces = append(append(traces, rawTraces("the key", key.Seal[:])...), rawTraces("the salt", key.Salt[:])...)
	}
	if len(traces) == 0 {
		t.Fatal("the person has no key")
	}
	return traces
}
