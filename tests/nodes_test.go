package tests_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/esdb"
	"tavoli/adapters/memory"
	"tavoli/domain"
	"tavoli/tests/esdbtest"
)

// This file tests what several nodes on one EventStoreDB promise together, below the
// program: decisions. cluster_test.go shows the same of whole nodes.

// A node is what a node of a cluster decides with.
type node struct {
	store *esdb.Store
	exec  *domain.Executor
	vault domain.Vault
}

// nodesOn returns nodes on the servers of an address, which share their keys.
func nodesOn(t *testing.T, url string, n int) []node {
	t.Helper()
	keys, list := memory.NewKeys(), make([]node, n)
	for i := range list {
		s, err := esdb.Open(t.Context(), url, esdb.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		list[i] = node{s, &domain.Executor{Store: s, Shared: true}, domain.Vault{Keys: keys, Log: s}}
	}
	return list
}

func metaOf(name string) domain.Meta {
	id := uuid.NewSHA1(uuid.Nil, []byte(name))
	return domain.Meta{At: time.Date(2022, 5, 20, 9, 0, 0, 0, time.UTC), Actor: domain.ActorPublic, Command: id, Request: id.String()}
}

// execute carries out a command on a node, which must go well.
func execute[S domain.State[T], T any](t *testing.T, n node, name string, cmd domain.Command[S]) domain.Result {
	t.Helper()
	res, err := domain.Execute(t.Context(), n.exec, cmd, metaOf(name))
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return res
}

// register registers somebody with values on a node, as the adapter does.
func (n node) register(t *testing.T, tavolo domain.TavoloID, name string) (domain.Result, error) {
	m := metaOf("register " + name)
	for {
		c := &domain.RegisterParticipant{Tavolo: tavolo, Person: domain.Person{Values: domain.Values{GivenName: name, FamilyName: "Prova"}}, Mode: domain.Online}
		if err := c.Introduce(t.Context(), n.vault, m); err != nil {
			return domain.Result{}, err
		}
		res, err := domain.Execute[*domain.Tavolo](t.Context(), n.exec, c, m)
		if !errors.Is(err, domain.ErrBusy) {
			return res, err
		}
	}
}

// TestThreeNodesDecide lets 60 callers register for one tavolo of 10 seats, each on two
// nodes of three at once, while the leader moves. Then every second leaves.
func TestThreeNodesDecide(t *testing.T) {
	t.Parallel()
	log, err := esdbtest.NewLog("")
	if err != nil {
		t.Fatal(err)
	}
	servers, err := esdbtest.StartCluster(log, 3, esdbtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		t.Cleanup(s.Stop)
	}
	nodes := nodesOn(t, servers[0].ClusterURL(), 3)
	execute[*domain.Tavolo](t, nodes[0], "plan", &domain.PlanTavolo{Tavolo: "prova", Subject: "Prova", Mode: domain.Online, When: domain.When{Day: "2022-05-25"}, Seats: domain.Seats{Online: new(10)}})
	execute[*domain.Tavolo](t, nodes[0], "open", domain.OpenRegistrations{Tavolo: "prova"})
	var group sync.WaitGroup
	for i := range 60 {
		results := make(chan domain.Result, 2)
		for j := range 2 {
			group.Go(func() {
				res, err := nodes[(i+j)%3].register(t, "prova", fmt.Sprint("p", i))
				if err != nil {
					t.Error(err)
				}
				results <- res
				if i%20 == 19 {
					servers[i/20].Lead()
				}
			})
		}
		group.Go(func() {
			a, b := <-results, <-results
			if a.Revision != b.Revision || len(a.Events) != 1 || len(b.Events) != 1 {
				t.Errorf("p%d: one node says %+v, another %+v", i, a, b)
			}
		})
	}
	group.Wait()
	for i := 0; i < 60; i += 2 {
		group.Go(func() {
			who := domain.DerivedID(metaOf(fmt.Sprint("register p", i)).Command, "person/of-the-command")
			execute[*domain.Tavolo](t, nodes[i/2%3], fmt.Sprint("withdraw ", i), domain.WithdrawParticipant{Tavolo: "prova", Participant: who})
		})
	}
	group.Wait()
	for _, n := range nodes {
		n.inOrder(t, "prova", 10, 60, 30)
	}
}

// inOrder reads a tavolo: the seats are never exceeded, who waited longest is next, so
// many registered and so many left, and what the facts say of each opens.
func (n node) inOrder(t *testing.T, tavolo domain.TavoloID, seats, registered, left int) {
	t.Helper()
	seated, line := make(map[domain.PersonID]bool), []domain.PersonID(nil)
	came, went := 0, 0
	for entry, err := range n.store.ReadStream(t.Context(), tavolo.Stream(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		rec, err := entry.Record()
		if err != nil {
			t.Fatal(err)
		}
		switch e := rec.Event.(type) {
		case domain.ParticipantRegistered:
			came++
			seated[e.Participant] = true
			n.opens(t, e.Participant, e.Commitments)
		case domain.ParticipantWaitlisted:
			came++
			line = append(line, e.Participant)
			n.opens(t, e.Participant, e.Commitments)
		case domain.WaitlistPromoted:
			if len(line) == 0 || line[0] != e.Participant {
				t.Errorf("revision %d: promoted out of order", rec.Revision)
				return
			}
			seated[e.Participant], line = true, line[1:]
		case domain.ParticipantWithdrawn:
			went++
			delete(seated, e.Participant)
			for i := range line {
				if line[i] == e.Participant {
					line = append(line[:i:i], line[i+1:]...)
					break
				}
			}
		}
		if len(seated) > seats {
			t.Fatalf("revision %d: %d on %d seats", rec.Revision, len(seated), seats)
		}
	}
	if came != registered || went != left || len(seated)+len(line) != registered-left {
		t.Errorf("%d registered and %d left, want %d and %d; %d are there", came, went, registered, left, len(seated)+len(line))
	}
}

// opens fails the test unless a fact's commitments are those of the values sealed.
func (n node) opens(t *testing.T, p domain.PersonID, said domain.Commitments) {
	t.Helper()
	for entry, err := range n.store.ReadStream(t.Context(), domain.PersonaStream(p), 0) {
		if err != nil {
			t.Fatal(err)
		}
		rec, err := entry.Record()
		if err != nil {
			t.Fatal(err)
		}
		d := rec.Event.(domain.PersonDescribed)
		if _, err := n.vault.Open(d); err != nil || d.Commitments != said {
			t.Errorf("%s: sealed is %+v, the fact says %+v: %v", p, d.Commitments, said, err)
		}
		return
	}
	t.Errorf("nothing is known of %s", p)
}

// TestOneFirstToken starts three nodes at once on an empty store: one prints a token,
// and it opens all of them.
func TestOneFirstToken(t *testing.T) {
	t.Parallel()
	events, k := eventServer(t, esdbtest.Options{}), keep(t, filepath.Join(t.TempDir(), "portachiavi"), "127.0.0.1:0")
	flags := append(keysOf(k), "--store", events.URL())
	var nodes []*server
	for range 3 {
		nodes = append(nodes, launchWith(t, t.TempDir(), environment(), flags...))
	}
	var tokens []string
	for _, s := range nodes {
		s.url = s.line()
		if !strings.HasPrefix(s.url, "http://127.0.0.1:") {
			t.Fatalf("the first line is %q\n%s", s.url, s.log)
		}
		s.stop() // what else it prints, it has printed
		for line := range s.lines {
			if m := firstSignIn.FindStringSubmatch(line); m != nil {
				tokens = append(tokens, m[1])
			}
		}
	}
	if len(tokens) != 1 {
		t.Fatalf("%d tokens were printed", len(tokens))
	}
	again := launchWith(t, nodes[0].data, environment(), flags...)
	again.url = again.line()
	if got := signedIn(t, again.url, tokens[0]); got != 200 {
		t.Errorf("the token opens nothing: %d", got)
	}
}
