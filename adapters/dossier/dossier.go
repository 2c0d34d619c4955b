package dossier

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A Ledger is the tree over all facts, as far as a dossier needs it.
type Ledger interface {
	Origin() string

	// Wait returns when the ledger has seen the entry at a position.
	Wait(ctx context.Context, at domain.Position) error

	// SizeAt returns how many facts stand up to a position, that one included.
	SizeAt(at domain.Position) int64

	Root(size int64) ([32]byte, error)

	// Entries reads facts out of the log, each proven to be the one in the tree.
	Entries(ctx context.Context, from, to int64) iter.Seq2[domain.Entry, error]

	Tile(level int, n int64, width int) ([]byte, error)
	ProveInclusion(index, size int64) ([][32]byte, error)

	// Signed returns the signed checkpoint of a size, and signs it if nobody did.
	Signed(ctx context.Context, size int64) ([]byte, error)

	// VKeys returns the public keys that the first so many facts introduce.
	VKeys(size int64) []string
}

// Files keeps documents by the SHA-256 of their content.
type Files interface {
	Open(sha string) (io.ReadSeekCloser, error)
}

// A Maker makes dossiers. It is safe for concurrent use; one is made at a time.
type Maker struct {
	Ledger Ledger
	Vault  domain.Vault
	Files  Files  // nil: there are no documents
	Dir    string // where dossiers are put together; what was left there is removed

	// AsOf returns what the register showed at other moments.
	AsOf func(ctx context.Context, when projections.Moments, scope projections.Scope) (*projections.Models, domain.Position, error)

	busy chan struct{}
}

// New completes a maker and clears away what an interrupted one left behind.
func New(m Maker) (*Maker, error) {
	if err := os.MkdirAll(m.Dir, 0o700); err != nil {
		return nil, err
	}
	left, err := filepath.Glob(filepath.Join(m.Dir, "*.part"))
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	m.busy = make(chan struct{}, 1)
	return &m, err
}

// A Request says what a dossier is to hold.
type Request struct {
	Scope       domain.DossierScope
	Entries     domain.DossierEntries
	Disclosures domain.DossierNames
	Purpose     string
	Position    domain.Position // up to which facts count
}

// A Made is a dossier. Closing it removes it.
type Made struct {
	*os.File
	Manifest
	Length int64
	SHA256 string
	Tavoli []domain.TavoloID // whose registers are inside
}

// A Progress is told how far the making has come.
type Progress func(done, all int64)

// ErrEmpty says that the scope holds no tavolo.
var ErrEmpty = &domain.Error{Kind: domain.NotFound, Code: "dossier-empty", Text: "there is no tavolo in that scope at that position"}

// Tavoli returns the tavoli that a dossier would be about.
func (m *Maker) Tavoli(ctx context.Context, r Request) ([]domain.TavoloID, error) {
	models, err := m.models(ctx, r)
	if err != nil {
		return nil, err
	}
	tavoli, err := tavoliOf(models, r.Scope)
	ids := make([]domain.TavoloID, len(tavoli))
	for i, t := range tavoli {
		ids[i] = t.ID
	}
	return ids, err
}

func (m *Maker) models(ctx context.Context, r Request) (*projections.Models, error) {
	scope := projections.ScopeAll()
	if r.Scope.Kind == domain.DossierOfTavolo {
		scope = projections.ScopeTavolo(domain.TavoloID(r.Scope.ID))
	}
	models, _, err := m.AsOf(ctx, projections.Moments{KnownPosition: r.Position}, scope)
	return models, err
}

// Make makes a dossier. Whoever asked for it must have been recorded to see what it
// shows.
func (m *Maker) Make(ctx context.Context, r Request, progress Progress) (_ *Made, err error) {
	select {
	case m.busy <- struct{}{}:
		defer func() { <-m.busy }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	w := &work{Maker: m, Request: r, ctx: ctx, progress: progress, shown: make(map[domain.PersonID]map[string]domain.Disclosure)}
	if w.pack, err = newPack(m.Dir); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.pack.Close()) }()
	for _, step := range []func() error{w.look, w.sign, w.tiles, w.entries, w.registers, w.documents, w.names, w.proofs, w.index} {
		if err := step(); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return w.finish()
}

// A work is a dossier under way.
type work struct {
	*Maker
	Request
	ctx      context.Context
	progress Progress
	pack     *pack

	models  *projections.Models
	tavoli  []projections.Tavolo
	streams map[domain.Stream]bool // whose entries are inside; nil: all
	size    int64
	root    string
	signed  []byte // the checkpoint
	until   time.Time
	counted []span  // which entries are inside, if not all
	came    []int64 // facts of presences, by index
	absent  []string
	shown   map[domain.PersonID]map[string]domain.Disclosure
	rows    map[domain.TavoloID][]projections.RosterLine
	present map[domain.TavoloID]int
	part    map[domain.PersonID]bool // who is in a register
}

// look reads what the register shows at the position.
func (w *work) look() (err error) {
	if err := w.Ledger.Wait(w.ctx, w.Position); err != nil {
		return err
	}
	if w.models, err = w.Maker.models(w.ctx, w.Request); err != nil {
		return err
	}
	if w.tavoli, err = tavoliOf(w.models, w.Scope); err != nil {
		return err
	}
	w.rows, w.present, w.part = make(map[domain.TavoloID][]projections.RosterLine), make(map[domain.TavoloID]int), make(map[domain.PersonID]bool)
	for _, t := range w.tavoli {
		if err := w.read(t.ID); err != nil {
			return err
		}
	}
	if w.Entries == domain.ScopeEntries && w.Scope.Kind != domain.DossierOfRegister {
		w.streams = w.scoped()
	}
	return nil
}

// sign adds the checkpoint of exactly this size, with the keys.
func (w *work) sign() (err error) {
	w.size = w.Ledger.SizeAt(w.Position)
	if w.signed, err = w.Ledger.Signed(w.ctx, w.size); err != nil {
		return err
	}
	root, err := w.Ledger.Root(w.size)
	if err != nil {
		return err
	}
	w.root = base64.StdEncoding.EncodeToString(root[:])
	keys := strings.Join(append(w.Ledger.VKeys(w.size), ""), "\n")
	return errors.Join(w.pack.text("checkpoint", string(w.signed)), w.pack.text("keys", keys))
}

// finish puts the files together.
func (w *work) finish() (*Made, error) {
	m := Manifest{
		Format: Format, Origin: w.Ledger.Origin(), Scope: w.Scope, Position: w.Position, Size: w.size, Root: w.root,
		RecordedUntil: w.until, Entries: w.Entries, Disclosures: w.Disclosures, Purpose: w.Purpose, Absent: w.absent,
	}
	made, err := w.pack.finish(m, w.until)
	if err != nil {
		return nil, err
	}
	for _, t := range w.tavoli {
		made.Tavoli = append(made.Tavoli, t.ID)
	}
	return made, nil
}
