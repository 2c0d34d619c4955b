package tests_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/adapters/esdb"
	"tavoli/adapters/ledger"
	"tavoli/adapters/memory"
	"tavoli/domain"
	"tavoli/tests/esdbtest"
	"tavoli/tests/storetest"
)

// TestTheSameTreeEverywhere writes the same entries to every store, and reads them
// in pages of other sizes: the roots of all sizes are the same.
func TestTheSameTreeEverywhere(t *testing.T) {
	t.Parallel()
	_, _, list := begun(t)
	var at time.Time
	clock := func() time.Time { return at }
	log, err := esdbtest.NewLog("")
	if err != nil {
		t.Fatal(err)
	}
	server, err := esdbtest.Start(log, esdbtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	far, err := esdb.Open(t.Context(), server.URL(), esdb.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	file, err := bolt.Open(t.TempDir(), bolt.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	var want []ledger.Hash
	for name, store := range map[string]domain.Store{"memory": memory.New(clock), "bolt": file, "esdb": far} {
		copyTo(t, store, &at, list)
		for _, size := range []int{0, 1, 2, 7} {
			got := roots(follow(t, paged{store, size}, t.TempDir()))
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s in pages of %d: other roots", name, size)
			}
		}
	}
	if len(want) != 15 {
		t.Errorf("%d facts", len(want))
	}
}

// roots returns the roots of all sizes.
func roots(b *book) (list []ledger.Hash) {
	b.t.Helper()
	size, _ := b.tree.Size()
	for n := int64(1); n <= size; n++ {
		root, err := b.tree.Root(n)
		if err != nil {
			b.t.Fatal(err)
		}
		list = append(list, root)
	}
	return list
}

// paged is a store that is followed in pages of a size; 0: as they come.
type paged struct {
	domain.Store
	size int
}

// Follow implements [domain.Log].
func (p paged) Follow(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	if p.size == 0 {
		return p.Store.Follow(ctx, after)
	}
	return func(yield func(domain.Page, error) bool) {
		for page, err := range p.Store.Follow(ctx, after) {
			if err != nil {
				yield(page, err)
				return
			}
			for part := range slices.Chunk(page.Entries, p.size) {
				if !yield(domain.Page{Entries: part, UpTo: part[len(part)-1].Position}, nil) {
					return
				}
			}
			if !yield(domain.Page{UpTo: page.UpTo}, nil) {
				return
			}
		}
	}
}

// TestForgettingLeavesTheTree erases every person of a register on disk: roots,
// checkpoints and proofs are what they were.
func TestForgettingLeavesTheTree(t *testing.T) {
	t.Parallel()
	dir, kept, list := begun(t)
	b := openBook(t, dir)
	forgotten := 0
	for _, e := range list {
		rec, err := e.Envelope()
		if err != nil {
			t.Fatal(err)
		}
		if rec.Stream.Personal() {
			if err := b.store.Forget(t.Context(), rec.Stream); err != nil {
				t.Fatal(err)
			}
			forgotten++
		}
	}
	if forgotten != 12 {
		t.Errorf("%d persons were forgotten", forgotten)
	}
	if err := b.signer.Verify(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	b.close()
	b = openBook(t, dir)
	if again := b.sign(); !bytes.Equal(again.Text, kept.Text) {
		t.Errorf("signed %q, and afterwards %q", kept.Text, again.Text)
	}
	if err := b.signer.Verify(t.Context()); err != nil {
		t.Errorf("after another start: %v", err)
	}
}

// TestTwoNodesWriteAndSign lets two nodes on one log write and sign at the same
// time: each size is signed with the same bytes by both.
func TestTwoNodesWriteAndSign(t *testing.T) {
	t.Parallel()
	log, err := esdbtest.NewLog("")
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := esdbtest.StartCluster(log, 2, esdbtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var books []*book
	for _, n := range nodes {
		t.Cleanup(n.Stop)
		store, err := esdb.Open(t.Context(), n.URL(), esdb.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		if _, err := domain.Execute(t.Context(), &domain.Executor{Store: store}, domain.IntroduceLedgerKey{Number: 1, VKey: ledgerKey(t)},
			domain.Meta{At: time.Now(), Actor: domain.ActorSystem, Command: domain.LedgerKeyCommand(ledgerKey(t))}); err != nil {
			t.Fatal(err)
		}
		books = append(books, follow(t, store, t.TempDir()))
	}
	done := make(chan error)
	for i, b := range books {
		go func() { done <- b.busy(i) }()
	}
	for range books {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	books[0].agrees(books[1])
	if keys := books[0].tree.Keys(); len(keys) != 1 {
		t.Errorf("the first key was introduced %d times", len(keys))
	}
}

// busy writes facts and signs after each.
func (b *book) busy(node int) error {
	for n := range 20 {
		id := domain.AccountID(fmt.Sprintf("nodo-%d-%d", node, n))
		if _, err := b.store.Append(b.t.Context(), storetest.Fact(id.Stream(), domain.NoStream, domain.AccountOpened{Account: id, Label: "x"})); err != nil {
			return err
		}
		if _, err := b.signer.Sign(b.t.Context()); err != nil {
			return err
		}
	}
	return nil
}

// agrees fails the test unless two nodes have, or would have, signed the same.
func (b *book) agrees(other *book) {
	b.t.Helper()
	for _, pair := range [][2]*book{{b, other}, {other, b}} {
		sizes, err := pair[0].signer.Sizes()
		if err != nil {
			b.t.Fatal(err)
		}
		for _, size := range sizes {
			mine, err := pair[0].signer.Checkpoint(size)
			if err != nil {
				b.t.Fatal(err)
			}
			theirs, err := pair[1].signer.SignAt(b.t.Context(), size)
			if err != nil || !bytes.Equal(mine.Text, theirs.Text) {
				b.t.Errorf("size %d: %q and %q (%v)", size, mine.Text, theirs.Text, err)
			}
		}
	}
}

// TestKilledBetweenClosingAndCheckpoint kills the program right after a tavolo was
// closed. The next start signs the closing; nothing that was signed before is lost.
func TestKilledBetweenClosingAndCheckpoint(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	checkpoints := filepath.Join(data, "ledger", "checkpoints")
	before := make(map[string]string)
	for round := range 6 {
		s := serve(t, data)
		id := fmt.Sprintf("prova-%d", round)
		s.must("POST", "/tavoli", "plan"+id, `{"id":"`+id+`","subject":"Prova","day":"2022-05-25","mode":"online"}`)
		s.must("POST", "/tavoli/"+id+"/convocation", "convene"+id, `{"protocol":"1"}`)
		s.must("POST", "/tavoli/"+id+"/opening", "open"+id, `{}`)
		s.must("POST", "/tavoli/"+id+"/closing", "close"+id, `{}`)
		if round%2 == 1 { // as soon as something of a checkpoint is there
			eventually(t, "something is signed", func() bool {
				list, err := os.ReadDir(checkpoints)
				return err == nil && len(list) > len(before)
			})
		}
		s.kill()
		for name, text := range texts(t, checkpoints) {
			if was, ok := before[name]; ok && was != text {
				t.Errorf("%s was signed otherwise before", name)
			}
			before[name] = text
		}
	}
	s := serve(t, data)
	eventually(t, "the last closing is signed", func() bool {
		out := run(t, "audit", "proof", "--data", data, "--stream", "tavolo-prova-5", "--revision", "3")
		return out.code == 0
	})
	for name, text := range before {
		if now := texts(t, checkpoints)[name]; now != text {
			t.Errorf("%s is lost or changed", name)
		}
		kept := filepath.Join(t.TempDir(), name)
		write(t, kept, text)
		if out := runs(t, "audit", "consistency", "--data", data, "--from", kept); !strings.Contains(out, "all is well") {
			t.Errorf("%s: %s", name, out)
		}
	}
	s.stop()
	if left, _ := filepath.Glob(filepath.Join(checkpoints, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
