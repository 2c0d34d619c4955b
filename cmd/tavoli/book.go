package main

import (
	"context"
	"encoding/base64"
	"errors"
	"sync"
	"time"

	"tavoli/adapters/ledger"
	"tavoli/adapters/web"
	"tavoli/domain"
	"tavoli/projections"
)

// A book is the ledger of a register with what signs it, as the API asks for them.
// It reads the log when it is first asked, or when the register is served.
type book struct {
	*ledger.Ledger
	signer *ledger.Signer
	secret ledger.Secret
	exec   *domain.Executor
	log    domain.Log
	now    func() time.Time

	begin  func() // lets the ledger follow; to be called once
	once   sync.Once
	failed chan struct{} // closed when the ledger follows no longer
	fault  error         // why, once it is closed
	goal   domain.Position
	blind  error // why the goal is not known
	stop   context.CancelFunc
	runs   sync.WaitGroup
}

// replicaLag is how far a replica of a shared store may be behind what this node has
// signed before: read from one, the newest facts may seem to be missing.
const replicaLag = 30 * time.Second

// openBook opens the ledger of a register, whose keys must be those that sign it.
func (r *register) openBook(ctx context.Context) (*book, error) {
	l := ledger.New(r.store)
	options := ledger.Options{Dir: r.path(checkpointDir), Secret: r.keys.Secret, Now: r.now, Log: r.log}
	if r.store.shared {
		options.Lag = replicaLag
	}
	signer, err := ledger.NewSigner(l, options)
	if err != nil {
		return nil, err
	}
	b := &book{Ledger: l, signer: signer, secret: r.keys.Secret, exec: r.exec, log: r.store, now: r.now, failed: make(chan struct{})}
	keys, err := b.Keys(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.secret.Own(vkeysOf(keys)); err != nil {
		return nil, invalidInput("il portachiavi %[1]s non è quello con cui il registro è firmato: è di un'altra installazione; rimettere quello giusto · the register is signed with another keyring than this one: put the right one in its place: %[2]w", r.path(keysFile), err)
	}
	ctx, b.stop = context.WithCancel(context.WithoutCancel(ctx))
	b.begin = func() { b.follow(ctx) }
	return b, nil
}

// follow lets the ledger follow the log until the book is closed.
func (b *book) follow(ctx context.Context) {
	b.goal, b.blind = b.log.Head(ctx)
	b.runs.Go(func() {
		b.fault = b.Follow(ctx)
		close(b.failed)
	})
}

// start lets the ledger follow the log, if it does not yet.
func (b *book) start() { b.once.Do(b.begin) }

// keep lets the signer sign what is to be signed until ctx is done.
func (b *book) keep(ctx context.Context) {
	b.start()
	b.runs.Go(func() { b.signer.Run(ctx) })
}

// Close ends the following, and waits for a signing whose time is over.
func (b *book) Close() {
	b.stop()
	b.runs.Wait()
}

// ready returns when the ledger has seen what was in the log when it began.
func (b *book) ready(ctx context.Context) error {
	b.start()
	if b.blind != nil {
		return b.blind
	}
	return b.Wait(ctx, b.goal)
}

// Wait implements [web.Ledger].
func (b *book) Wait(ctx context.Context, at domain.Position) error {
	b.start()
	err := b.Ledger.Wait(ctx, at)
	if errors.Is(err, context.DeadlineExceeded) {
		return projections.ErrBehind
	}
	return err
}

// introduce makes the first key known, if none is.
func (b *book) introduce(ctx context.Context) error {
	keys, err := b.Keys(ctx)
	if err != nil || len(keys) > 0 {
		return err
	}
	vkey, err := b.secret.VKey(1)
	if err != nil {
		return err
	}
	_, err = domain.Execute(ctx, b.exec, domain.IntroduceLedgerKey{Number: 1, VKey: vkey},
		domain.Meta{At: b.now(), Actor: domain.ActorSystem, Command: domain.LedgerKeyCommand(vkey)})
	return err
}

// verify reads the log again and compares it with the tree, and the tree with what
// was signed.
func (b *book) verify(ctx context.Context) error {
	if err := b.ready(ctx); err != nil {
		return err
	}
	return b.signer.Verify(ctx)
}

// State implements [web.Ledger].
func (b *book) State() web.LedgerState {
	size, _ := b.Size()
	state := web.LedgerState{Size: size, Consistent: b.signer.Fault() == nil}
	if root, err := b.Root(size); err == nil && size > 0 {
		state.Root = base64.StdEncoding.EncodeToString(root[:])[:16]
	}
	if newest, err := b.signer.Latest(); err == nil {
		state.Signed = newest.Size
	}
	return state
}

// Keys implements [web.Ledger].
func (b *book) Keys(ctx context.Context) (keys []web.LedgerKey, err error) {
	for rec, err := range domain.Records(ctx, b.log, domain.LedgerStream) {
		if err != nil {
			return nil, err
		}
		if k, ok := rec.Event.(domain.LedgerKeyIntroduced); ok {
			keys = append(keys, web.LedgerKey{Number: k.Number, VKey: k.VKey, RecordedAt: rec.RecordedAt})
		}
	}
	return keys, nil
}

func vkeysOf(keys []web.LedgerKey) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.VKey
	}
	return list
}

// NextKey implements [web.Ledger].
func (b *book) NextKey(ctx context.Context) (number int, vkey string, err error) {
	keys, err := b.Keys(ctx)
	if err != nil {
		return 0, "", err
	}
	vkey, err = b.secret.VKey(len(keys) + 1)
	return len(keys) + 1, vkey, err
}

// Latest implements [web.Ledger].
func (b *book) Latest(ctx context.Context) (web.Checkpoint, error) {
	c, err := b.signer.Latest()
	return b.told(ctx, c, err)
}

// Checkpoint implements [web.Ledger].
func (b *book) Checkpoint(ctx context.Context, size int64) (web.Checkpoint, error) {
	c, err := b.signer.Checkpoint(size)
	return b.told(ctx, c, err)
}

// Checkpoints implements [web.Ledger].
func (b *book) Checkpoints(ctx context.Context, below int64, most int) ([]web.Checkpoint, error) {
	kept, err := b.signer.Below(below, most)
	if err != nil {
		return nil, err
	}
	list := make([]web.Checkpoint, len(kept))
	for i, c := range kept {
		if list[i], err = b.told(ctx, c, nil); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Sign implements [web.Ledger].
func (b *book) Sign(ctx context.Context) (web.Checkpoint, error) {
	err := b.introduce(ctx)
	if err == nil {
		err = b.ready(ctx)
	}
	if err != nil {
		return web.Checkpoint{}, err
	}
	c, err := b.signer.Sign(ctx)
	return b.told(ctx, c, err)
}

// told returns a checkpoint as the API tells it. One of more facts than there are,
// which is a reason for alarm, is told without a position.
func (b *book) told(ctx context.Context, c ledger.Checkpoint, err error) (web.Checkpoint, error) {
	if err == nil {
		err = b.ready(ctx)
	}
	if err != nil {
		return web.Checkpoint{}, err
	}
	at, err := b.Position(c.Size - 1)
	if err != nil && !errors.Is(err, ledger.ErrNoSize) {
		return web.Checkpoint{}, err
	}
	return web.Checkpoint{Origin: c.Origin, Size: c.Size, Root: hash64(c.Root), Position: at, SignedAt: domain.Truncate(c.SignedAt), Text: string(c.Text)}, nil
}

func hash64(h ledger.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }

func hashes64(list []ledger.Hash) []string {
	texts := make([]string, len(list))
	for i, h := range list {
		texts[i] = hash64(h)
	}
	return texts
}

// Prove implements [web.Ledger].
func (b *book) Prove(ctx context.Context, at domain.Position) (p web.LedgerProof, err error) {
	if err := b.ready(ctx); err != nil {
		return p, err
	}
	index, err := b.Index(at)
	if err != nil {
		return p, err
	}
	proof, err := b.signer.Proof(index)
	if err != nil {
		return p, err
	}
	entry, err := b.Entry(ctx, index)
	if err != nil {
		return p, b.signer.Report(err)
	}
	leaf, err := b.Leaf(index)
	if err != nil {
		return p, err
	}
	of, err := ledger.ParseCheckpoint(proof.Checkpoint)
	return web.LedgerProof{
		Position: at, Index: index, Size: of.Size, Root: hash64(of.Root), Leaf: hash64(leaf), Hashes: hashes64(proof.Hashes),
		Entry: entry.Bytes, Checkpoint: string(proof.Checkpoint), Text: string(proof.Text()),
	}, err
}

// Consistency implements [web.Ledger].
func (b *book) Consistency(ctx context.Context, from, to int64) (p web.LedgerConsistency, err error) {
	if err := b.ready(ctx); err != nil {
		return p, err
	}
	hashes, err := b.ProveConsistency(from, to)
	if err != nil {
		return p, err
	}
	first, err := b.Root(from)
	if err != nil {
		return p, err
	}
	second, err := b.Root(to)
	return web.LedgerConsistency{From: from, FromRoot: hash64(first), To: to, ToRoot: hash64(second), Hashes: hashes64(hashes)}, err
}

// File implements [web.Ledger].
func (b *book) File(ctx context.Context, path string) ([]byte, error) {
	id, ok := ledger.ParseTilePath(path)
	if !ok {
		return nil, ledger.ErrNoSize
	}
	if err := b.ready(ctx); err != nil {
		return nil, err
	}
	data, err := b.Ledger.File(ctx, id)
	return data, b.signer.Report(err)
}
