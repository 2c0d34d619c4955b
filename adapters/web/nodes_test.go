package web_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/web"
	"tavoli/domain"
)

// nodeToken is how the nodes of the tests know each other.
var nodeToken = web.NodeToken([32]byte{7})

// Keep implements [web.NodeFiles].
func (f *files) Keep(ctx context.Context, sha string, r io.Reader) error {
	if raw, err := hex.DecodeString(sha); err != nil || len(raw) != sha256.Size {
		return &domain.Error{Kind: domain.NotFound, Code: "evidence-not-found", Text: "there is no such file"}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != sha {
		return &domain.Error{Kind: domain.Invalid, Code: "evidence-mismatch", Text: "what was sent does not have the hash it was sent under"}
	}
	_, _, err = f.Put(ctx, strings.NewReader(string(data)))
	return err
}

// severalNodes makes a server one of two nodes.
func severalNodes(s *web.Server) {
	s.Nodes = &web.Nodes{
		ID: "this-node", Token: sha256.Sum256([]byte(nodeToken)), Files: s.Files.(*files),
		Peers: func() []web.Peer {
			return []web.Peer{{URL: "http://other:8080", Node: "other-node", State: "agrees", Position: 7, Seen: time.Unix(1_650_000_000, 0).UTC(), At: 7}}
		},
		Differ: func() bool { return false }, Missing: func() int64 { return 0 },
	}
}

// nodes asks what nodes ask each other.
func (c *contract) nodes() {
	text := "un foglio firme di un altro nodo"
	sum := sha256.Sum256([]byte(text))
	path := "/nodes/evidence/" + hex.EncodeToString(sum[:])
	for _, s := range []step{
		{"list-nodes", "/nodes", "", 200, nil},
		{"node-digests", "/nodes/digests?at=1", "", 200, []option{as(nodeToken)}},
		{"keep-node-evidence", path, text, 200, []option{as(nodeToken)}},
		{"keep-node-evidence", "/nodes/evidence/none", text, 404, []option{as(nodeToken)}},
		{"node-evidence", path, "", 200, []option{as(nodeToken)}},
	} {
		c.do(s)
	}
}

func TestNodesAskEachOther(t *testing.T) {
	r := newRegister(t, severalNodes)
	r.convened("t", "")
	at := r.get("//status").field("view", "seen")
	a := r.get("/nodes/digests?at="+at, as(nodeToken)).is(200, "")
	if a.field("node") != "this-node" || a.field("position") != at || a.field("readings", "0", "position") != at || a.field("readings", "0", "digests", "7", "model") != "marks" {
		t.Errorf("at %s: got %s", at, a.Body)
	}
	if b := r.get("/nodes/digests", as(nodeToken)); string(b.Body) != string(a.Body) {
		t.Errorf("got %s, then %s", a.Body, b.Body)
	}
	if a := r.get("/nodes/digests?at=999999", as(nodeToken)).is(200, ""); strings.Contains(string(a.Body), "999999") {
		t.Errorf("it tells what it does not show: %s", a.Body)
	}
	if a := r.get("/nodes"); a.field("agree") != "true" || a.field("items", "0", "state") != "agrees" || a.field("items", "0", "position") != "7" {
		t.Errorf("got %s", a.Body)
	}
}

// TestANodeMayDoNothingElse shows the token of the nodes to every other route.
func TestANodeMayDoNothingElse(t *testing.T) {
	r := newRegister(t, severalNodes)
	for _, rt := range documentedRoutes(t) {
		if strings.HasPrefix(rt.path, "/api/v1/nodes/") || rt.operation["x-roles"] == nil {
			continue
		}
		req := request(rt.method, "/"+filled(rt.path), "", as(nodeToken))
		if got := r.send(req).Status; got != 403 {
			t.Errorf("%s %s: got %d", rt.method, rt.path, got)
		}
	}
	alone := newRegister(t)
	alone.get("/nodes/digests", as(nodeToken)).is(401, "token-refused")
	for _, path := range []string{"/nodes", "/nodes/digests"} {
		alone.get(path).is(501, "not-offered")
	}
	r.get("/nodes/evidence/"+strings.Repeat("0", 64)).is(403, "role-required") // not even the console: nothing would record it
}

func TestStatusTellsThatNodesDiffer(t *testing.T) {
	differ := false
	r := newRegister(t, severalNodes, func(s *web.Server) { s.Nodes.Differ = func() bool { return differ } })
	r.convened("t", "")
	if got := r.get("//status", nobody).field("status"); got != "ok" {
		t.Errorf("got %s", got)
	}
	differ = true
	if got := r.get("//status", nobody).field("status"); got != "degraded" {
		t.Errorf("got %s", got)
	}
	if got := r.get("/nodes").field("agree"); got != "false" {
		t.Errorf("got %s", got)
	}
	r.get("//readyz", nobody).is(200, "")
	r.get("/tavoli/t", nobody).is(200, "")
}
