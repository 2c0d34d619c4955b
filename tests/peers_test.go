package tests_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/evidence"
	"tavoli/adapters/memory"
	"tavoli/adapters/peers"
	"tavoli/adapters/web"
	"tavoli/domain"
	"tavoli/projections"
	"tavoli/tests/storetest"
)

// A cluster is some nodes over one store, in this process, that speak to each other
// over real connections.
type cluster struct {
	t     *testing.T
	store *memory.Store
	keys  *memory.Keys
	nodes []*clusterNode
}

// A clusterNode is one of them.
type clusterNode struct {
	t      *testing.T
	dir    string
	log    *lockedBuffer
	view   *projections.View
	shelf  *evidence.Files
	peers  *peers.Peers
	files  *peers.Files
	http   *httptest.Server
	secret [32]byte
	url    string
	front  func(http.Handler) http.Handler // stands before the node; nil: nothing does
}

const nodeConsole = "console-of-the-nodes"

// newCluster returns some nodes that know each other. Set may change one before it
// starts: its log, its secret, its peers.
func newCluster(t *testing.T, size int, set func(i int, n *clusterNode, log *domain.Log)) *cluster {
	t.Helper()
	c := &cluster{t: t, store: memory.New(time.Now), keys: memory.NewKeys()}
	for range size {
		n := &clusterNode{t: t, dir: t.TempDir(), log: new(lockedBuffer), http: httptest.NewUnstartedServer(nil), peers: new(peers.Peers)}
		n.url = "http://" + n.http.Listener.Addr().String()
		c.nodes = append(c.nodes, n)
	}
	for i, n := range c.nodes {
		for j, other := range c.nodes {
			if i != j {
				n.peers.URLs = append(n.peers.URLs, other.url)
			}
		}
		var log domain.Log = c.store
		if set != nil {
			set(i, n, &log)
		}
		c.start(n, log)
	}
	return c
}

// start lets a node serve until the test ends.
func (c *cluster) start(n *clusterNode, log domain.Log) {
	c.t.Helper()
	vault := domain.Vault{Keys: c.keys, Log: c.store}
	n.view = projections.NewView(log, vault.Open, projections.Options{Now: time.Now, Readings: 20 * time.Millisecond})
	var err error
	if n.shelf, err = evidence.Open(n.dir); err != nil {
		c.t.Fatal(err)
	}
	n.compare(c.store.Identity())
	n.files = &peers.Files{Shelf: n.shelf, Peers: n.peers, Log: n.peers.Log, Look: 10 * time.Millisecond, Filed: func(ctx context.Context) ([]string, error) {
		return projections.Ask(ctx, n.view, 0, func(m *projections.Models) ([]string, error) { return m.Rosters.Filed(), nil })
	}}
	server := &web.Server{
		Store: c.store, Exec: &domain.Executor{Store: c.store}, Vault: vault, View: n.view, Files: n.files, Now: time.Now, Log: n.peers.Log,
		Secret: func(purpose string) [32]byte { return sha256.Sum256([]byte(purpose)) }, Console: sha256.Sum256([]byte(nodeConsole)), Version: "1.0.0",
		Nodes: &web.Nodes{
			ID: n.peers.Node, Token: sha256.Sum256([]byte(n.peers.Token)), Files: n.shelf, Missing: n.files.Missing,
			Peers: func() []web.Peer { return nil }, Differ: func() bool { return n.peers.Count(peers.Differs) > 0 },
		},
	}
	n.http.Config.Handler = server.Handler()
	if n.front != nil {
		n.http.Config.Handler = n.front(server.Handler())
	}
	n.http.Start()
	c.t.Cleanup(n.http.Close)
	n.run(func(ctx context.Context) { _ = n.view.Follow(ctx) })
	n.run(n.peers.Run)
	n.run(n.files.Run)
}

// compare sets up how a node speaks to the others.
func (n *clusterNode) compare(store domain.Identity) {
	p := n.peers
	p.Token, p.Node, p.Identity, p.View, p.Now = web.NodeToken(n.secret), uuid.NewString(), store, n.view, time.Now
	p.Log = slog.New(slog.NewJSONHandler(n.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p.Every, p.Timeout, p.Confirm = 10*time.Millisecond, cmp.Or(p.Timeout, 2*time.Second), 10*time.Millisecond
}

// run lets something go on until the test ends, before the servers are closed.
func (n *clusterNode) run(what func(context.Context)) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		what(ctx)
	}()
	n.t.Cleanup(func() {
		stop()
		<-done
	})
}

// ask sends a request of the console to a node and returns the answer.
func (n *clusterNode) ask(method, path, body string) (int, string) {
	n.t.Helper()
	req, err := http.NewRequestWithContext(n.t.Context(), method, n.url+path, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+nodeConsole)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		n.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// plan plans a tavolo through a node.
func (n *clusterNode) plan(id, place string) {
	n.t.Helper()
	body := fmt.Sprintf(`{"id":%q,"subject":"Abitare","day":"2022-03-24","mode":"in-presence","place":%q}`, id, place)
	if status, answer := n.ask("POST", "/api/v1/tavoli", body); status != http.StatusCreated {
		n.t.Fatalf("%d %s", status, answer)
	}
}

// state waits until a node says of all its peers what is wanted.
func (n *clusterNode) state(want ...peers.State) {
	n.t.Helper()
	var got []peers.State
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		got = nil
		for _, p := range n.peers.List() {
			got = append(got, p.State)
		}
		if slices.Equal(got, want) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	n.t.Fatalf("%s says %v, want %v: %+v", n.url, got, want, n.peers.List())
}

func TestNodesAgree(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3, nil)
	for i := range 20 {
		c.nodes[i%3].plan(fmt.Sprint("t", i), "Palermo")
	}
	head, err := c.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range c.nodes {
		n.state(peers.Agrees, peers.Agrees)
		eventually(t, "they agree on all there is", func() bool {
			list := n.peers.List()
			return list[0].At == head && list[1].At == head && list[0].Lag == 0 && !list[0].Agreed.IsZero()
		})
	}
	if log := c.nodes[0].log.String(); strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("an alarm was raised:\n%s", log)
	}
}

// TestANodeThatDiffersRaisesTheAlarm shows one entry otherwise to one node of three.
func TestANodeThatDiffersRaisesTheAlarm(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3, func(i int, _ *clusterNode, log *domain.Log) {
		if i == 2 {
			*log = storetest.Altered{Log: *log, Is: "Monreale", Shown: "Morreale"}
		}
	})
	one, two, bad := c.nodes[0], c.nodes[1], c.nodes[2]
	one.plan("t1", "Palermo")
	one.state(peers.Agrees, peers.Agrees)
	one.plan("t2", "Monreale")
	bad.state(peers.Differs, peers.Differs)
	one.state(peers.Agrees, peers.Differs)
	two.state(peers.Agrees, peers.Differs)
	var alarm struct {
		Models, Node, Peer string
		Position           uint64
		PeerNode           string `json:"peer_node"`
	}
	for line := range strings.Lines(one.log.String()) {
		if strings.Contains(line, "the read models of two nodes differ") {
			if err := json.Unmarshal([]byte(line), &alarm); err != nil {
				t.Fatal(err)
			}
		}
	}
	if alarm.Models != "calendar" || alarm.Position != 2 || alarm.Node != one.peers.Node || alarm.Peer != bad.url || alarm.PeerNode != bad.peers.Node {
		t.Errorf("the alarm says %+v", alarm)
	}
	for _, n := range c.nodes {
		if status, answer := n.ask("GET", "/status", ""); status != 200 || !strings.Contains(answer, `"status":"degraded"`) {
			t.Errorf("%d %s", status, answer)
		}
		if status, answer := n.ask("GET", "/api/v1/tavoli/t2?at_least=2", ""); status != 200 || !strings.Contains(answer, "reale") {
			t.Errorf("it does not go on: %d %s", status, answer)
		}
	}
	one.plan("t3", "Palermo") // what differs once goes on differing
	eventually(t, "the alarm goes on", func() bool { return one.peers.List()[1].At == 3 && one.peers.List()[1].State == peers.Differs })
}

// TestNodesOfOtherKindsAreNotComparedWith puts all sorts of servers beside a node.
func TestNodesOfOtherKindsAreNotComparedWith(t *testing.T) {
	t.Parallel()
	var stolen sync.Map
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { stolen.Store(r.Header.Get("Authorization"), true) }))
	t.Cleanup(thief.Close)
	other := domain.Identity{ID: uuid.New(), Epoch: 1}
	answer := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for name, o := range map[string]struct {
		handler http.HandlerFunc
		want    peers.State
		says    string
	}{
		"garbage":       {answer("<html>"), peers.Unreadable, "does not answer as a node"},
		"another API":   {answer(`{"status":"ok"}`), peers.Unreadable, "does not answer as a node"},
		"endless":       {endless, peers.Unreadable, "more than 1048576 bytes"},
		"an older node": {status(404), peers.Unreadable, "404"},
		"alone":         {status(501), peers.Unreadable, "501"},
		"other keys":    {status(401), peers.Refused, "401"},
		"overrun":       {status(503), peers.Unreachable, "503"},
		"elsewhere":     {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, thief.URL, http.StatusFound) }, peers.Unreadable, "302"},
		"another store": {answer(fmt.Sprintf(`{"node":"x","store":{"id":%q,"epoch":1},"position":"7","readings":[]}`, other.ID)), peers.OtherStore, other.String()},
		"slow":          {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, peers.Unreachable, ""},
		"broken off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			_, _ = io.WriteString(w, `{"node"`)
		}, peers.Unreadable, "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			beside := httptest.NewServer(o.handler)
			t.Cleanup(beside.CloseClientConnections)
			c := newCluster(t, 1, func(_ int, n *clusterNode, _ *domain.Log) {
				n.peers.URLs, n.peers.Timeout = []string{beside.URL}, 200*time.Millisecond
			})
			c.nodes[0].plan("t", "Palermo")
			c.nodes[0].state(o.want)
			if detail := c.nodes[0].peers.List()[0].Detail; !strings.Contains(detail, o.says) {
				t.Errorf("it says %q", detail)
			}
			eventually(t, "the node is well all the same", func() bool {
				_, answer := c.nodes[0].ask("GET", "/status", "")
				return strings.Contains(answer, `"status":"ok"`)
			})
		})
	}
	stolen.Range(func(token, _ any) bool {
		t.Errorf("the token went where it was led: %v", token)
		return true
	})
}

// endless answers more than anybody reads.
func endless(w http.ResponseWriter, _ *http.Request) {
	for range 1 << 10 {
		if _, err := w.Write(bytes.Repeat([]byte{' '}, 4<<10)); err != nil {
			return
		}
	}
}

func TestANodeWithOtherKeysIsRefused(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, func(i int, n *clusterNode, _ *domain.Log) { n.secret = [32]byte{byte(i)} })
	c.nodes[0].state(peers.Refused)
	c.nodes[1].state(peers.Refused)
}

func TestANodeKnowsItself(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, func(_ int, n *clusterNode, _ *domain.Log) { n.peers.URLs = append(n.peers.URLs, n.url) })
	c.nodes[0].plan("t", "Palermo")
	c.nodes[0].state(peers.Agrees, peers.Self)
	c.nodes[1].state(peers.Agrees, peers.Self)
}

func TestANodeThatIsGoneComesBack(t *testing.T) {
	t.Parallel()
	var gone sync.Map
	c := newCluster(t, 2, nil)
	handler := c.nodes[1].http.Config.Handler
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := gone.Load("gone"); ok {
			panic(http.ErrAbortHandler)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	d := newWatcher(c, front.URL)
	c.nodes[0].plan("t", "Palermo")
	d.state(peers.Agrees)
	gone.Store("gone", true)
	d.state(peers.Unreachable)
	gone.Delete("gone")
	d.state(peers.Agrees)
}

// newWatcher returns one more node of a cluster, which knows some addresses only.
func newWatcher(c *cluster, urls ...string) *clusterNode {
	c.t.Helper()
	n := &clusterNode{t: c.t, dir: c.t.TempDir(), log: new(lockedBuffer), http: httptest.NewUnstartedServer(nil), peers: &peers.Peers{URLs: urls}}
	n.url = "http://" + n.http.Listener.Addr().String()
	c.start(n, c.store)
	return n
}

// A liar answers as another node does, and may answer other digests.
type liar struct {
	mu    sync.Mutex
	lies  func(n int) bool // at the n-th answer
	asked int
	next  http.Handler
}

// ServeHTTP implements [http.Handler].
func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	l.next.ServeHTTP(rec, r)
	l.mu.Lock()
	l.asked++
	lie := l.lies(l.asked)
	l.mu.Unlock()
	body := rec.Body.Bytes()
	if lie {
		body = bytes.ReplaceAll(body, []byte(`"sha256":"`), []byte(`"sha256":"not-`))
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(body)
}

// TestADifferenceIsLookedAtAgain lets a peer lie once: that is no alarm; for a while:
// it is one, until they agree again.
func TestADifferenceIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1, nil)
	c.nodes[0].plan("t", "Palermo")
	c.nodes[0].state()
	l := &liar{lies: func(n int) bool { return n == 5 }, next: c.nodes[0].http.Config.Handler}
	front := httptest.NewServer(l)
	t.Cleanup(front.Close)
	n := newWatcher(c, front.URL)
	answers := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.asked
	}
	eventually(t, "it lied", func() bool { return answers() > 20 })
	if log := n.log.String(); strings.Contains(log, "differ") {
		t.Errorf("an alarm was raised:\n%s", log)
	}
	l.mu.Lock()
	from := l.asked
	l.lies = func(n int) bool { return n < from+40 }
	l.mu.Unlock()
	n.state(peers.Differs)
	n.state(peers.Agrees)
	if log := n.log.String(); strings.Count(log, "two nodes differ") != 1 || strings.Count(log, "agree again") != 1 {
		t.Errorf("it logged\n%s", log)
	}
}

// hashOf returns the SHA-256 of a text.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// TestPeersAreNamed starts two registers that have nothing in common but that each was
// told that the other is one of its nodes.
func TestPeersAreNamed(t *testing.T) {
	t.Parallel()
	if r := run(t, "serve", "--data", t.TempDir(), "--peers", "node2:8080"); r.code != 2 || !strings.Contains(r.errors, "--peers") {
		t.Errorf("a wrong address: %d %s", r.code, r.errors)
	}
	one := serve(t, t.TempDir())
	two := serve(t, t.TempDir(), "--peers", one.url+", "+one.url+"/")
	eventually(t, "the other is found to have other keys", func() bool {
		return strings.Contains(two.must(http.MethodGet, "/nodes", "", ""), `"state":"refused"`)
	})
	var list web.NodeList
	if err := json.Unmarshal([]byte(two.must(http.MethodGet, "/nodes", "", "")), &list); err != nil || len(list.Items) != 1 || !list.Agree || list.Items[0].URL != one.url {
		t.Errorf("got %+v, %v", list, err)
	}
	if got := one.must(http.MethodGet, "/nodes", "", ""); !strings.Contains(got, `"agree":true`) || !strings.Contains(got, `"items":[]`) {
		t.Errorf("who was told of no others says %s", got)
	}
	resp, err := http.Get(two.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	figures, err := io.ReadAll(resp.Body)
	for _, want := range []string{"tavoli_node_digest_mismatch 0", "tavoli_node_peers_unreachable 1", "tavoli_evidence_missing 0"} {
		if err != nil || !strings.Contains(string(figures), want) {
			t.Errorf("the figures lack %q", want)
		}
	}
}
