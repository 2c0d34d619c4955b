package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"hash"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// A copying takes everything that one store holds into another.
type copying struct {
	from  string
	to    string
	json  bool
	shown bool
}

func copyCommand() command {
	return command{"copy", "", "porta il registro da un archivio a un altro, byte per byte · takes the log from one store to another, byte for byte", func(fs *flag.FlagSet) action {
		c := &copying{}
		fs.StringVar(&c.from, "from", "", "l'`archivio` di partenza: bolt://CARTELLA o esdb://nodo:2113 · the store to copy: bolt://DIR or esdb://node:2113")
		fs.StringVar(&c.to, "to", "", "l'`archivio` di arrivo, vuoto o con una copia interrotta · the store to copy to, empty or with an interrupted copy")
		fs.BoolVar(&c.json, "json", false, "risponde in JSON · answer in JSON")
		fs.BoolVar(&c.shown, "progress", false, "dice a che punto è il lavoro, anche fuori da un terminale · tell how far work is, even where nobody seems to watch")
		return c.run
	}}
}

// A copied says what was copied, and what proves that nothing was changed by it.
type copied struct {
	From      domain.Identity      `json:"from"`
	To        domain.Identity      `json:"to"`
	Entries   int                  `json:"entries"`
	Copied    int                  `json:"copied"` // by this run
	Forgotten int                  `json:"forgotten"`
	SHA256    string               `json:"sha256"`
	Digests   []projections.Digest `json:"digests"`
}

// A portable is a store that can be copied and copied to.
type portable interface {
	eventStore
	domain.Importer
}

func (c *copying) run(ctx context.Context, p *program, _ []string) error {
	if c.from == "" || c.to == "" {
		return usageError("tavoli copy: servono --from e --to · --from and --to are needed")
	}
	from, err := openPortable(ctx, p, "--from", c.from, true)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := openPortable(ctx, p, "--to", c.to, false)
	if err != nil {
		return err
	}
	shown := p.tells("copy", c.shown)
	result, err := copyStore(ctx, from, to, func(done, all domain.Position) { shown.at(int(done), int(all)) })
	shown.end()
	if err = errors.Join(err, to.Close()); err != nil {
		return err
	}
	if err := c.moved(); err != nil {
		return err
	}
	return c.tell(p, result)
}

func (c *copying) tell(p *program, r copied) error {
	if c.json {
		return p.printJSON(r)
	}
	return p.printf("%d registrazioni, %d copiate ora, %d flussi dimenticati; SHA-256 %s: i due archivi sono uguali · entries, of which copied now, forgotten streams: the stores are the same\n",
		r.Entries, r.Copied, r.Forgotten, r.SHA256)
}

// moved lets a folder that belonged to a store on servers belong to the log in it.
func (c *copying) moved() error {
	dir, ok := strings.CutPrefix(c.to, "bolt://")
	if !ok {
		return nil
	}
	if err := os.Remove(filepath.Join(dir, storeFile)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// openPortable opens a store by its address. The one to be copied must be there.
func openPortable(ctx context.Context, p *program, name, address string, there bool) (portable, error) {
	o := opening{store: address, now: p.now, log: p.quietLog()}
	if dir, ok := strings.CutPrefix(address, "bolt://"); ok && dir != "" {
		o.store, o.dir = inFile, dir
		if _, err := os.Stat(filepath.Join(dir, logFile)); there && err != nil {
			return nil, missing(err)
		}
	} else if !onServers(address) {
		return nil, usageError("%s: è bolt://CARTELLA o esdb://nodo:2113 · it is bolt://DIR or esdb://node:2113", name)
	}
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	return s.eventStore.(portable), nil
}

// errElse is the refusal to copy into a store that holds something else.
func errElse(at int) error {
	return invalidInput("l'archivio di arrivo contiene altro, dalla registrazione %[1]d: serve un archivio vuoto, o con una copia interrotta di questo · the store to copy to holds something else, from entry %[1]d on: it has to be empty, or to hold an interrupted copy of this one", at)
}

// copyStore makes one store hold what another does, going on where an earlier copy
// was interrupted, and verifies it.
func copyStore(ctx context.Context, from, to portable, shown func(done, all domain.Position)) (copied, error) {
	r := copied{From: from.Identity(), To: to.Identity()}
	if r.From.ID == r.To.ID {
		return r, invalidInput("--from e --to sono lo stesso archivio · are the same store")
	}
	names, err := from.Forgotten(ctx)
	if err == nil {
		r.Forgotten, err = len(names), forgetAll(ctx, to, names)
	}
	if err != nil {
		return r, err
	}
	present, at, err := alreadyThere(ctx, from, to)
	if err != nil {
		return r, err
	}
	if r.Copied, err = carry(ctx, from, to, at, shown); err != nil {
		return r, err
	}
	r.Entries = present + r.Copied
	return r, r.verify(ctx, from, to)
}

// forgetAll forgets in the target what was forgotten in the source.
func forgetAll(ctx context.Context, to portable, names []domain.Stream) error {
	known, err := to.Forgotten(ctx)
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(slices.Clone(names), func(s domain.Stream) bool { return slices.Contains(known, s) })
	return removeStreams(ctx, to, names)
}

// entries yields the entries of a log one by one.
func entries(ctx context.Context, log domain.Log) iter.Seq2[domain.Entry, error] {
	return func(yield func(domain.Entry, error) bool) {
		for page, err := range log.ReadAll(ctx, 0) {
			if err != nil {
				yield(domain.Entry{}, err)
				return
			}
			for _, e := range page.Entries {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// alreadyThere compares what the target holds with the beginning of the source. It
// returns how many entries that are, and where the last of them lies in the source.
func alreadyThere(ctx context.Context, from, to portable) (n int, at domain.Position, err error) {
	next, stop := iter.Pull2(entries(ctx, from))
	defer stop()
	for there, err := range entries(ctx, to) {
		if err != nil {
			return n, at, err
		}
		here, err, ok := next()
		switch {
		case err != nil:
			return n, at, err
		case !ok || string(here.Bytes) != string(there.Bytes):
			return n, at, errElse(n)
		}
		n, at = n+1, here.Position
	}
	return n, at, nil
}

// How much is imported at once.
const (
	carriedEntries = 500
	carriedBytes   = 4 << 20
)

// carry imports what lies after a position.
func carry(ctx context.Context, from domain.Log, to domain.Importer, after domain.Position, shown func(done, all domain.Position)) (n int, err error) {
	head, err := from.Head(ctx)
	if err != nil {
		return 0, err
	}
	var list []domain.Entry
	size := 0
	load := func() error {
		if len(list) == 0 {
			return nil
		}
		if _, err := to.Import(ctx, list...); err != nil {
			return storeFault(err)
		}
		n, list, size = n+len(list), list[:0], 0
		return nil
	}
	for page, err := range from.ReadAll(ctx, after) {
		if err != nil {
			return n, storeFault(err)
		}
		for _, e := range page.Entries {
			list, size = append(list, e), size+len(e.Bytes)
			if len(list) >= carriedEntries || size >= carriedBytes {
				if err := load(); err != nil {
					return n, err
				}
			}
		}
		shown(page.UpTo, head)
	}
	return n, load()
}

// verify reads both stores from the beginning, twice: every byte, and what the read
// models make of it.
func (r *copied) verify(ctx context.Context, from, to portable) error {
	var sums [2]string
	var digests [2][]projections.Digest
	for i, log := range []domain.Log{from, to} {
		numbered := &ranked{Log: log, sum: sha256.New()}
		_, report, err := projections.Replay(ctx, numbered, nil, projections.Moments{}, projections.Options{}, nil)
		if err != nil {
			return err
		}
		sums[i], digests[i] = hex.EncodeToString(numbered.sum.Sum(nil)), report.Digests
	}
	r.SHA256, r.Digests = sums[0], digests[0]
	if sums[0] != sums[1] || !slices.Equal(digests[0], digests[1]) {
		return &exit{exitDamaged, errors.New("la copia non è uguale all'originale: qualcuno scriveva intanto? Ripetere con i nodi fermi · the copy is not the same as the original: did somebody write meanwhile? Repeat it with all nodes stopped")}
	}
	return nil
}

// A ranked is a log whose entries have their rank as position, which is the same in
// every store that holds the same. It sums up the bytes it shows.
type ranked struct {
	domain.Log
	sum hash.Hash
	n   domain.Position
}

// Head implements [domain.Log].
func (r *ranked) Head(context.Context) (domain.Position, error) { return 0, nil }

// ReadAll implements [domain.Log].
func (r *ranked) ReadAll(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		for page, err := range r.Log.ReadAll(ctx, after) {
			if err != nil {
				yield(page, err)
				return
			}
			numbered := domain.Page{Entries: slices.Clone(page.Entries)}
			for i := range numbered.Entries {
				r.n++
				numbered.Entries[i].Position = r.n
				_ = binary.Write(r.sum, binary.BigEndian, uint32(len(page.Entries[i].Bytes))) // a hash takes everything
				_, _ = r.sum.Write(page.Entries[i].Bytes)
			}
			if numbered.UpTo = r.n; !yield(numbered, nil) {
				return
			}
		}
	}
}
