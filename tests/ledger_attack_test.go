package tests_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/bolt"
	"tavoli/adapters/ledger"
	"tavoli/adapters/memory"
	"tavoli/domain"
	"tavoli/tests/storetest"
)

// These tests attack registers as they lie on disk: whoever does so knows the format,
// has the file in his hands and leaves a store with which nothing is wrong.

// attacks are changes to a log that its own checks do not find.
var attacks = map[string]func(*testing.T, []domain.Entry) []domain.Entry{
	"one byte of one payload changed": func(t *testing.T, list []domain.Entry) []domain.Entry {
		return altered(t, list, `"source":"desk"`, `"source":"dusk"`, 5)
	},
	"the last event removed": func(_ *testing.T, list []domain.Entry) []domain.Entry { return list[:len(list)-1] },
	"an event removed in the middle": func(t *testing.T, list []domain.Entry) []domain.Entry {
		i := find(t, list, "PresenceRecorded", 4)
		return slices.Delete(slices.Clone(list), i, i+1)
	},
	"two events swapped": func(t *testing.T, list []domain.Entry) []domain.Entry {
		list = slices.Clone(list)
		i, j := find(t, list, "PresenceRecorded", 2), find(t, list, "PresenceRecorded", 3)
		list[i], list[j] = list[j], list[i]
		return list
	},
	"a presence put in, dated back": func(t *testing.T, list []domain.Entry) []domain.Entry {
		i := find(t, list, "PresenceRecorded", 6)
		id := uuid.NewString()
		forged := append([]byte(`{"id":"`+id), list[i].Bytes[len(`{"id":"`)+len(id):]...)
		return slices.Insert(slices.Clone(list), i, domain.Entry{Bytes: forged})
	},
	"an effective time changed": func(t *testing.T, list []domain.Entry) []domain.Entry {
		return altered(t, list, `"effective_at":"2022-05-25T13:00:00.000000Z"`, `"effective_at":"2022-05-25T12:00:00.000000Z"`, 9)
	},
	"a time of recording changed": func(t *testing.T, list []domain.Entry) []domain.Entry {
		list = slices.Clone(list)
		rec, err := list[0].Envelope()
		if err != nil {
			t.Fatal(err)
		}
		from := rec.RecordedAt.Format("2006-01-02T15:04:05")
		to := rec.RecordedAt.Add(-time.Hour).Format("2006-01-02T15:04:05")
		return altered(t, list, `"recorded_at":"`+from, `"recorded_at":"`+to, 0)
	},
}

// TestAttacksSoundTheAlarm changes the log of a register that is not being served.
// At the next start the register finds it out by itself, signs nothing more, and
// goes on being read; and the auditor finds it out with the checkpoint he kept.
func TestAttacksSoundTheAlarm(t *testing.T) {
	t.Parallel()
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			dir, kept, list := begun(t)
			rewrite(t, dir, attack(t, list))
			b := openBook(t, dir)
			if c, err := b.signer.Sign(t.Context()); !errors.Is(err, ledger.ErrInconsistent) || b.signer.Fault() == nil {
				t.Errorf("it signs %q (%v)", c.Text, err)
			}
			if b.convinces(kept) {
				t.Error("the auditor is convinced")
			}
			if read := all(t, b.store); len(read) == 0 {
				t.Error("reading does not go on")
			}
			if _, err := b.store.Append(t.Context(), storetest.Fact("account-dopo", domain.NoStream, domain.AccountOpened{Account: "dopo", Label: "dopo"})); err != nil {
				t.Errorf("writing does not go on: %v", err)
			}
		})
	}
}

// TestTheProgramSoundsTheAlarm changes one byte of a register that the program has
// served, and serves it again: it tells, signs nothing, and answers as before. The
// auditor finds it out with the command line.
func TestTheProgramSoundsTheAlarm(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	for _, id := range []string{"prova-a", "prova-b"} {
		s.must("POST", "/tavoli", id, `{"id":"`+id+`","subject":"Prova","day":"2022-05-25","mode":"online"}`)
	}
	kept := filepath.Join(t.TempDir(), "kept")
	runs(t, "audit", "checkpoint", "--sign", "--data", data, "--out", kept)
	s.stop()
	store, err := bolt.Open(data, bolt.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	list := all(t, store)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	rewrite(t, data, altered(t, list, `"day":"2022-05-25"`, `"day":"2022-05-26"`, 1))
	if out := run(t, "audit", "consistency", "--data", data, "--from", kept); out.code != 5 || !strings.Contains(out.out, "something was changed") {
		t.Errorf("without a server: %d %s %s", out.code, out.out, out.errors)
	}
	if out := run(t, "check", "--data", data); out.code != 5 || !strings.Contains(out.out, "are not those that were signed") {
		t.Errorf("check without a server: %d %s %s", out.code, out.out, out.errors)
	}
	s = serve(t, data)
	if out := run(t, "check", "--data", data); out.code != 5 || !strings.Contains(out.out, "are not those that were signed") {
		t.Errorf("check with a server: %d %s %s", out.code, out.out, out.errors)
	}
	eventually(t, "the alarm is sounded", func() bool {
		return strings.Contains(s.must("GET", "/status", "", ""), `"consistent":false`)
	})
	if status, body, err := s.ask(t.Context(), "POST", "/audit/checkpoint", "", ""); err != nil || status != 409 || !strings.Contains(body, "ledger-inconsistent") {
		t.Errorf("signing: %d %s %v", status, body, err)
	}
	if figures := metrics(t, s); !strings.Contains(figures, "tavoli_ledger_inconsistent 1") {
		t.Error("the figures say nothing")
	}
	if out := run(t, "audit", "consistency", "--data", data, "--from", kept, "--json"); out.code != 5 || !strings.Contains(out.out, `"ok":false`) {
		t.Errorf("with a server: %d %s %s", out.code, out.out, out.errors)
	}
	s.must("POST", "/tavoli", "dopo", `{"id":"dopo","subject":"Dopo","day":"2022-05-25","mode":"online"}`)
	if body := s.must("GET", "/tavoli/prova-b", "", ""); !strings.Contains(body, "2022-05-26") {
		t.Errorf("reads do not go on: %s", body)
	}
	if log := s.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "the ledger is inconsistent") {
		t.Errorf("the log says nothing: %s", log)
	}
	s.stop()
}

// metrics returns the figures of a server.
func metrics(t *testing.T, s *server) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// convinces reports whether the register can show that it begins with what an
// auditor has kept, with any proof it can make.
func (b *book) convinces(kept ledger.Checkpoint) bool {
	b.t.Helper()
	size, _ := b.tree.Size()
	for to := kept.Size; to <= size; to++ {
		root, err := b.tree.Root(to)
		if err != nil {
			b.t.Fatal(err)
		}
		hashes, err := b.tree.ProveConsistency(kept.Size, to)
		if err != nil {
			b.t.Fatal(err)
		}
		if ledger.CheckConsistency(kept, ledger.Checkpoint{Origin: kept.Origin, Size: to, Root: root}, hashes) == nil {
			return true
		}
	}
	return false
}

// TestWhatWasNotAttackedConvinces keeps the tests above honest: a log written anew
// and unchanged, and one that has grown, are what they were.
func TestWhatWasNotAttackedConvinces(t *testing.T) {
	t.Parallel()
	dir, kept, list := begun(t)
	rewrite(t, dir, list)
	b := openBook(t, dir)
	if again := b.sign(); !bytes.Equal(again.Text, kept.Text) {
		t.Errorf("signed %q, then %q", kept.Text, again.Text)
	}
	if _, err := b.store.Append(t.Context(), storetest.Fact("account-dopo", domain.NoStream, domain.AccountOpened{Account: "dopo", Label: "dopo"})); err != nil {
		t.Fatal(err)
	}
	b.catchUp()
	if !b.convinces(kept) {
		t.Error("the auditor is not convinced")
	}
	if err := b.signer.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestEverythingRewrittenAndSignedAnew is the attack of whoever runs the register:
// he changes a fact, writes the whole log anew and signs it with the right key.
// Nothing inside shows it. Only the checkpoint that the auditor kept does.
func TestEverythingRewrittenAndSignedAnew(t *testing.T) {
	t.Parallel()
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			dir, kept, list := begun(t)
			rewrite(t, dir, attack(t, list))
			if err := os.RemoveAll(filepath.Join(dir, "ledger")); err != nil {
				t.Fatal(err)
			}
			b := openBook(t, dir)
			forged := b.sign()
			if _, err := ledger.OpenCheckpoint(forged.Text, ledgerKey(t)); err != nil {
				t.Errorf("the forged checkpoint is found out: %v", err)
			}
			if err := b.signer.Verify(t.Context()); err != nil || b.signer.Fault() != nil {
				t.Errorf("the forged register is found out: %v", err)
			}
			for i := range forged.Size {
				proof, err := b.signer.Proof(i)
				if err != nil {
					t.Fatal(err)
				}
				entry, err := b.tree.Entry(t.Context(), i)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := proof.Check(entry.Bytes, ledgerKey(t)); err != nil {
					t.Errorf("the forged fact %d is found out: %v", i, err)
				}
			}
			if b.convinces(kept) {
				t.Error("the auditor who kept a checkpoint is convinced")
			}
		})
	}
}

// TestAnOldBackupPutBack lacks what was signed since: an alarm, whether facts were
// added afterwards or not.
func TestAnOldBackupPutBack(t *testing.T) {
	t.Parallel()
	dir, _, _ := begun(t)
	b := openBook(t, dir)
	var backup bytes.Buffer
	store, ok := b.store.(*bolt.Store)
	if !ok {
		t.Fatal("the store is no file")
	}
	if err := store.Backup(t.Context(), &backup, nil); err != nil {
		t.Fatal(err)
	}
	added := func(b *book, n int) {
		id := domain.AccountID(fmt.Sprintf("dopo-%d", n))
		if _, err := b.store.Append(t.Context(), storetest.Fact(id.Stream(), domain.NoStream, domain.AccountOpened{Account: id, Label: "dopo"})); err != nil {
			t.Fatal(err)
		}
	}
	added(b, 1)
	b.catchUp()
	kept := b.sign()
	b.close()
	if err := os.Remove(filepath.Join(dir, "events.db")); err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Restore(t.Context(), &backup, dir); err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		b := openBook(t, dir)
		if _, err := b.signer.Sign(t.Context()); !errors.Is(err, ledger.ErrInconsistent) {
			t.Errorf("round %d: it signs (%v)", round, err)
		}
		added(b, 2+2*round)
		added(b, 3+2*round)
		b.catchUp()
		if b.convinces(kept) {
			t.Errorf("round %d: the auditor is convinced", round)
		}
		b.close()
	}
}

// switching is a store that can be made to read from another.
type switching struct {
	domain.Store
	now   *time.Time
	other atomic.Pointer[memory.Store]
}

// ReadAll implements [domain.Log].
func (s *switching) ReadAll(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	if other := s.other.Load(); other != nil {
		return other.ReadAll(ctx, after)
	}
	return s.Store.ReadAll(ctx, after)
}

// TestTheLogIsChangedUnderFoot puts another file in the place of the one that is
// being served, entry by entry: reading everything again finds it out.
func TestTheLogIsChangedUnderFoot(t *testing.T) {
	t.Parallel()
	_, _, list := begun(t)
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			under := &switching{now: new(time.Time)}
			under.Store = memory.New(func() time.Time { return *under.now })
			copyTo(t, under.Store, under.now, list)
			b := follow(t, under, t.TempDir())
			b.sign()
			other := memory.New(func() time.Time { return *under.now })
			copyTo(t, other, under.now, attack(t, list))
			under.other.Store(other)
			if err := b.signer.Verify(t.Context()); !errors.Is(err, ledger.ErrInconsistent) {
				t.Errorf("nothing is found: %v", err)
			}
			if _, err := b.signer.Sign(t.Context()); !errors.Is(err, ledger.ErrInconsistent) {
				t.Errorf("it signs: %v", err)
			}
		})
	}
}
