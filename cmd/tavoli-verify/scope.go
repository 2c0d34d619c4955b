package main

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// This file reads dossiers that hold some of the entries only.

// growFromTiles builds the tree from the hashes of all facts, and compares the
// facts that are there with them.
func (a *audit) growFromTiles() error {
	hashes, err := a.scopeHashes()
	if err != nil {
		return err
	}
	wrong := int64(-1)
	for n := int64(0); n*tileWidth < a.newest.size; n++ {
		name := tilePath(0, n, int(min(tileWidth, a.newest.size-n*tileWidth)))
		if !a.s.has(name) {
			a.gone = append(a.gone, name)
			break
		}
		tile, err := a.s.read(name, tileWidth*tlog.HashSize)
		if err != nil {
			return err
		}
		for i := 0; i+tlog.HashSize <= len(tile); i += tlog.HashSize {
			h := tlog.Hash(tile[i : i+tlog.HashSize])
			if len(hashes) > 0 && hashes[0].index == a.tree.size {
				if hashes[0].hash != h && wrong < 0 {
					wrong = a.tree.size
				}
				hashes = hashes[1:]
			}
			if err := a.leaf(h); err != nil {
				return err
			}
		}
	}
	a.r.check("entries", wrong < 0 && len(hashes) == 0, "i %d fatti dell'ambito stanno al loro posto tra i %d del registro (%s)",
		"the %d facts of the scope stand in their places among the %d of the log (%s)", a.count, a.newest.size, firstWrong(wrong))
	return nil
}

func firstWrong(index int64) string {
	if index < 0 {
		return "ok"
	}
	return "≠ " + strconv.FormatInt(index, 10)
}

// A placed is the hash of an entry with its index.
type placed struct {
	index int64
	hash  tlog.Hash
}

// scopeHashes hashes the entries of a scope: 40 bytes for each stay in memory.
func (a *audit) scopeHashes() (hashes []placed, err error) {
	if a.ranges, err = a.s.spans(); err != nil {
		return nil, err
	}
	at := walk{spans: a.ranges}
	err = a.s.sheets(slices.DeleteFunc(slices.Clone(a.s.below("entries")), func(n string) bool { return n == indexFile }), a.keep, func(sh *sheet) error {
		if sh.name != sheetName(a.count) {
			a.gone = append(a.gone, sheetName(a.count))
		}
		kept := sh.kept
		for i, h := range sh.hashes {
			index, ok := at.next()
			if !ok {
				return unreadable("ci sono più fatti di quanti ne elenca entries/index", "there are more facts than entries/index lists")
			}
			hashes = append(hashes, placed{index, h})
			if len(kept) > 0 && kept[0].at == i {
				if err := a.look(index, kept[0].entry); err != nil {
					return err
				}
				kept = kept[1:]
			}
		}
		a.count += int64(len(sh.hashes))
		return nil
	})
	if _, more := at.next(); more && err == nil {
		a.gone = append(a.gone, "entries")
	}
	return hashes, err
}

const indexFile = "entries/index"

// spans reads which entries are there.
func (s *source) spans() (list []span, err error) {
	data, err := s.read(indexFile, maxManifest)
	if err != nil {
		return nil, err
	}
	return readSpans(data)
}

// readSpans reads ranges in their order, one a line.
func readSpans(data []byte) (list []span, err error) {
	last := int64(-1)
	for line := range strings.Lines(string(data)) {
		from, to, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "-")
		a, okA := decimal(from)
		b, okB := decimal(to)
		if !ok || !okA || !okB || a <= last || b < a || !strings.HasSuffix(line, "\n") {
			return nil, unreadable("entries/index è malformato: %q", "entries/index is malformed: %q", clip(line))
		}
		list, last = append(list, span{a, b}), b
	}
	return list, nil
}

// A walk goes through the indices of ranges.
type walk struct {
	spans []span
	at    int64
}

func (w *walk) next() (int64, bool) {
	for len(w.spans) > 0 {
		if index := w.spans[0].from + w.at; index <= w.spans[0].to {
			w.at++
			return index, true
		}
		w.spans, w.at = w.spans[1:], 0
	}
	return 0, false
}
