package web

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"tavoli/domain"
)

// A Ledger is the tree over all facts, and what signs it. Whatever it lacks it
// answers with an error of [domain].
type Ledger interface {
	// State tells how it is doing. It is asked often, and by anybody.
	State() LedgerState

	// Wait returns when it has seen the entry at a position.
	Wait(ctx context.Context, at domain.Position) error

	Latest(ctx context.Context) (Checkpoint, error)
	Checkpoint(ctx context.Context, size int64) (Checkpoint, error)

	// Checkpoints returns some checkpoints of less than a size, the largest first.
	Checkpoints(ctx context.Context, below int64, most int) ([]Checkpoint, error)

	// Sign signs all there is. If nothing was added since, it returns the newest.
	Sign(ctx context.Context) (Checkpoint, error)

	// Prove proves that the fact at a position belongs to the newest checkpoint.
	Prove(ctx context.Context, at domain.Position) (LedgerProof, error)

	// Consistency proves that the tree of one size begins with that of another.
	Consistency(ctx context.Context, from, to int64) (LedgerConsistency, error)

	// Keys returns the public keys that were introduced, the first one first.
	Keys(ctx context.Context) ([]LedgerKey, error)

	// NextKey returns the key that the next rotation introduces.
	NextKey(ctx context.Context) (number int, vkey string, err error)

	// File returns a tile or a bundle of entries by its path: "tile/0/000.p/7".
	File(ctx context.Context, path string) ([]byte, error)
}

// LedgerState is how the ledger is doing.
type LedgerState struct {
	Size       int64  `json:"size" doc:"how many facts it has seen"`
	Root       string `json:"root" doc:"what they add up to: the first 16 characters"`
	Signed     int64  `json:"signed" doc:"how many facts the newest checkpoint is of"`
	Consistent bool   `json:"consistent" doc:"false if the register does not agree with what was signed: nothing more is signed"`
}

// Checkpoint is what so many facts add up to, signed.
type Checkpoint struct {
	Origin   string          `json:"origin" doc:"the name under which the register signs"`
	Size     int64           `json:"size" doc:"how many facts it is of"`
	Root     string          `json:"root" doc:"what they add up to, in base64"`
	Position domain.Position `json:"position,string" doc:"of the last of them in the log"`
	SignedAt time.Time       `json:"signed_at" doc:"when this node kept it"`
	Text     string          `json:"checkpoint" doc:"the signed note itself: what is handed out and kept"`
}

// Checkpoints is a page of checkpoints, the newest first.
type Checkpoints struct {
	Items      []Checkpoint `json:"items"`
	NextCursor string       `json:"next_cursor,omitempty"`
}

// LedgerProof proves that a fact belongs to what a checkpoint is of.
type LedgerProof struct {
	Position   domain.Position `json:"position,string"`
	Index      int64           `json:"index" doc:"which fact it is, counted from 0"`
	Size       int64           `json:"size" doc:"of the checkpoint"`
	Root       string          `json:"root" doc:"of the checkpoint, in base64"`
	Leaf       string          `json:"leaf" doc:"the hash of the entry, in base64"`
	Hashes     []string        `json:"hashes" doc:"what leads from the leaf to the root, in base64"`
	Entry      json.RawMessage `json:"entry" doc:"the stored document of the fact, byte for byte"`
	Checkpoint string          `json:"checkpoint"`
	Text       string          `json:"proof" doc:"the same as a file of its own: c2sp.org/tlog-proof@v1"`
}

// LedgerConsistency proves that nothing was changed between two sizes.
type LedgerConsistency struct {
	From     int64    `json:"from" doc:"the smaller size"`
	FromRoot string   `json:"from_root" doc:"in base64"`
	To       int64    `json:"to" doc:"the larger size"`
	ToRoot   string   `json:"to_root" doc:"in base64"`
	Hashes   []string `json:"hashes" doc:"the proof of RFC 6962, in base64"`
}

// LedgerKeys are the keys with which the register is signed.
type LedgerKeys struct {
	Origin string      `json:"origin"`
	Keys   []LedgerKey `json:"keys"`
}

// LedgerKey is a public key.
type LedgerKey struct {
	Number     int       `json:"number"`
	VKey       string    `json:"vkey" doc:"the key, as a verifier of signed notes takes it"`
	RecordedAt time.Time `json:"recorded_at" doc:"when it was introduced"`
}

// KeyRotated is what a rotation is answered with.
type KeyRotated struct {
	Written
	Number int    `json:"number"`
	VKey   string `json:"vkey"`
}

// asPlain is the media type of checkpoints and proofs.
var asPlain = []string{"text/plain; charset=utf-8"}

// offered returns an action that needs a ledger.
func (a action) offered() action {
	do := a.do
	a.do = func(c *call) error {
		if c.s.Ledger == nil {
			return &errNotOffered
		}
		return do(c)
	}
	return a
}

// noQuery refuses parameters where there are none.
func (c *call) noQuery() error { return c.query().unknown(c.route.query) }

func getCheckpoint() action {
	return action{
		answer: typeOf[Checkpoint](), media: map[string]string{"text/plain": "the signed note itself"}, query: []string{"format"}, tagged: true, statuses: []int{404, 406},
		do: func(c *call) error {
			form, err := c.form406("text/plain", "application/json")
			if err == nil {
				err = c.noQuery()
			}
			if err != nil {
				return err
			}
			kept, err := c.s.Ledger.Latest(c.ctx)
			if err != nil {
				return err
			}
			return c.checkpoint(kept, form)
		},
	}.offered()
}

// checkpoint answers with a checkpoint.
func (c *call) checkpoint(kept Checkpoint, form string) error {
	c.w.Header()["Cache-Control"] = noCache
	if form == "text/plain" {
		return c.show(asPlain, tagOf(-1, []byte(kept.Text)), []byte(kept.Text))
	}
	body := encode(kept)
	return c.show(asJSON, tagOf(-1, body), body)
}

func signCheckpoint() action {
	return action{answer: typeOf[Checkpoint](), statuses: []int{409}, do: func(c *call) error {
		kept, err := c.s.Ledger.Sign(c.ctx)
		if err != nil {
			return err
		}
		return c.json(kept)
	}}.offered()
}

func listCheckpoints() action {
	return action{answer: typeOf[Checkpoints](), query: []string{"limit", "cursor"}, tagged: true, do: func(c *call) error {
		q := c.query()
		most := cmp.Or(q.number("limit", 1, mostCheckpoints), mostCheckpoints)
		below := int64(q.number("cursor", 1, maxSize))
		if below == 0 {
			below = maxSize
		}
		if err := q.unknown(c.route.query); err != nil {
			return err
		}
		list, err := c.s.Ledger.Checkpoints(c.ctx, below, most+1)
		if err != nil {
			return err
		}
		page := Checkpoints{Items: list[:min(most, len(list))]}
		if len(list) > most {
			page.NextCursor = strconv.FormatInt(list[most-1].Size, 10)
		}
		return c.reveal(page)
	}}.offered()
}

// mostCheckpoints is how many are told at once: each is read from its file, for
// anybody who asks.
const mostCheckpoints = 100

// maxSize is more facts than any register has.
const maxSize = 1 << 50

func getProof() action {
	return proving([]string{"format"}, func(c *call) (domain.Position, error) {
		text := c.vars["position"]
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil || n == 0 || positionText(domain.Position(n)) != text {
			return 0, &errNoRoute
		}
		return domain.Position(n), c.noQuery()
	})
}

// findProof proves the fact at a revision of a stream.
func findProof() action {
	return proving([]string{"stream", "revision", "format"}, func(c *call) (domain.Position, error) {
		q := c.query()
		stream := domain.Stream(q.text("stream"))
		revision := domain.Revision(q.number("revision", 0, math.MaxInt32))
		q.that(stream != "", "stream", "is required")
		if err := q.unknown(c.route.query); err != nil {
			return 0, err
		}
		if !stream.Valid() || stream.Personal() {
			return 0, &errNoStream
		}
		for e, err := range c.s.Store.ReadStream(c.ctx, stream, revision) {
			return e.Position, err
		}
		return 0, &errNoStream
	})
}

// proving returns an action that proves the fact at a position.
func proving(params []string, position func(*call) (domain.Position, error)) action {
	return action{
		answer: typeOf[LedgerProof](), media: map[string]string{"text/plain": "a file of its own: c2sp.org/tlog-proof@v1"},
		query: params, tagged: true, statuses: []int{404, 406},
		do: func(c *call) error {
			form, err := c.form406("text/plain", "application/json")
			if err != nil {
				return err
			}
			at, err := position(c)
			if err != nil {
				return err
			}
			proof, err := c.prove(at)
			if err != nil {
				return err
			}
			if form == "text/plain" {
				return c.show(asPlain, tagOf(-1, []byte(proof.Text)), []byte(proof.Text))
			}
			return c.reveal(proof)
		},
	}.offered()
}

// prove proves the fact at a position, which it waits for if it is new.
func (c *call) prove(at domain.Position) (proof LedgerProof, err error) {
	head, err := c.s.Store.Head(c.ctx)
	if err != nil {
		return proof, err
	}
	if err := c.s.Ledger.Wait(c.ctx, min(at, head)); err != nil {
		return proof, err
	}
	return c.s.Ledger.Prove(c.ctx, at)
}

func getConsistency() action {
	return action{answer: typeOf[LedgerConsistency](), query: []string{"from", "to"}, tagged: true, statuses: []int{404}, do: func(c *call) error {
		q := c.query()
		from, to := int64(q.number("from", 1, maxSize)), int64(q.number("to", 1, maxSize))
		q.that(from > 0, "from", "is required")
		q.that(to == 0 || from <= to, "to", "must be at least from")
		if err := q.unknown(c.route.query); err != nil {
			return err
		}
		if to == 0 {
			newest, err := c.s.Ledger.Latest(c.ctx)
			if err != nil {
				return err
			}
			to = newest.Size
		}
		proof, err := c.s.Ledger.Consistency(c.ctx, from, to)
		if err != nil {
			return err
		}
		return c.reveal(proof)
	}}.offered()
}

func getLedgerKeys() action {
	return action{answer: typeOf[LedgerKeys](), tagged: true, do: func(c *call) error {
		keys, err := c.s.Ledger.Keys(c.ctx)
		if err != nil {
			return err
		}
		c.w.Header()["Cache-Control"] = noCache
		list := LedgerKeys{Keys: append([]LedgerKey{}, keys...)}
		if len(keys) > 0 {
			list.Origin = originOf(keys[0].VKey)
		}
		return c.reveal(list)
	}}.offered()
}

func rotateKey() action {
	return making[KeyRotated](command(
		func(d *doing, c *domain.IntroduceLedgerKey) (err error) {
			c.Number, c.VKey, err = d.s.Ledger.NextKey(d.ctx)
			return err
		},
		func(d *doing, c *domain.IntroduceLedgerKey) (any, string) {
			made := KeyRotated{d.written(), c.Number, c.VKey}
			for _, e := range d.result.Events {
				if k, ok := e.(domain.LedgerKeyIntroduced); ok {
					made.Number, made.VKey = k.Number, k.VKey
				}
			}
			return made, apiPath + "/audit/keys"
		})).offered()
}

// ledgerState returns how the ledger is doing, if there is one.
func (s *Server) ledgerState() *LedgerState {
	if s.Ledger == nil {
		return nil
	}
	state := s.Ledger.State()
	return &state
}

// immutable tells that what lies at an address never changes.
func (c *call) immutable(private bool) {
	who := "public"
	if private {
		who = "private"
	}
	c.w.Header().Set("Cache-Control", who+", max-age=31536000, immutable")
}

// sendTile answers with a file of the tree.
func (c *call) sendTile(path string, private bool) error {
	if err := c.noQuery(); err != nil {
		return err
	}
	data, err := c.s.Ledger.File(c.ctx, path)
	if err != nil {
		return err
	}
	c.immutable(private)
	h := c.w.Header()
	h["Content-Type"] = []string{"application/octet-stream"}
	c.send(http.StatusOK, data)
	return nil
}
