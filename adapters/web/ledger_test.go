package web_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"tavoli/adapters/web"
	"tavoli/domain"
)

// A tree is a ledger whose hashes mean nothing. What the true one answers is tested
// where it is, and with the program.
type tree struct {
	store    domain.Store
	clock    *clock
	unsigned atomic.Bool // nothing was ever signed
	broken   atomic.Bool // what was signed does not agree
}

// Refusals as the true ledger gives them.
var (
	errUnsigned = &domain.Error{Kind: domain.NotFound, Code: "not-signed", Text: "not signed"}
	errNoTree   = &domain.Error{Kind: domain.NotFound, Code: "no-such-tree", Text: "no such tree"}
	errNoFact   = &domain.Error{Kind: domain.NotFound, Code: "no-fact", Text: "no fact"}
	errBroken   = &domain.Error{Kind: domain.Refused, Code: "ledger-inconsistent", Text: "inconsistent"}
)

func hashed(what string) string {
	sum := sha256.Sum256([]byte(what))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// State implements [web.Ledger].
func (l *tree) State() web.LedgerState {
	return web.LedgerState{Size: 3, Root: hashed("3")[:16], Signed: 3, Consistent: !l.broken.Load()}
}

// Wait implements [web.Ledger].
func (l *tree) Wait(context.Context, domain.Position) error { return nil }

// Latest implements [web.Ledger].
func (l *tree) Latest(ctx context.Context) (web.Checkpoint, error) { return l.Checkpoint(ctx, 3) }

// Checkpoint implements [web.Ledger].
func (l *tree) Checkpoint(_ context.Context, size int64) (web.Checkpoint, error) {
	if l.unsigned.Load() || size > 3 {
		return web.Checkpoint{}, errUnsigned
	}
	n := strconv.FormatInt(size, 10)
	return web.Checkpoint{
		Origin: "tavoli.x/registro", Size: size, Root: hashed(n), Position: domain.Position(size), SignedAt: l.clock.Now(),
		Text: "tavoli.x/registro\n" + n + "\n" + hashed(n) + "\n\n— tavoli.x/registro AAAA\n",
	}, nil
}

// Checkpoints implements [web.Ledger].
func (l *tree) Checkpoints(ctx context.Context, below int64, most int) (list []web.Checkpoint, err error) {
	for size := min(below, 4) - 1; size > 0 && len(list) < most; size-- {
		one, err := l.Checkpoint(ctx, size)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// Sign implements [web.Ledger].
func (l *tree) Sign(ctx context.Context) (web.Checkpoint, error) {
	if l.broken.Load() {
		return web.Checkpoint{}, errBroken
	}
	l.unsigned.Store(false)
	return l.Latest(ctx)
}

// Prove implements [web.Ledger].
func (l *tree) Prove(ctx context.Context, at domain.Position) (web.LedgerProof, error) {
	for page, err := range l.store.ReadAll(ctx, at-1) {
		if err != nil {
			return web.LedgerProof{}, err
		}
		if e := page.Entries[0]; e.Position == at {
			return web.LedgerProof{Position: at, Size: 3, Hashes: []string{hashed("1")}, Entry: e.Bytes, Text: "c2sp.org/tlog-proof@v1\nindex 0\n\n"}, nil
		}
		break
	}
	return web.LedgerProof{}, errNoFact
}

// Consistency implements [web.Ledger].
func (l *tree) Consistency(_ context.Context, from, to int64) (web.LedgerConsistency, error) {
	if to > 3 {
		return web.LedgerConsistency{}, errNoTree
	}
	return web.LedgerConsistency{From: from, To: to, Hashes: []string{hashed("1")}}, nil
}

// Keys implements [web.Ledger].
func (l *tree) Keys(context.Context) ([]web.LedgerKey, error) {
	return []web.LedgerKey{{Number: 1, VKey: "tavoli.x/registro+01234567+AQ=="}}, nil
}

// NextKey implements [web.Ledger].
func (l *tree) NextKey(context.Context) (int, string, error) {
	if l.broken.Load() {
		return 1, "tavoli.y/registro+01234567+AQ==", nil
	}
	return 1, "tavoli.x/registro+01234567+AQ==", nil
}

// File implements [web.Ledger].
func (l *tree) File(_ context.Context, path string) ([]byte, error) {
	if !strings.Contains(path, "000") {
		return nil, errNoTree
	}
	return []byte(path), nil
}

// proving asks what the contract has to see of the ledger.
func (c *contract) proving() {
	l := c.register.tree
	l.unsigned.Store(true)
	c.row("get-checkpoint", "/audit/checkpoint", "", 404)
	c.row("ledger-checkpoint", "/audit/log/checkpoint", "", 404)
	l.broken.Store(true)
	c.row("sign-checkpoint", "/audit/checkpoint", "", 409)
	l.broken.Store(false)
	c.row("sign-checkpoint", "/audit/checkpoint", "", 200)
	c.row("get-checkpoint", "/audit/checkpoint", "", 200)
	c.row("get-checkpoint", "/audit/checkpoint", "", 200, header("Accept", "application/json"))
	c.row("get-checkpoint", "/audit/checkpoint", "", 406, header("Accept", "image/png"))
	c.row("list-checkpoints", "/audit/checkpoints?limit=2", "", 200)
	c.row("get-proof", "/audit/proofs/1", "", 200)
	c.row("get-proof", "/audit/proofs/1?format=json", "", 200)
	c.row("get-proof", "/audit/proofs/1", "", 406, header("Accept", "image/png"))
	c.row("find-proof", "/audit/proofs?stream=tavolo-t&revision=1", "", 200)
	c.row("find-proof", "/audit/proofs?stream=tavolo-t", "", 406, header("Accept", "image/png"))
	c.row("find-proof", "/audit/proofs?stream=tavolo-t&revision=999", "", 404)
	c.row("get-consistency", "/audit/consistency?from=1", "", 200)
	c.row("get-consistency", "/audit/consistency?from=1&to=4", "", 404)
	c.row("get-ledger-keys", "/audit/keys", "", 200)
	c.row("rotate-ledger-key", "/audit/keys/rotation", `{"reason":"cambio"}`, 201)
	c.row("rotate-ledger-key", "/audit/keys/rotation", `{"reason":"cambio"}`, 200)
	l.broken.Store(true) // its keys are others
	c.row("rotate-ledger-key", "/audit/keys/rotation", `{"reason":"cambio"}`, 409)
	l.broken.Store(false)
	c.row("ledger-checkpoint", "/audit/log/checkpoint", "", 200)
	c.row("ledger-keys", "/audit/log/keys", "", 200)
	c.row("ledger-checkpoint-of-size", "/audit/log/checkpoints/2", "", 200)
	for i, tail := range []string{"000", "000/001", "x000/000.p/7"} {
		n := strconv.Itoa(i + 1)
		c.row("ledger-tile-"+n, "/audit/log/tile/0/"+tail, "", 200)
		c.row("ledger-entries-"+n, "/audit/log/tile/entries/"+tail, "", 200)
	}
}

func TestLedgerAnswers(t *testing.T) {
	r := newRegister(t)
	text := r.get("/audit/checkpoint", nobody).is(200, "")
	if !strings.HasPrefix(string(text.Body), "tavoli.x/registro\n3\n") || text.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("got %s %q", text.Header.Get("Content-Type"), text.Body)
	}
	if a := r.get("/audit/checkpoint", header("Accept", "application/json")); a.field("size") != "3" || a.field("checkpoint") != string(text.Body) {
		t.Errorf("got %s", a.Body)
	}
	page := r.get("/audit/checkpoints?limit=2").is(200, "")
	if page.field("items", "0", "size") != "3" || page.field("next_cursor") != "2" {
		t.Errorf("got %s", page.Body)
	}
	if rest := r.get("/audit/checkpoints?limit=2&cursor=2").is(200, ""); rest.field("items", "0", "size") != "1" || rest.field("next_cursor") != "" {
		t.Errorf("got %s", rest.Body)
	}
	if a := r.get("/status", nobody); a.field("ledger", "size") != "3" || a.field("ledger", "consistent") != "true" {
		t.Errorf("got %s", a.Body)
	}
	for path, public := range map[string]string{"/audit/log/tile/0/000.p/7": "public", "/audit/log/tile/entries/000": "private", "/audit/log/checkpoints/2": "public"} {
		a := r.get(path).is(200, "")
		if got := a.Header.Get("Cache-Control"); got != public+", max-age=31536000, immutable" {
			t.Errorf("%s may be kept: %q", path, got)
		}
	}
	if a := r.get("/audit/log/tile/0/x001/000.p/7"); string(a.Body) != "tile/0/x001/000.p/7" {
		t.Errorf("got %s", a.Body)
	}
	if a := r.get("/audit/log/checkpoint"); a.Header.Get("Cache-Control") != "no-cache" || string(a.Body) != string(text.Body) {
		t.Errorf("got %q %s", a.Header.Get("Cache-Control"), a.Body)
	}
}

// TestLedgerRefusals asks for what is not there.
func TestLedgerRefusals(t *testing.T) {
	r := newRegister(t)
	for _, path := range []string{"0", "01", "-1", "x", "1.0"} {
		r.get("/audit/proofs/"+path).is(404, "no-such-path")
	}
	r.get("/audit/proofs/7").is(404, "no-fact")
	r.get("/audit/proofs").is(400, "")
	r.get("/audit/checkpoints?limit=101").is(400, "")
	r.get("/audit/proofs?stream=persona-00000000-0000-4000-8000-000000000000").is(404, "stream-not-found")
	for _, path := range []string{"02", "x", "-1", "0"} {
		r.get("/audit/log/checkpoints/"+path).is(404, "no-such-path")
	}
	r.get("/audit/log/checkpoints/9").is(404, "not-signed")
	r.get("/audit/log/tile/0/009").is(404, "no-such-tree")
	for _, query := range []string{"", "from=0", "from=2&to=1", "from=x", "from=-1", "from=1&to=99999999999999999999"} {
		r.get("/audit/consistency?"+query).is(400, "")
	}
	r.ask("POST", "/audit/keys/rotation", `{}`).is(201, "") // the first needs no reason
}

// TestWithoutALedger offers nothing of it.
func TestWithoutALedger(t *testing.T) {
	r := newRegister(t, func(s *web.Server) { s.Ledger = nil })
	r.get("/audit/checkpoint").is(501, "not-offered")
	r.ask("POST", "/audit/checkpoint", "").is(501, "not-offered")
	r.ask("POST", "/audit/keys/rotation", `{"reason":"x"}`).is(501, "not-offered")
	if a := r.get("/status").is(http.StatusOK, ""); a.field("ledger") != "" {
		t.Errorf("got %s", a.Body)
	}
}

// TestARotationIsDoneOnce repeats one with the same key.
func TestARotationIsDoneOnce(t *testing.T) {
	r := newRegister(t)
	first := r.ask("POST", "/audit/keys/rotation", `{"reason":"cambio"}`, key("k")).is(201, "")
	again := r.ask("POST", "/audit/keys/rotation", `{"reason":"cambio"}`, key("k"))
	if string(first.Body) != string(again.Body) || first.field("number") != "1" {
		t.Errorf("%s, then %s", first.Body, again.Body)
	}
	r.ask("POST", "/audit/keys/rotation", `{"reason":"altro"}`, key("k")).is(409, "idempotency-key-reused")
}
