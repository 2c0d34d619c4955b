package bus_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/bus"
	"tavoli/domain"
)

func someCheckpoint() bus.Checkpoint {
	return bus.Checkpoint{
		Store:    domain.Identity{ID: uuid.MustParse("0191d3a0-0000-7000-8000-000000000001"), Epoch: 3},
		Position: 1 << 60,
		Parked: []bus.Parked{{
			Reaction: "confirm", Position: 17, Event: uuid.MustParse("0191d3a0-0000-7000-8000-000000000002"), Type: "ParticipantRegistered",
			Stream: "tavolo-coopera-4", Revision: 9, Attempts: 8, Error: "timeout", At: time.Date(2022, 5, 25, 9, 0, 0, 0, time.UTC),
		}},
	}
}

func TestACheckpointIsReadBackAsItWasSaved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	files, want := bus.FileCheckpoints(dir), someCheckpoint()
	if _, ok, err := files.Load(t.Context(), "nats"); ok || err != nil {
		t.Fatalf("before there is one: %v, %v", ok, err)
	}
	for range 3 {
		want.Position++
		if err := files.Save(t.Context(), "nats", want); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := files.Load(t.Context(), "nats"); err != nil || !ok || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, %v, %v, want %+v", got, ok, err, want)
		}
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Errorf("left behind: %v, %v", list, err)
	}
	if info, err := list[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v, %v", info.Mode(), err)
	}
}

func TestADamagedCheckpointIsNotBelieved(t *testing.T) {
	files := bus.FileCheckpoints(t.TempDir())
	whole, err := bus.EncodeCheckpoint("nats", someCheckpoint())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(string(files), "nats.checkpoint")
	load := func(data []byte) error {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := files.Load(t.Context(), "nats")
		return err
	}
	if err := load(whole); err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1
		if err := load(flipped); !errors.Is(err, bus.ErrCheckpointDamaged) {
			t.Errorf("bit flipped at %d: %v", i, err)
		}
		if err := load(whole[:i]); !errors.Is(err, bus.ErrCheckpointDamaged) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	other, err := bus.EncodeCheckpoint("mail", someCheckpoint())
	if err != nil {
		t.Fatal(err)
	}
	if err := load(other); !errors.Is(err, bus.ErrCheckpointDamaged) {
		t.Errorf("of another follower: %v", err)
	}
}

func TestNamesStayInTheDirectory(t *testing.T) {
	files := bus.FileCheckpoints(t.TempDir())
	for _, name := range []string{"", "../x", "a/b", "A", "a.b", "è"} {
		if err := files.Save(t.Context(), name, someCheckpoint()); !errors.Is(err, bus.ErrBadName) {
			t.Errorf("saved %q: %v", name, err)
		}
		if _, _, err := files.Load(t.Context(), name); !errors.Is(err, bus.ErrBadName) {
			t.Errorf("loaded %q: %v", name, err)
		}
	}
}

func TestAReaderNeverSeesHalfACheckpoint(t *testing.T) {
	files, c := bus.FileCheckpoints(t.TempDir()), someCheckpoint()
	if err := files.Save(t.Context(), "nats", c); err != nil {
		t.Fatal(err)
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		for range 100 {
			c.Position++
			if err := files.Save(t.Context(), "nats", c); err != nil {
				t.Error(err)
			}
		}
	})
	for range 300 {
		if _, ok, err := files.Load(t.Context(), "nats"); !ok || err != nil {
			t.Fatalf("while it is replaced: %v, %v", ok, err)
		}
	}
	writer.Wait()
}

func TestACheckpointThatCannotBeSavedIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := bus.FileCheckpoints(file).Save(t.Context(), "nats", someCheckpoint()); err == nil {
		t.Error("saved below a file")
	}
}

func FuzzDecodeCheckpoint(f *testing.F) {
	whole, err := bus.EncodeCheckpoint("nats", someCheckpoint())
	if err != nil {
		f.Fatal(err)
	}
	line, _, _ := bytes.Cut(whole, []byte("\n"))
	for _, seed := range []string{string(line), "{}", "null", string(line) + "]", "", `{"version":1,"follower":"nats","parked":[{}]}`} {
		f.Add([]byte(seed))
	}
	f.Add(whole)
	f.Fuzz(func(t *testing.T, data []byte) {
		decode(t, data)
		sum := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
		decode(t, fmt.Appendf(bytes.Clone(data), "\ncrc32c %08x\n", sum))
	})
}

// decode decodes data, and sees to it that what can be decoded means one thing.
func decode(t *testing.T, data []byte) {
	t.Helper()
	c, err := bus.DecodeCheckpoint("nats", data)
	if err != nil {
		if !errors.Is(err, bus.ErrCheckpointDamaged) {
			t.Errorf("an error of no name: %v", err)
		}
		return
	}
	once, err := bus.EncodeCheckpoint("nats", c)
	if err != nil {
		t.Fatal(err)
	}
	back, err := bus.DecodeCheckpoint("nats", once)
	if err != nil {
		t.Fatal(err)
	}
	if twice, err := bus.EncodeCheckpoint("nats", back); err != nil || !bytes.Equal(once, twice) {
		t.Errorf("%s became %s, %v", once, twice, err)
	}
}
