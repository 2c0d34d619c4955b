package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"runtime"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A sheet is the entries of one file, hashed, with those of them that somebody
// asked for.
type sheet struct {
	name   string
	keep   func(entry []byte) bool // nil: none
	hashes []tlog.Hash
	kept   []kept
	err    error
}

// A kept is an entry with its place in the sheet.
type kept struct {
	at    int
	entry []byte
}

// sheets hashes files of entries on all processors and yields them in order. Only
// a few files are in memory at a time.
func (s *source) sheets(names []string, keep func([]byte) bool, yield func(*sheet) error) error {
	workers := runtime.GOMAXPROCS(0)
	stop, queue := make(chan struct{}), make(chan chan *sheet, workers)
	defer close(stop)
	go func() {
		defer close(queue)
		for _, name := range names {
			done := make(chan *sheet, 1)
			select {
			case queue <- done: // waits while enough are under way
				go func() { done <- s.sheet(name, keep) }()
			case <-stop:
				return
			}
		}
	}()
	for done := range queue {
		sheet := <-done
		if sheet.err != nil {
			return sheet.err
		}
		if err := yield(sheet); err != nil {
			return err
		}
	}
	return nil
}

// sheet reads one file of entries to its end.
func (s *source) sheet(name string, keep func([]byte) bool) *sheet {
	sh := &sheet{name: name, keep: keep}
	f, err := s.open(name)
	if err != nil {
		sh.err = s.strange(name, err)
		return sh
	}
	defer f.Close()
	r := &chunks{r: f, buf: make([]byte, 1, 1<<20)}
	if s.listed {
		r.sum = sha256.New()
	}
	take := sh.line
	if strings.HasPrefix(name, "tile/entries/") {
		take = sh.bundled
	}
	for sh.err == nil {
		ok, err := r.more()
		if err != nil {
			sh.err = s.strange(name, err)
			return sh
		}
		if !ok {
			break
		}
		for sh.err == nil && take(r) {
		}
	}
	if sh.err == nil && len(r.rest()) > 0 {
		sh.err = unreadable("%s è tronco", "%s is cut off", name)
	}
	if s.listed {
		s.seen(name, r.sum.Sum(nil))
	}
	return sh
}

// chunks reads a file in large pieces, each hashed as it comes where somebody asks
// for the hash of the whole. Before what was not taken yet there is always one byte to spare.
type chunks struct {
	r   io.Reader
	sum hash.Hash // nil: nobody does
	buf []byte
	at  int // of the byte to spare
}

func (c *chunks) rest() []byte { return c.buf[c.at+1:] }

// more reads on and reports whether there was more. What is left of the piece
// before is moved to the front.
func (c *chunks) more() (bool, error) {
	had := copy(c.buf, c.buf[c.at:])
	c.buf, c.at = c.buf[:had], 0
	n, err := io.ReadFull(c.r, c.buf[had:cap(c.buf)])
	c.buf = c.buf[:had+n]
	if c.sum != nil {
		_, _ = c.sum.Write(c.buf[had:]) // a hash takes everything
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && n > 0 {
		return n > 0, nil
	}
	return err == nil, err
}

// leaf hashes an entry of n bytes as a leaf (RFC 6962: a zero byte and the entry),
// after skipping some bytes, and leaves it behind. The zero is put into the byte
// before the entry, which nobody needs any longer.
func (c *chunks) leaf(skip, n int) tlog.Hash {
	from := c.at + skip
	c.buf[from] = 0
	h := sha256.Sum256(c.buf[from : from+1+n])
	c.at = from + n
	return h
}

// line takes one line, if there is a whole one.
func (sh *sheet) line(c *chunks) bool {
	rest := c.rest()
	n := bytes.IndexByte(rest, '\n')
	switch {
	case n > maxEntry || n < 0 && len(rest) > maxEntry:
		sh.err = unreadable("%s: un fatto ha più di %d byte", "%s: a fact has more than %d bytes", sh.name, maxEntry)
		return false
	case n < 0:
		return false
	case len(sh.hashes) == maxLines:
		sh.err = unreadable("%s: più di %d fatti in un file", "%s: more than %d facts in one file", sh.name, maxLines)
		return false
	}
	sh.take(c, rest[:n], 0)
	c.at++ // the line's end is the byte to spare
	return true
}

// bundled takes one entry of a C2SP bundle: two bytes of length, and the entry.
func (sh *sheet) bundled(c *chunks) bool {
	rest := c.rest()
	if len(rest) < 2 {
		return false
	}
	n := int(binary.BigEndian.Uint16(rest))
	switch {
	case len(rest) < 2+n:
		return false
	case len(sh.hashes) == tileWidth:
		sh.err = unreadable("%s: più di %d fatti in un file", "%s: more than %d facts in one file", sh.name, tileWidth)
		return false
	}
	sh.take(c, rest[2:2+n], 2)
	return true
}

func (sh *sheet) take(c *chunks, entry []byte, skip int) {
	if sh.keep != nil && sh.keep(entry) {
		sh.kept = append(sh.kept, kept{len(sh.hashes), bytes.Clone(entry)})
	}
	sh.hashes = append(sh.hashes, c.leaf(skip, len(entry)))
}
