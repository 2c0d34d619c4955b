package projections_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"tavoli/domain"
	"tavoli/projections"
)

// samples draws samples.
func samples(t *rapid.T) projections.Sample {
	text := rapid.StringN(0, 10, 40)
	s := projections.Sample{
		Count: rapid.Uint64().Draw(t, "count"), Whole: rapid.Int64().Draw(t, "whole"), Yes: rapid.Bool().Draw(t, "yes"),
		Text: text.Draw(t, "text"), Raw: rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "raw"),
		ID:   uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")),
		Ente: domain.EnteRef{Kind: domain.Comune, Code: text.Draw(t, "code")},
		List: rapid.SliceOfN(text, 1, 5).Draw(t, "list"),
		Map:  rapid.MapOf(text, rapid.Int64()).Draw(t, "map"),
		IDs:  make(map[uuid.UUID]string), Enti: make(map[domain.EnteRef]bool),
	}
	if n := rapid.Int64Range(-1<<50, 1<<50).Draw(t, "at"); n != 0 {
		s.At = time.UnixMicro(n).UTC()
	}
	if rapid.Bool().Draw(t, "until known") {
		until := time.UnixMicro(rapid.Int64Range(-2, 2).Draw(t, "until")).UTC()
		s.Until = &until
	}
	for range rapid.IntRange(0, 5).Draw(t, "n") {
		s.IDs[uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "key"))] = text.Draw(t, "value")
		s.Enti[domain.EnteRef{Kind: domain.EnteKind(text.Draw(t, "kind")), Code: text.Draw(t, "code")}] = rapid.Bool().Draw(t, "there")
	}
	return s
}

func TestCodecReadsWhatItWrote(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := samples(rt)
		data := s.Encode()
		got, err := projections.DecodeSample(data)
		if err != nil || !reflect.DeepEqual(got, s) {
			rt.Fatalf("%+v became %+v, %v", s, got, err)
		}
		for range 3 {
			if !bytes.Equal(s.Encode(), data) {
				rt.Fatal("the same sample is written in two ways")
			}
		}
		if cut := rapid.IntRange(0, len(data)-1).Draw(rt, "cut"); cut < len(data) {
			if _, err := projections.DecodeSample(data[:cut]); err == nil {
				rt.Fatalf("%d of %d bytes are enough", cut, len(data))
			}
		}
		if _, err := projections.DecodeSample(append(data, 0)); err == nil {
			rt.Fatal("a byte too many is not noticed")
		}
	})
}

// FuzzCodec shows that there is one way to write a sample, and that no bytes do harm.
func FuzzCodec(f *testing.F) {
	f.Add(projections.Sample{}.Encode())
	f.Add(projections.Sample{Text: "x", Raw: []byte{1}, List: []string{"a", "a"}, Map: map[string]int64{"a": 1, "b": -1}, At: time.Unix(0, 0)}.Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := projections.DecodeSample(data)
		if err == nil && !bytes.Equal(s.Encode(), data) {
			t.Errorf("%x is read as %+v, which is written %x", data, s, s.Encode())
		}
	})
}

// TestCodecTakesNoMoreThanThereIs claims great lengths in few bytes.
func TestCodecTakesNoMoreThanThereIs(t *testing.T) {
	whole := projections.Sample{Text: "x", List: []string{"a"}, Map: map[string]int64{"a": 1}, IDs: map[uuid.UUID]string{{}: ""}}.Encode()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tries := 0
	for at := range whole {
		for _, n := range []uint64{1 << 20, 1 << 31, 1 << 40, 1<<63 - 1, 1<<64 - 1} {
			bomb := append(binary.AppendUvarint(bytes.Clone(whole[:at]), n), whole[at:]...)
			_, _ = projections.DecodeSample(bomb)
			tries++
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / uint64(tries); each > 32<<10 {
		t.Errorf("%d bytes of memory for %d bytes of input", each, len(whole))
	}
}

// filled returns models that have seen a history of everything.
func filled(t testing.TB) *projections.Models {
	r := newRegister(t).found(4, 3)
	draw := rand.New(rand.NewPCG(1, 2))
	for range 150 {
		r.step(draw.IntN)
	}
	m, _, err := projections.Replay(t.Context(), r.store, r.vault.Open, projections.Moments{}, projections.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// FuzzModels decodes hostile bytes as each of the models: an error, perhaps, but
// never a panic.
func FuzzModels(f *testing.F) {
	m := filled(f)
	for i, n := 0, 1; i < n; i++ {
		var data []byte
		data, n = projections.EncodePart(m, i)
		f.Add(i, data)
	}
	f.Fuzz(func(_ *testing.T, i int, data []byte) {
		_ = projections.DecodePart(projections.NewModels(), max(i, 0), data)
	})
}

// TestModelsBrokenAnywhere breaks the encoded form of every model at every byte.
func TestModelsBrokenAnywhere(t *testing.T) {
	m := filled(t)
	for i, n := 0, 1; i < n; i++ {
		var data []byte
		data, n = projections.EncodePart(m, i)
		for range 2_000 {
			spoilt := bytes.Clone(data)
			at := rand.IntN(len(spoilt))
			switch rand.IntN(3) {
			case 0:
				spoilt[at] = byte(rand.IntN(256))
			case 1:
				spoilt = spoilt[:at]
			case 2:
				spoilt = append(binary.AppendUvarint(spoilt[:at:at], rand.Uint64()>>rand.IntN(64)), data[at:]...)
			}
			_ = projections.DecodePart(projections.NewModels(), i, spoilt)
		}
	}
}

// FuzzSnapshot opens hostile files.
func FuzzSnapshot(f *testing.F) {
	r := newRegister(f).found(2, 2)
	box := new(shelf)
	id := r.store.Identity()
	v := r.view(projections.Options{Snapshots: &projections.Snapshots{Shelf: box, Identity: id}})
	r.seen(v)
	if _, err := v.Snapshot(f.Context()); err != nil {
		f.Fatal(err)
	}
	f.Add(box.data)
	whole := bytes.Clone(box.data)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, _, err := projections.OpenSnapshot(bytes.Clone(data), id, [32]byte{}); err == nil && !bytes.Equal(data, whole) {
			t.Errorf("a snapshot nobody wrote is taken: %x", data)
		}
	})
}
