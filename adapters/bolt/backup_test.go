package bolt_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"tavoli/adapters/bolt"
	"tavoli/domain"
)

// TestBackupWhileServing backs up a store that is written meanwhile, and restores
// it: the entries up to one moment, under the next epoch.
func TestBackupWhileServing(t *testing.T) {
	s := open(t, t.TempDir(), bolt.Options{})
	extend(t, s, 0, 50, streams(8)...)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				extend(t, s, i, 1, "tavolo-meanwhile")
			}
		}
	})
	var backup bytes.Buffer
	var done, total int64
	err := s.Backup(t.Context(), &backup, func(d, t int64) { done, total = d, t })
	close(stop)
	wg.Wait()
	if err != nil || done == 0 || done != total {
		t.Fatalf("backup: %d of %d, %v", done, total, err)
	}
	entries := mustAll(t, s)
	for range 3 { // each restore is made of the same backup
		dir := filepath.Join(t.TempDir(), "restored")
		id, err := bolt.Restore(t.Context(), bytes.NewReader(backup.Bytes()), dir)
		if err != nil {
			t.Fatal(err)
		}
		restored := open(t, dir, bolt.Options{})
		if want := (domain.Identity{ID: s.Identity().ID, Epoch: 2}); id != want || restored.Identity() != want {
			t.Errorf("identity %s, %s, want %s", id, restored.Identity(), want)
		}
		list := mustAll(t, restored)
		if len(list) < 400 || !equal(list, entries[:len(list)]) {
			t.Errorf("%d entries, which are not the first of %d", len(list), len(entries))
		}
		extend(t, restored, 50, 1, streams(8)...)
		restored.Close()
		wantClean(t, dir)
	}
}

// TestRestoreRefuses gives damaged backups, and places that are taken.
func TestRestoreRefuses(t *testing.T) {
	s := open(t, t.TempDir(), bolt.Options{})
	extend(t, s, 0, 20, streams(8)...)
	var out bytes.Buffer
	if err := s.Backup(t.Context(), &out, nil); err != nil {
		t.Fatal(err)
	}
	backup := out.Bytes()
	flip := func(at int) []byte {
		b := bytes.Clone(backup)
		b[at] ^= 1
		return b
	}
	for name, data := range map[string][]byte{
		"empty": nil, "header only": backup[:40], "half": backup[:len(backup)/2], "without its end": backup[:len(backup)-1],
		"without the sum": backup[:len(backup)-32], "with more": append(bytes.Clone(backup), 0), "no backup": bytes.Repeat([]byte("x"), 9999),
		"flipped in the header": flip(20), "flipped in the size": flip(41), "flipped inside": flip(len(backup) / 2), "flipped in the sum": flip(len(backup) - 3),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := bolt.Restore(t.Context(), bytes.NewReader(data), dir)
			wantCode(t, err, bolt.ErrBackupDamaged)
			if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
				t.Errorf("it leaves %v, %v", files, err)
			}
		})
	}
	taken := t.TempDir()
	open(t, taken, bolt.Options{}).Close()
	before, err := os.ReadFile(filepath.Join(taken, "events.db"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = bolt.Restore(t.Context(), bytes.NewReader(backup), taken)
	wantCode(t, err, bolt.ErrStoreExists)
	if after, err := os.ReadFile(filepath.Join(taken, "events.db")); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the store that was there has changed, %v", err)
	}
}
