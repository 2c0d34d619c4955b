package bolt_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tavoli/adapters/bolt"
	"tavoli/domain"
)

// TestCheckpointLost damages, removes and exchanges index.ckpt.
func TestCheckpointLost(t *testing.T) {
	dir, entries := written(t)
	other, _ := written(t)
	foreign, err := os.ReadFile(filepath.Join(other, "index.ckpt"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(filepath.Join(dir, "index.ckpt"))
	if err != nil {
		t.Fatal(err)
	}
	flip := bytes.Clone(own)
	flip[len(flip)/2] ^= 1
	for name, data := range map[string][]byte{
		"lost": nil, "empty": {}, "cut": own[:len(own)/2], "flipped": flip, "of another store": foreign, "longer": append(bytes.Clone(own), 0),
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyStore(t, dir)
			path := filepath.Join(dir, "index.ckpt")
			if os.Remove(path); data != nil {
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
				if found, err := bolt.Check(t.Context(), dir, nil); err != nil || len(found) != 1 || !strings.HasPrefix(found[0].What, "index.ckpt") {
					t.Errorf("check: %v, %v", found, err)
				}
			}
			s := open(t, dir, bolt.Options{})
			if !equal(mustAll(t, s), entries) {
				t.Error("the entries differ")
			}
			if list, err := stream(t, s, "tavolo-t3"); err != nil || len(list) != 40 {
				t.Errorf("%d entries, %v", len(list), err)
			}
			extend(t, s, 40, 1, streams(10)...)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			wantClean(t, dir)
		})
	}
}

// TestStaleCheckpoint opens a store whose index.ckpt is older, and one that was
// replaced by an older copy of itself under a newer index.ckpt.
func TestStaleCheckpoint(t *testing.T) {
	dir, entries := written(t)
	older := copyStore(t, dir)
	s := open(t, dir, bolt.Options{})
	extend(t, s, 40, 5, streams(10)...)
	newer := mustAll(t, s)
	s.Close()
	swap := func(from, to, file string) {
		data, err := os.ReadFile(filepath.Join(from, file))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, file), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	stale, exchanged := copyStore(t, dir), copyStore(t, older)
	swap(older, stale, "index.ckpt")
	swap(dir, exchanged, "index.ckpt")
	for at, want := range map[string][]domain.Entry{stale: newer, exchanged: entries} {
		s := open(t, at, bolt.Options{})
		if !equal(mustAll(t, s), want) {
			t.Error("the entries differ")
		}
		list, err := stream(t, s, "tavolo-t9")
		if err != nil || len(list) != len(want)/10 {
			t.Errorf("%d entries, %v", len(list), err)
		}
		extend(t, s, len(want)/10, 1, streams(10)...)
		s.Close()
		wantClean(t, at)
	}
}
