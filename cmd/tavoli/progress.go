package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// A progress tells how far a long work has come, on standard error, if somebody
// watches or asked for it. A nil one tells nothing.
type progress struct {
	to     io.Writer
	what   string
	now    func() time.Time
	last   time.Time
	live   bool // on a terminal: one line that changes
	spoken bool
}

// tells returns a progress for a work, or nil if nobody watches.
func (p *program) tells(what string, asked bool) *progress {
	live := terminal(p.err)
	if !live && !asked {
		return nil
	}
	return &progress{to: p.err, what: what, now: p.now, live: live}
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// at says how much is done, but not more often than people can read.
func (g *progress) at(done, all int) {
	if g == nil || g.now().Sub(g.last) < 200*time.Millisecond && done != all {
		return
	}
	g.last, g.spoken = g.now(), true
	if g.live {
		fmt.Fprintf(g.to, "\r%s %d/%d", g.what, done, all)
		return
	}
	fmt.Fprintf(g.to, "%s %d/%d\n", g.what, done, all)
}

// end leaves the line.
func (g *progress) end() {
	if g != nil && g.live && g.spoken {
		fmt.Fprintln(g.to)
	}
}
