package tests_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tavoli/adapters/esdb"
	"tavoli/domain"
	"tavoli/tests/esdbtest"
)

// This file tells the story of a cluster: three nodes of the program, one keeper of
// their keys, three servers of events, and everybody who registers while servers
// restart, the leader moves and a node is killed. TAVOLI_CLUSTER_REQUESTS says how many
// requests each client makes, 2 unless given.

const (
	clusterClients = 64 // of each node
	clusterTavoli  = 200
	clusterSeats   = 2 // of each tavolo
)

// A clusterStory is what happens and who takes part.
type clusterStory struct {
	t       *testing.T
	servers []*esdbtest.Server
	flags   []string
	data    []string
	nodes   [3]atomic.Pointer[server]

	wanted int
	acked  atomic.Int64
	mu     sync.Mutex
	seen   map[string]string // who was told to be registered, and where
}

func TestThreeNodesInTrouble(t *testing.T) {
	t.Parallel()
	s := newClusterStory(t)
	s.plan()
	var clients sync.WaitGroup
	for i := range clusterClients * len(s.nodes) {
		clients.Go(func() { s.client(i) })
	}
	s.trouble()
	clients.Wait()
	if t.Failed() {
		return
	}
	s.nothingLost()
	s.agree()

	lost := s.nodes[2].Load()
	lost.stop()
	if err := os.RemoveAll(lost.data); err != nil {
		t.Fatal(err)
	}
	s.start(2)
	s.agree()
	for i := range s.nodes {
		s.nodes[i].Load().stop()
	}
}

func newClusterStory(t *testing.T) *clusterStory {
	log, err := esdbtest.NewLog("")
	if err != nil {
		t.Fatal(err)
	}
	s := &clusterStory{t: t, wanted: 2, seen: make(map[string]string)}
	if text := os.Getenv("TAVOLI_CLUSTER_REQUESTS"); text != "" {
		if s.wanted, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	if s.servers, err = esdbtest.StartCluster(log, 3, esdbtest.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, server := range s.servers {
		t.Cleanup(server.Stop)
	}
	keeper := keep(t, filepath.Join(t.TempDir(), "portachiavi"), "127.0.0.1:0")
	s.flags = append(keysOf(keeper), "--store", s.servers[0].ClusterURL(), "--peers", "http://127.0.0.1:1", "--log-level", "warn")
	for i := range s.nodes {
		s.data = append(s.data, filepath.Join(t.TempDir(), fmt.Sprint("node", i)))
		s.start(i)
	}
	return s
}

// start starts a node, which says its address when it is ready.
func (s *clusterStory) start(i int) { s.nodes[i].Store(serve(s.t, s.data[i], s.flags...)) }

// plan makes the tavoli, each on another node than the one before.
func (s *clusterStory) plan() {
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := worker; i < clusterTavoli; i += 8 {
				id := fmt.Sprint("t", i)
				s.insist(i, "/tavoli", "plan "+id, fmt.Sprintf(`{"id":%q,"subject":"Prova","day":"2022-05-25","mode":"online","seats":{"online":%d}}`, id, clusterSeats))
				s.insist(i+1, "/tavoli/"+id+"/registrations-opening", "open "+id, `{}`)
			}
		})
	}
	group.Wait()
}

// client registers people one after the other, each at some tavolo.
func (s *clusterStory) client(i int) {
	for n := range s.wanted {
		id := fmt.Sprint("t", rand.IntN(clusterTavoli))
		name := fmt.Sprintf("c%d-%d", i, n)
		answer := s.insist(i, "/tavoli/"+id+"/registrations", name, fmt.Sprintf(`{"given_name":%q,"family_name":"Prova"}`, name))
		var told struct{ Participant string }
		if err := json.Unmarshal([]byte(answer), &told); err != nil || told.Participant == "" {
			s.t.Errorf("%s: %s %v", name, answer, err)
			return
		}
		s.mu.Lock()
		s.seen[told.Participant] = id
		s.mu.Unlock()
		s.acked.Add(1)
	}
}

// insist sends a request until it is acknowledged, to the next node each time.
func (s *clusterStory) insist(i int, path, key, body string) string {
	last := ""
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); i++ {
		ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
		status, answer, err := s.nodes[i%len(s.nodes)].Load().ask(ctx, http.MethodPost, path, strings.ReplaceAll(key, " ", "-"), body)
		cancel()
		switch {
		case err == nil && status < 300:
			return answer
		case err == nil && status != http.StatusServiceUnavailable && (status != http.StatusConflict || !strings.Contains(answer, `"busy"`)):
			s.t.Errorf("%s: %d %s", key, status, answer)
			return ""
		}
		last = fmt.Sprint(status, answer, err)
		time.Sleep(time.Duration(10+rand.IntN(50)) * time.Millisecond)
	}
	s.t.Errorf("%s: never acknowledged: %s", key, last)
	return ""
}

// trouble makes trouble, spread over the requests.
func (s *clusterStory) trouble() {
	all := s.wanted * clusterClients * len(s.nodes)
	restart := func(some ...*esdbtest.Server) {
		for _, server := range some {
			server.Stop()
		}
		time.Sleep(150 * time.Millisecond)
		for _, server := range some {
			if err := server.Restart(); err != nil {
				s.t.Error(err)
			}
		}
	}
	troubles := []func(){
		func() { s.servers[1].Lead() },
		func() { s.servers[2].Lead(); restart(s.servers[1]) },
		func() { restart(s.servers...) },
		func() { s.nodes[1].Load().kill(); s.start(1) },
		func() { restart(s.servers[2]) },
		func() { s.servers[0].Lead() },
		func() { restart(s.servers...) },
	}
	for i, trouble := range troubles {
		due := int64(all * (i + 1) / (len(troubles) + 2))
		eventually(s.t, "the clients go on", func() bool { return s.acked.Load() >= due || s.t.Failed() })
		trouble()
	}
}

// nothingLost reads the log: who was acknowledged is registered once, nobody else
// is, and no tavolo has more people than seats.
func (s *clusterStory) nothingLost() {
	store, err := esdb.Open(s.t.Context(), s.servers[0].ClusterURL(), esdb.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer store.Close()
	seats, line, there := make(map[domain.TavoloID]int), 0, make(map[string]int)
	for page, err := range store.ReadAll(s.t.Context(), 0) {
		if err != nil {
			s.t.Fatal(err)
		}
		for _, e := range page.Entries {
			rec, err := e.Record()
			if err != nil {
				s.t.Fatal(err)
			}
			switch e := rec.Event.(type) {
			case domain.ParticipantRegistered:
				seats[e.Tavolo]++
				there[e.Participant.String()]++
			case domain.ParticipantWaitlisted:
				line++
				there[e.Participant.String()]++
				if seats[e.Tavolo] < clusterSeats {
					s.t.Errorf("somebody waits for %s, where %d seats are taken", e.Tavolo, seats[e.Tavolo])
				}
			}
		}
	}
	for who, n := range there {
		if n != 1 || s.seen[who] == "" {
			s.t.Errorf("%s is registered %d times, acknowledged for %q", who, n, s.seen[who])
		}
	}
	for id, n := range seats {
		if n > clusterSeats {
			s.t.Errorf("%s has %d people on %d seats", id, n, clusterSeats)
		}
	}
	if len(there) != len(s.seen) || len(s.seen) != s.wanted*clusterClients*len(s.nodes) {
		s.t.Errorf("%d are registered, %d were acknowledged", len(there), len(s.seen))
	}
	s.t.Logf("%d registered, %d of them wait", len(there), line)
}

// A nodeReading is what a node answers about its read models.
type nodeReading struct {
	Position string
	Readings []struct {
		Position string
		Digests  json.RawMessage
	}
}

// agree waits until all nodes show the same position, and compares their read models.
func (s *clusterStory) agree() {
	s.t.Helper()
	var digests [3]string
	eventually(s.t, "all nodes show the same", func() bool {
		at := s.reading(0, "1").Position
		for i := range s.nodes {
			digests[i] = ""
			for _, r := range s.reading(i, at).Readings {
				if r.Position == at {
					digests[i] = string(r.Digests)
				}
			}
			if digests[i] == "" {
				return false
			}
		}
		return true
	})
	if digests[0] != digests[1] || digests[0] != digests[2] || len(digests[0]) < 100 {
		s.t.Errorf("the read models differ:\n%s\n%s\n%s", digests[0], digests[1], digests[2])
	}
	ready := s.nodes[2].Load()
	if resp, err := http.Get(ready.url + "/readyz"); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Errorf("the last node is not ready: %v %v", resp, err)
	} else {
		resp.Body.Close()
	}
}

func (s *clusterStory) reading(i int, at string) (r nodeReading) {
	s.t.Helper()
	answer := s.nodes[i].Load().must(http.MethodGet, "/nodes/digests?at="+at, "", "")
	if err := json.Unmarshal([]byte(answer), &r); err != nil {
		s.t.Fatal(err)
	}
	return r
}
