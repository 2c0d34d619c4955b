package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tavoli/domain"

	bbolt "go.etcd.io/bbolt"
)

// Check verifies a store that nobody has open for writing: every record and its
// place in the chain and in its stream, the pages of the file, and index.ckpt. It
// returns what is wrong; an error means that it could not look.
func Check(ctx context.Context, dir string, progress func(done, total int64)) ([]Finding, error) {
	f, err := openFile(filepath.Join(dir, logFile), true, false)
	if err != nil {
		return onlyFinding(err)
	}
	defer f.Close()
	c := newChecker(ctx, func(fn func(*bbolt.Tx) error) error { return f.view(fn) }, progress)
	if err := c.run(); err != nil {
		return nil, err
	}
	c.checkpointFile(filepath.Join(dir, indexFile))
	if len(c.findings) == 0 {
		c.pages(f)
	}
	return c.findings, nil
}

// Check verifies the store while it is in use, up to the head at the time of the
// call: every record, its place in the chain and in its stream, and the index.
func (s *Store) Check(ctx context.Context, progress func(done, total int64)) ([]Finding, error) {
	view := func(fn func(*bbolt.Tx) error) error {
		return s.view(func(tx *bbolt.Tx, _ map[domain.Position]bool) error { return fn(tx) })
	}
	c := newChecker(ctx, view, progress)
	c.mostHead = domain.Position(s.head.Load())
	if err := c.run(); err != nil {
		return nil, err
	}
	c.compare(s.index, "the index")
	return c.findings, nil
}

// onlyFinding turns an error that tells of damage into a finding.
func onlyFinding(err error) ([]Finding, error) {
	if f := new(Finding); errors.As(err, &f) {
		return []Finding{*f}, nil
	}
	return nil, err
}

// A checker reads a log from its start, in short transactions.
type checker struct {
	ctx      context.Context
	view     func(func(*bbolt.Tx) error) error
	progress func(done, total int64)

	identity  domain.Identity
	mostHead  domain.Position // check no further; 0: all there is
	head      domain.Position
	forgotten map[string]bool // whether it may still have entries
	index     *index          // made anew
	link      link
	chained   bool            // link is the one before
	recorded  string          // the newest time of recording
	imported  domain.Position // up to where it may go back
	bad       []domain.Position
	findings  []Finding
}

// How far a checker goes in one transaction, and how much it reports.
const (
	checkRecords = 5000
	mostFindings = 1000
)

func newChecker(ctx context.Context, view func(func(*bbolt.Tx) error) error, progress func(done, total int64)) *checker {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	return &checker{ctx: ctx, view: view, progress: progress, index: newIndex(), forgotten: make(map[string]bool)}
}

// report notes a finding; one like the last, and next to it, only makes that longer.
func (c *checker) report(f Finding) {
	if n := len(c.findings); n > 0 && f.Position != 0 {
		last := &c.findings[n-1]
		if last.What == f.What && last.Stream == f.Stream && max(last.Position, last.Through)+1 == f.Position {
			last.Through = f.Position
			return
		}
	}
	if len(c.findings) < mostFindings {
		c.findings = append(c.findings, f)
	}
}

// run checks all records.
func (c *checker) run() error {
	if err := c.view(c.begin); err != nil {
		list, err := onlyFinding(err)
		c.findings = append(c.findings, list...)
		return err
	}
	for next := domain.Position(1); next <= c.head; {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		upTo := min(next+checkRecords-1, c.head)
		if err := c.span(&next, upTo); err != nil {
			return err
		}
		c.progress(int64(next-1), int64(c.head))
	}
	return nil
}

// begin reads what the store is and how far it goes.
func (c *checker) begin(tx *bbolt.Tx) (err error) {
	if c.identity, err = readIdentity(tx); err != nil {
		return err
	}
	c.link, c.chained = firstLink(c.identity.ID), true
	c.imported = importedIn(tx)
	log := tx.Bucket(bucketLog)
	c.head = domain.Position(log.Sequence())
	if key, _ := log.Cursor().Last(); key != nil {
		pos, ok := positionOf(key)
		if !ok {
			c.report(Finding{What: fmt.Sprintf("the log has a key of %d bytes", len(key))})
		} else if pos > c.head {
			c.report(*damage(pos, fmt.Sprintf("the log goes on after its end at %d", c.head)))
			c.head = pos
		}
	}
	if c.mostHead != 0 {
		c.head = min(c.head, c.mostHead)
	}
	return tx.Bucket(bucketForgotten).ForEach(func(name, state []byte) error {
		c.forgotten[string(name)] = string(state) == string(erasurePending)
		return nil
	})
}

// span checks records from next on and moves it behind them. A record that cannot
// be read is noted and passed over.
func (c *checker) span(next *domain.Position, upTo domain.Position) error {
	err := c.view(func(tx *bbolt.Tx) error {
		return scan(tx, *next-1, upTo, func(pos domain.Position, rec record) bool {
			c.record(pos, rec)
			*next = pos + 1
			return true
		})
	})
	f := new(Finding)
	if !errors.As(err, &f) {
		return err
	}
	c.report(Finding{Position: *next, What: f.What})
	c.bad = append(c.bad, *next)
	c.chained = false
	*next++
	return nil
}

// record checks one record whose checksum is right.
func (c *checker) record(pos domain.Position, rec record) {
	if rec.kind == kindEntry && c.chained {
		if l, _ := linkOf(nil, c.link, rec.body); l != rec.link {
			c.report(c.at(pos, rec, "the record does not follow the one before it"))
		}
	}
	c.link, c.chained = rec.link, true
	at, ok := describe(rec)
	if ok && rec.kind == kindEntry {
		_, err := (domain.Entry{Position: pos, Bytes: rec.body}).Envelope()
		ok = err == nil
	}
	if !ok || !domain.Stream(at.stream).Valid() {
		c.report(c.at(pos, rec, "the record is not in the stored form"))
		return
	}
	if string(at.recorded) < c.recorded && pos > c.imported {
		c.report(c.at(pos, rec, "the time of recording goes back"))
	}
	c.recorded = string(at.recorded)
	c.place(pos, rec, at)
}

// place checks whether the record is the next of its stream.
func (c *checker) place(pos domain.Position, rec record, at tombstone) {
	pending, forgotten := c.forgotten[string(at.stream)]
	switch {
	case rec.kind == kindTombstone && !forgotten:
		c.report(c.at(pos, rec, "an entry was removed from a stream that is not forgotten"))
	case rec.kind == kindEntry && forgotten && !pending:
		c.report(c.at(pos, rec, "an entry stands in a forgotten stream"))
	case rec.kind == kindTombstone || forgotten:
		return
	}
	hash := c.index.hash(at.stream)
	id, ok := c.index.find(at.stream, hash)
	if !ok {
		id = c.index.add(at.stream, hash)
	}
	s := c.index.at(id)
	if due := domain.Revision(s.length); at.revision != due && !c.explained(domain.Position(s.last), pos) {
		c.report(c.at(pos, rec, fmt.Sprintf("it is revision %d where %d is due", at.revision, due)))
	}
	c.index.push(id, uint64(pos))
	s.length = uint32(at.revision) + 1
}

// explained reports whether a record between two positions is known to be lost.
func (c *checker) explained(from, to domain.Position) bool {
	for _, pos := range c.bad {
		if from < pos && pos < to {
			return true
		}
	}
	return false
}

func (c *checker) at(pos domain.Position, rec record, what string) Finding {
	f := Finding{Position: pos, What: what}
	if at, ok := describe(rec); ok {
		f.Stream = domain.Stream(at.stream)
	}
	return f
}

// compare checks an index that was in use against the one made anew, and uses it
// to name the streams of records that cannot be read.
func (c *checker) compare(used *index, name string) {
	used.mu.RLock()
	owners := used.owners(c.bad)
	used.mu.RUnlock()
	for i, f := range c.findings {
		if f.Stream == "" && f.Through == 0 {
			c.findings[i].Stream = owners[f.Position]
		}
	}
	if len(c.bad) > 0 {
		return
	}
	for id := range c.index.count {
		mine := c.index.at(id)
		used.mu.RLock()
		theirs, ok := used.lookup(c.index.nameOf(mine))
		same := ok && (theirs.flags != 0 || used.same(c.index, c.index.nameOf(mine), c.head))
		used.mu.RUnlock()
		if !same {
			c.report(Finding{Stream: domain.Stream(c.index.nameOf(mine)), What: name + " disagrees with the log"})
		}
	}
}

// owners returns the streams that positions belong to.
func (x *index) owners(wanted []domain.Position) map[domain.Position]domain.Stream {
	found := make(map[domain.Position]domain.Stream, len(wanted))
	if len(wanted) == 0 {
		return found
	}
	for _, pos := range wanted {
		found[pos] = ""
	}
	var buf [256]domain.Position
	for id := range x.count {
		cur := cursor{id: id}
		for n := len(buf); n == len(buf); {
			n = x.read(&cur, buf[:], domain.Position(x.at(id).last))
			for _, pos := range buf[:n] {
				if _, ok := found[pos]; ok {
					found[pos] = domain.Stream(x.nameOf(x.at(id)))
				}
			}
		}
	}
	return found
}

// same reports whether a stream has the same positions in two indexes, up to a head.
func (x *index) same(other *index, name []byte, head domain.Position) bool {
	a, _ := x.find(name, x.hash(name))
	b, _ := other.find(name, other.hash(name))
	ca, cb := cursor{id: a}, cursor{id: b}
	var ba, bb [256]domain.Position
	for {
		n, m := x.read(&ca, ba[:], head), other.read(&cb, bb[:], head)
		if n != m || ba != bb {
			return false
		}
		if n < len(ba) {
			return true
		}
	}
}

// checkpointFile checks index.ckpt. That it is missing is no fault.
func (c *checker) checkpointFile(path string) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	x := newIndex()
	var ckpt checkpoint
	if err == nil {
		ckpt, err = decodeCheckpoint(data, x)
	}
	if err == nil {
		err = c.view(func(tx *bbolt.Tx) error { return ckpt.belongs(tx, c.identity, c.head) })
	}
	if err != nil {
		c.report(Finding{What: "index.ckpt is of no use and will be made anew: " + err.Error()})
		return
	}
	c.head = min(c.head, ckpt.position)
	c.compare(x, "index.ckpt")
}

// pages has bbolt check its own pages and its list of free ones.
func (c *checker) pages(f *file) {
	err := f.view(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			c.report(Finding{What: "the file's pages are in disorder: " + err.Error()})
		}
		return nil
	})
	if err != nil {
		c.report(Finding{What: err.Error()})
	}
}
