package dossier

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"iter"
	"strconv"

	"tavoli/domain"
)

// Tiles are 256 hashes wide, and a file holds 10 000 entries.
const (
	tileWidth = 256
	perFile   = 10_000
)

// tiles adds the hashes of the whole tree, however few of the entries are inside.
func (w *work) tiles() error {
	for level, width := 0, w.size; width > 0; level, width = level+1, width/tileWidth {
		for n := int64(0); n*tileWidth < width; n++ {
			wide := int(min(width-n*tileWidth, tileWidth))
			data, err := w.Ledger.Tile(level, n, wide)
			if err != nil {
				return err
			}
			if err := w.pack.text(tilePath(level, n, wide), string(data)); err != nil {
				return err
			}
		}
	}
	return nil
}

// tilePath returns where a tile lies (C2SP tlog-tiles).
func tilePath(level int, n int64, width int) string {
	name := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		name = fmt.Sprintf("x%03d/%s", n%1000, name)
	}
	if width < tileWidth {
		name += ".p/" + strconv.Itoa(width)
	}
	return fmt.Sprintf("tile/%d/%s", level, name)
}

// A span is a range of entries, both ends included.
type span struct{ from, to int64 }

// entries adds the entries, and the checkpoints that were signed when a tavolo was
// closed.
func (w *work) entries() error {
	next, stop := iter.Pull2(w.facts(0))
	defer stop()
	closings, written := []int64(nil), int64(0)
	for more := true; more; {
		path := fmt.Sprintf("entries/%010d.jsonl", written)
		err := w.pack.add(path, func(out io.Writer) error {
			for range perFile {
				f, err, ok := next()
				if more = ok; !ok || err != nil {
					return err
				}
				if f.name == closed && f.index+1 < w.size {
					closings = append(closings, f.index+1)
				}
				if err := writeLine(out, f.Bytes); err != nil {
					return err
				}
				written++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if last := len(w.pack.members) - 1; w.pack.members[last].Size == 0 && written > 0 { // an even number of them
		w.pack.members = w.pack.members[:last]
	}
	if err := w.list(); err != nil {
		return err
	}
	return w.earlier(closings)
}

// writeLine writes an entry and the end of its line. The entry's memory is not the dossier's
// to append to.
func writeLine(out io.Writer, entry []byte) error {
	if _, err := out.Write(entry); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

var closed = domain.TavoloClosed{}.Name()

// A fact is an entry with its place in the tree and the name of its event.
type fact struct {
	domain.Entry
	index  int64
	name   string
	stream []byte
}

// facts yields the entries that are inside, in order; pass 0 notes what they are.
func (w *work) facts(pass int) iter.Seq2[fact, error] {
	return func(yield func(fact, error) bool) {
		index := int64(-1)
		for e, err := range w.Ledger.Entries(w.ctx, 0, w.size) {
			if err != nil {
				yield(fact{}, err)
				return
			}
			index++
			w.progress(int64(pass)*w.size+index+1, w.passes()*w.size)
			name, stream, ok := domain.EntryKind(e.Bytes)
			if !ok {
				yield(fact{}, fmt.Errorf("entry %d is not in the stored form", index))
				return
			}
			f := fact{e, index, name, stream}
			if pass == 0 && index == w.size-1 {
				rec, err := e.Envelope()
				if err != nil {
					yield(fact{}, err)
					return
				}
				w.until = rec.RecordedAt
			}
			if !w.inside(stream) {
				continue
			}
			if pass == 0 {
				w.note(f)
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}

// passes is how often the entries are read.
func (w *work) passes() int64 {
	if w.Disclosures == domain.NoNames {
		return 1
	}
	return 2
}

// note notes which entries are inside, and which tell that somebody was there.
func (w *work) note(f fact) {
	if w.streams == nil {
		return
	}
	if n := len(w.counted); n > 0 && w.counted[n-1].to == f.index-1 {
		w.counted[n-1].to = f.index
	} else {
		w.counted = append(w.counted, span{f.index, f.index})
	}
	if f.name == presence {
		w.came = append(w.came, f.index)
	}
}

var presence = domain.PresenceRecorded{}.Name()

// list adds which entries are inside, where not all are.
func (w *work) list() error {
	if w.Entries != domain.ScopeEntries {
		return nil
	}
	if w.streams == nil { // the scope is everything
		w.counted = []span{{0, w.size - 1}}
	}
	var b bytes.Buffer
	for _, s := range w.counted {
		fmt.Fprintf(&b, "%d-%d\n", s.from, s.to)
	}
	return w.pack.text("entries/index", b.String())
}

// earlier adds the signed checkpoints of some sizes.
func (w *work) earlier(sizes []int64) error {
	for _, size := range sizes {
		signed, err := w.Ledger.Signed(w.ctx, size)
		if err != nil {
			return err
		}
		if err := w.pack.text("checkpoints/"+strconv.FormatInt(size, 10), string(signed)); err != nil {
			return err
		}
	}
	return nil
}

// proofs adds a proof for each presence, where not all entries are inside (C2SP
// tlog-proof).
func (w *work) proofs() error {
	for _, index := range w.came {
		hashes, err := w.Ledger.ProveInclusion(index, w.size)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		fmt.Fprintf(&b, "c2sp.org/tlog-proof@v1\nindex %d\n", index)
		for _, h := range hashes {
			b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
		}
		fmt.Fprintf(&b, "\n%s", w.signed)
		if err := w.pack.text(fmt.Sprintf("proofs/%d.tlog-proof", index), b.String()); err != nil {
			return err
		}
	}
	return nil
}
