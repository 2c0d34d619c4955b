package tests_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/bolt"
	"tavoli/adapters/ledger"
	"tavoli/domain"
	"tavoli/tests/storetest"
)

// ledgerSecret is the secret of the installation under attack.
func ledgerSecret(purpose string) [32]byte { return sha256.Sum256([]byte("attacked/" + purpose)) }

// A book is a register on disk with its ledger.
type book struct {
	t      *testing.T
	dir    string
	store  domain.Store
	tree   *ledger.Ledger
	signer *ledger.Signer
	close  func()
}

// openBook opens a register in a folder and waits until its ledger has read it.
func openBook(t *testing.T, dir string) *book {
	t.Helper()
	store, err := bolt.Open(dir, bolt.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	b := follow(t, store, filepath.Join(dir, "ledger"))
	b.dir = dir
	stop := b.close
	b.close = func() {
		stop()
		if err := store.Close(); err != nil && !errors.Is(err, domain.ErrStoreClosed) {
			t.Error(err)
		}
	}
	return b
}

// follow lets a ledger follow a store.
func follow(t *testing.T, store domain.Store, checkpoints string) *book {
	t.Helper()
	b := &book{t: t, store: store, tree: ledger.New(store)}
	var err error
	if b.signer, err = ledger.NewSigner(b.tree, ledger.Options{Dir: checkpoints, Secret: ledgerSecret, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.tree.Follow(ctx) }()
	b.close = func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		ended <- nil
	}
	t.Cleanup(func() { b.close() })
	b.catchUp()
	return b
}

func (b *book) catchUp() {
	b.t.Helper()
	head, err := b.store.Head(b.t.Context())
	if err == nil {
		err = b.tree.Wait(b.t.Context(), head)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *book) sign() ledger.Checkpoint {
	b.t.Helper()
	c, err := b.signer.Sign(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// ledgerKey returns the public key of the installation under attack.
func ledgerKey(t *testing.T) string {
	t.Helper()
	vkey, err := ledger.Secret(ledgerSecret).VKey(1)
	if err != nil {
		t.Fatal(err)
	}
	return vkey
}

// history is a short register: a key, a tavolo, who was there, and personal values
// in between.
func history(t *testing.T) []domain.Batch {
	tavolo := domain.TavoloID("coopera-6")
	list := []domain.Batch{
		storetest.Fact(domain.LedgerStream, domain.NoStream, domain.LedgerKeyIntroduced{Number: 1, VKey: ledgerKey(t)}),
		storetest.Fact(tavolo.Stream(), domain.NoStream, domain.TavoloPlanned{Tavolo: tavolo, Subject: "Abitare", Schedule: domain.Schedule{Day: "2022-05-25"}, Mode: domain.Online}),
	}
	for n := range 12 {
		person := uuid.NewSHA1(uuid.Nil, []byte{byte(n)})
		list = append(list, storetest.Fact(domain.PersonaStream(person), domain.NoStream, domain.PersonDescribed{Person: person, Key: 1, Sealed: []byte("sealed")}),
			storetest.Fact(tavolo.Presenze(), domain.Revision(n-1), domain.PresenceRecorded{Tavolo: tavolo, Presence: person, Participant: person, Mode: domain.Online, Source: domain.FromDesk}))
	}
	return append(list, storetest.Fact(tavolo.Stream(), 0, domain.TavoloClosed{Tavolo: tavolo}))
}

// begun returns a register on disk with that history, closed, its newest checkpoint
// as an auditor took it away, and the entries.
func begun(t *testing.T) (dir string, kept ledger.Checkpoint, list []domain.Entry) {
	t.Helper()
	dir = t.TempDir()
	b := openBook(t, dir)
	for _, batch := range history(t) {
		if _, err := b.store.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	b.catchUp()
	kept, list = b.sign(), all(t, b.store)
	b.close()
	return dir, kept, list
}

// all reads every entry of a log.
func all(t *testing.T, log domain.Log) (list []domain.Entry) {
	t.Helper()
	for page, err := range log.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, page.Entries...)
	}
	return list
}

// rewrite makes the log of a folder anew out of entries, as one who knows the format
// does: every record has the right sum and follows the one before it. Revisions
// are counted again and times of recording kept, as far as they do not go back.
func rewrite(t *testing.T, dir string, list []domain.Entry) {
	t.Helper()
	for _, name := range []string{"events.db", "index.ckpt"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	var at time.Time
	store, err := bolt.Open(dir, bolt.Options{Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	copyTo(t, store, &at, list)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if findings, err := bolt.Check(t.Context(), dir, nil); err != nil || len(findings) > 0 {
		t.Fatalf("the store itself finds it out: %v %v", findings, err)
	}
}

// copyTo appends entries to an empty store whose clock is at.
func copyTo(t *testing.T, store domain.Store, at *time.Time, list []domain.Entry) {
	t.Helper()
	next := make(map[domain.Stream]domain.Revision)
	for _, e := range list {
		rec, err := e.Envelope()
		if err != nil {
			t.Fatal(err)
		}
		*at = rec.RecordedAt
		_, err = store.Append(t.Context(), domain.Batch{Stream: rec.Stream, After: next[rec.Stream] - 1, Events: []domain.Draft{{
			ID: rec.ID, Type: rec.Type, Schema: rec.Schema, EffectiveAt: rec.EffectiveAt, Actor: rec.Actor, Command: rec.Command,
			Correlation: rec.Correlation, Causation: rec.Causation, Request: rec.Request, Data: rec.Data,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		next[rec.Stream]++
	}
}

// find returns where the nth entry is that holds a text.
func find(t *testing.T, list []domain.Entry, text string, n int) int {
	t.Helper()
	for i, e := range list {
		if bytes.Contains(e.Bytes, []byte(text)) {
			if n == 0 {
				return i
			}
			n--
		}
	}
	t.Fatalf("no entry holds %q", text)
	return 0
}

// altered returns entries with one text in place of another in the nth that has it.
func altered(t *testing.T, list []domain.Entry, from, to string, n int) []domain.Entry {
	t.Helper()
	list = slices.Clone(list)
	i := find(t, list, from, n)
	list[i].Bytes = bytes.Replace(list[i].Bytes, []byte(from), []byte(to), 1)
	return list
}

// texts reads the files of a folder that are whole.
func texts(t *testing.T, dir string) map[string]string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, f := range list {
		if text, err := os.ReadFile(filepath.Join(dir, f.Name())); err == nil && !strings.HasPrefix(f.Name(), ".") {
			files[f.Name()] = string(text)
		}
	}
	return files
}
