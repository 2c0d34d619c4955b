package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"tavoli/domain"
)

// Options of a [Signer].
type Options struct {
	Dir    string // where checkpoints are kept, a file each; it is made if there is none
	Secret Secret
	Now    func() time.Time
	Log    *slog.Logger  // nil: nobody hears of alarms
	Every  time.Duration // after how long what has grown is signed; 0: a day

	// Lag is how far behind the log may be read: facts that were signed and are not
	// there are waited for so long before they count as missing. 0: not at all.
	Lag time.Duration
}

// ErrNoKey says that the log has introduced no key yet.
var ErrNoKey = &domain.Error{Kind: domain.Refused, Code: "ledger-no-key", Text: "the register has no key yet that signs it"}

// A Signer signs what a ledger adds up to and keeps what it has signed. It never
// hands out a checkpoint that is not on disk, and signs none that does not extend
// the newest one it has: then it sounds the alarm, once, and signs nothing more
// until it is made anew. It is safe for concurrent use. Several signers of the same
// facts give the same bytes for the same size.
type Signer struct {
	ledger *Ledger
	o      Options
	files  files

	mu     sync.Mutex // held by the one who signs
	newest atomic.Pointer[Checkpoint]
	fault  atomic.Pointer[error]
	audit  atomic.Pointer[time.Time] // when everything was read again
}

// NewSigner returns what signs a ledger. A newest checkpoint that cannot be read is
// an alarm, not an error.
func NewSigner(l *Ledger, o Options) (*Signer, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Every == 0 {
		o.Every = 24 * time.Hour
	}
	s := &Signer{ledger: l, o: o, files: files(o.Dir)}
	sizes, err := s.files.open()
	if err != nil || len(sizes) == 0 {
		return s, err
	}
	c, err := s.files.read(sizes[len(sizes)-1])
	if err != nil {
		_ = s.alarm(fmt.Errorf("%w: %w", ErrInconsistent, err)) // it is kept
		return s, nil
	}
	s.newest.Store(&c)
	return s, nil
}

// Origin returns the name under which checkpoints are signed.
func (s *Signer) Origin() string { return s.o.Secret.Origin() }

// Fault returns why nothing more is signed, or nil.
func (s *Signer) Fault() error {
	if err := s.fault.Load(); err != nil {
		return *err
	}
	return nil
}

// alarm ends all signing.
func (s *Signer) alarm(err error) error {
	if s.fault.CompareAndSwap(nil, &err) {
		s.o.Log.Error("the ledger is inconsistent; nothing more is signed, the register goes on being read", "error", err)
	}
	return err
}

// Report sounds the alarm if an error tells that the log was changed, and returns
// the error.
func (s *Signer) Report(err error) error {
	if IsMismatch(err) {
		return s.alarm(err)
	}
	return err
}

// Latest returns the newest checkpoint, and [ErrUnsigned] if there is none.
func (s *Signer) Latest() (Checkpoint, error) {
	if c := s.newest.Load(); c != nil {
		return *c, nil
	}
	return Checkpoint{}, ErrUnsigned
}

// Checkpoint returns the checkpoint that was signed of a size, and [ErrUnsigned] if
// none was.
func (s *Signer) Checkpoint(size int64) (Checkpoint, error) { return s.files.read(size) }

// Sizes returns of which sizes checkpoints were signed, in order.
func (s *Signer) Sizes() ([]int64, error) { return s.files.sizes() }

// Below returns some checkpoints of less than a size, the largest first.
func (s *Signer) Below(size int64, most int) (list []Checkpoint, err error) {
	sizes, err := s.files.sizes()
	if err != nil {
		return nil, err
	}
	end, _ := slices.BinarySearch(sizes, size)
	for _, n := range slices.Backward(sizes[:end]) {
		if len(list) == most {
			break
		}
		c, err := s.files.read(n)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// Sign signs all that the log holds now. If nothing was added since the newest
// checkpoint, that one is returned.
func (s *Signer) Sign(ctx context.Context) (Checkpoint, error) {
	size, err := s.catchUp(ctx)
	if err != nil {
		return Checkpoint{}, err
	}
	if last := s.newest.Load(); last != nil && last.Size > size { // read late, or there is reason for alarm
		size = last.Size
	}
	return s.sign(ctx, size)
}

// SignAt signs the first so many facts of the log. It is for those who need a
// checkpoint of exactly that size; the same size gives the same bytes.
func (s *Signer) SignAt(ctx context.Context, size int64) (Checkpoint, error) {
	if _, err := s.catchUp(ctx); err != nil {
		return Checkpoint{}, err
	}
	return s.sign(ctx, size)
}

// catchUp waits until the ledger has seen what the log holds, and returns how many
// facts that are.
func (s *Signer) catchUp(ctx context.Context) (int64, error) {
	head, err := s.ledger.log.Head(ctx)
	if err != nil {
		return 0, err
	}
	if err := s.ledger.Wait(ctx, head); err != nil {
		return 0, err
	}
	size, _ := s.ledger.Size()
	return size, nil
}

// sign signs a size that the ledger has reached.
func (s *Signer) sign(ctx context.Context, size int64) (Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.Fault(); err != nil {
		return Checkpoint{}, err
	}
	if size < 1 {
		return Checkpoint{}, ErrNoSize
	}
	if err := s.extends(ctx); err != nil {
		return Checkpoint{}, err
	}
	kept, err := s.files.read(size)
	if err == nil {
		return kept, s.genuine(ctx, kept)
	}
	if !errors.Is(err, ErrUnsigned) {
		return Checkpoint{}, s.alarm(fmt.Errorf("%w: %w", ErrInconsistent, err))
	}
	c, err := s.make(ctx, size)
	if err != nil {
		return Checkpoint{}, err
	}
	c.SignedAt = s.o.Now()
	if err := s.files.write(c); err != nil {
		return Checkpoint{}, err
	}
	if last := s.newest.Load(); last == nil || last.Size < size {
		s.newest.Store(&c)
	}
	return c, nil
}

// extends sounds the alarm unless the tree begins with what was signed last.
func (s *Signer) extends(ctx context.Context) error {
	if last := s.newest.Load(); last != nil {
		return s.genuine(ctx, *last)
	}
	return nil
}

// genuine sounds the alarm unless a checkpoint was signed by this installation and
// the tree begins with what it says.
func (s *Signer) genuine(ctx context.Context, c Checkpoint) error {
	size, err := s.reach(ctx, c.Size)
	if err != nil {
		return err
	}
	if c.Size > size {
		return s.alarm(fmt.Errorf("%w: %d facts were signed and only %d are there", ErrInconsistent, c.Size, size))
	}
	root, err := s.ledger.Root(c.Size)
	if err != nil {
		return err
	}
	if root != c.Root {
		return s.alarm(fmt.Errorf("%w: the first %d facts are not those that were signed", ErrInconsistent, c.Size))
	}
	vkeys, err := s.vkeys()
	if err != nil {
		return err
	}
	if _, err := OpenCheckpoint(c.Text, vkeys...); err != nil {
		return s.alarm(fmt.Errorf("%w: the checkpoint of %d was not signed by this register: %w", ErrInconsistent, c.Size, err))
	}
	return nil
}

// reach waits until there are so many leaves, if they may still come, and returns how
// many there are.
func (s *Signer) reach(ctx context.Context, size int64) (int64, error) {
	var late <-chan time.Time
	for {
		s.ledger.mu.RLock()
		have, changed := s.ledger.tree.size, s.ledger.changed
		s.ledger.mu.RUnlock()
		if have >= size || s.o.Lag == 0 {
			return have, nil
		}
		if late == nil {
			late = time.After(s.o.Lag)
		}
		select {
		case <-changed:
		case <-late:
			return have, nil
		case <-ctx.Done():
			return have, ctx.Err()
		}
	}
}

// vkeys returns the public keys that the log knows, if they are this installation's.
func (s *Signer) vkeys() ([]string, error) {
	keys := s.ledger.Keys()
	vkeys := make([]string, len(keys))
	for i, k := range keys {
		vkeys[i] = k.VKey
	}
	if len(vkeys) == 0 {
		return nil, ErrNoKey
	}
	return vkeys, s.o.Secret.Own(vkeys)
}

// make signs a size.
func (s *Signer) make(ctx context.Context, size int64) (c Checkpoint, err error) {
	c = Checkpoint{Origin: s.Origin(), Size: size}
	if c.Root, err = s.ledger.Root(size); err != nil {
		return c, err
	}
	signers, err := s.signers(ctx, size)
	if err != nil {
		return c, err
	}
	c.Text, err = note.Sign(&note.Note{Text: body(c.Origin, size, c.Root)}, signers...)
	return c, err
}

// signers returns who signs a size, the oldest key first.
func (s *Signer) signers(ctx context.Context, size int64) ([]note.Signer, error) {
	if _, err := s.vkeys(); err != nil {
		return nil, err
	}
	e, err := s.ledger.Entry(ctx, size-1)
	if err != nil {
		return nil, s.Report(err)
	}
	newest, err := e.Envelope()
	if err != nil {
		return nil, err
	}
	var list []note.Signer
	for _, k := range signing(s.ledger.Keys(), size, newest.RecordedAt) {
		one, err := s.o.Secret.signer(k.Number)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// Proof returns the proof that a leaf belongs to the newest checkpoint, and
// [ErrUnsigned] if that does not go as far.
func (s *Signer) Proof(index int64) (Proof, error) {
	c, err := s.Latest()
	if err == nil && index >= c.Size {
		err = ErrUnsigned
	}
	if err != nil {
		return Proof{}, err
	}
	hashes, err := s.ledger.ProveInclusion(index, c.Size)
	return Proof{index, hashes, c.Text}, err
}

// Verify reads the whole log again and compares it with the tree, and the tree with
// every checkpoint that was kept. What does not agree sounds the alarm.
func (s *Signer) Verify(ctx context.Context) error {
	if _, err := s.catchUp(ctx); err != nil {
		return err
	}
	if err := s.ledger.Verify(ctx); err != nil {
		return s.Report(err)
	}
	return s.Check(ctx)
}

// Check compares the tree with every checkpoint that was kept, once it has seen all
// that the log holds. What does not agree sounds the alarm.
func (s *Signer) Check(ctx context.Context) error {
	if _, err := s.catchUp(ctx); err != nil {
		return err
	}
	sizes, err := s.files.sizes()
	if err != nil {
		return err
	}
	for _, size := range sizes {
		c, err := s.files.read(size)
		if err != nil {
			return s.alarm(fmt.Errorf("%w: %w", ErrInconsistent, err))
		}
		if err := s.genuine(ctx, c); err != nil {
			return err
		}
	}
	return ctx.Err()
}
