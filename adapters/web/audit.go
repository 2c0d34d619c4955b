package web

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A FeedLine is one line of the feed: an entry with its position, word for word as
// it is stored, or a sign of life with the position reached, or the last line,
// which says why there is none after it.
type FeedLine struct {
	Position string          `json:"position" doc:"after which the feed goes on"`
	Entry    json.RawMessage `json:"entry,omitempty" doc:"the stored document of the fact"`
	End      string          `json:"end,omitempty" doc:"head, limit, stopping or failed"`
	Store    string          `json:"store,omitempty" doc:"in the last line: which store the position belongs to"`
}

// Why a feed ends.
const (
	endHead     = "head"     // there is no more yet
	endLimit    = "limit"    // as many lines as were asked for
	endStopping = "stopping" // the register stops
	endFailed   = "failed"   // the log could not be read on
)

// asNDJSON is the media type of the feed.
var asNDJSON = []string{"application/x-ndjson"}

// A feed is a reader of the log at the other end of a connection. However slow it
// is, it holds up nobody: each page is read when the one before is written.
type feed struct {
	*call
	after  domain.Position
	stream string
	actor  domain.Actor
	types  []string
	limit  int
	follow bool
	when   projections.Moments

	out  *bufio.Writer
	ctrl *http.ResponseController
	line []byte
}

func auditFeed() action {
	return action{
		media: map[string]string{"application/x-ndjson": "one JSON document a line, see FeedLine"}, long: true,
		query: []string{"after", "store", "stream", "actor", "type", "limit", "follow", "effective_at", "known_at"}, statuses: []int{409},
		do: func(c *call) error {
			f := &feed{call: c}
			if err := f.read(); err != nil {
				return err
			}
			return f.open()
		},
	}
}

// read reads what is asked for.
func (f *feed) read() error {
	q := f.query()
	f.after, f.stream, f.actor = q.position("after"), q.text("stream"), domain.Actor(q.text("actor"))
	f.types = q.values["type"]
	for _, name := range f.types {
		q.that(slices.Contains(domain.EventNames(), name), "type", "there is no such event")
	}
	f.limit = q.number("limit", 1, 1_000_000)
	follow := q.yes("follow")
	f.follow = follow != nil && *follow
	f.when = q.moment().when
	q.that(!f.follow || f.when.KnownAt.IsZero() && f.when.KnownPosition == 0, "known_at", "ends where the register knew no more: it cannot be followed")
	store := q.text("store")
	if err := q.unknown(f.route.query); err != nil {
		return err
	}
	return f.fits(store)
}

// fits refuses a position that is not of this store.
func (f *feed) fits(store string) error {
	if store != "" && store != f.s.state.store[0] {
		return &errOtherStore
	}
	head, err := f.s.Store.Head(f.ctx)
	if err == nil && max(f.after, f.when.KnownPosition) > head {
		return &errOtherStore
	}
	return err
}

// open writes the feed until there is no more, or nobody reads it.
func (f *feed) open() error {
	if !f.s.state.feeds.enter() {
		return &errFeeds
	}
	defer f.s.state.feeds.leave()
	f.s.state.metrics.feeds.Inc()
	defer f.s.state.metrics.feeds.Dec()
	ctx, cancel := context.WithCancel(f.ctx)
	defer cancel()
	go func() {
		select {
		case <-f.s.state.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	h := f.w.Header()
	h["Content-Type"], h["Tavoli-Store"] = asNDJSON, f.s.state.store
	h.Set("X-Accel-Buffering", "no")
	f.status = http.StatusOK
	f.out, f.ctrl = bufio.NewWriterSize(f.w, 64<<10), http.NewResponseController(f.w)
	if f.r.Method == http.MethodHead {
		return nil
	}
	f.w.WriteHeader(http.StatusOK)
	if err := f.push(); err != nil {
		return err
	}
	return f.run(ctx)
}

// run writes page after page. An error is one of the connection: nobody is there
// to be told.
func (f *feed) run(ctx context.Context) error {
	end, err := f.pages(ctx)
	if err != nil {
		return err
	}
	if f.ctx.Err() != nil {
		return f.ctx.Err()
	}
	if f.closing() {
		end = endStopping
	}
	return f.tell(FeedLine{Position: f.at(), End: end, Store: f.s.state.store[0]})
}

func (f *feed) closing() bool {
	select {
	case <-f.s.state.stopping:
		return true
	default:
		return false
	}
}

func (f *feed) at() string { return strconv.FormatUint(uint64(f.after), 10) }

// A logPage is a page of the log or what ended it.
type logPage struct {
	page domain.Page
	err  error
}

// pages writes what there is and, if it follows, what comes.
func (f *feed) pages(ctx context.Context) (end string, err error) {
	source := f.s.Store.ReadAll(ctx, f.after)
	if f.follow {
		source = f.s.Store.Follow(ctx, f.after)
	}
	pages := make(chan logPage)
	done := make(chan struct{})
	defer close(done)
	go func() {
		defer close(pages)
		for page, err := range source {
			select {
			case pages <- logPage{page, err}:
			case <-done:
				return
			}
		}
	}()
	beat := time.NewTicker(f.s.state.limits.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case p, ok := <-pages:
			switch end, err := f.page(p, ok); {
			case err != nil || end != "":
				return end, err
			}
		case <-beat.C:
			if err := f.tell(FeedLine{Position: f.at()}); err != nil {
				return "", err
			}
		}
	}
}

// page writes one page and says whether it was the last.
func (f *feed) page(p logPage, ok bool) (end string, err error) {
	switch {
	case !ok:
		return endHead, nil
	case p.err != nil:
		if !errors.Is(p.err, context.Canceled) {
			f.s.Log.Error("the audit feed cannot read on", "request", f.id, "after", uint64(f.after), "error", p.err)
		}
		return endFailed, nil
	}
	for _, e := range p.page.Entries {
		wanted, over := f.wants(e)
		if over {
			return endHead, f.flush()
		}
		if !wanted {
			continue
		}
		f.after = e.Position
		if err := f.write(e); err != nil {
			return "", err
		}
		if f.limit--; f.limit == 0 {
			return endLimit, nil
		}
	}
	f.after = p.page.UpTo
	return "", f.flush()
}

// wants reports whether an entry is asked for, and whether none after it can be.
// Personal values are nobody's.
func (f *feed) wants(e domain.Entry) (wanted, over bool) {
	rec, err := e.Envelope()
	switch {
	case err != nil:
		return false, false
	case f.when.Ended(&rec):
		return false, true
	case rec.Stream.Personal() || !f.when.Happened(&rec):
		return false, false
	case f.stream != "" && f.stream != string(rec.Stream) && f.stream != rec.Stream.Category():
		return false, false
	case f.actor != "" && f.actor != rec.Actor:
		return false, false
	}
	return len(f.types) == 0 || slices.Contains(f.types, rec.Type), false
}

// write adds an entry's line: its bytes as they are stored.
func (f *feed) write(e domain.Entry) error {
	f.line = append(f.line[:0], `{"position":"`...)
	f.line = strconv.AppendUint(f.line, uint64(e.Position), 10)
	f.line = append(f.line, `","entry":`...)
	f.line = append(f.line, e.Bytes...)
	f.line = append(f.line, "}\n"...)
	f.s.state.metrics.lines.Inc()
	return f.put(f.line)
}

func (f *feed) put(line []byte) error {
	if f.out.Available() < len(line) {
		if err := f.flush(); err != nil {
			return err
		}
	}
	n, err := f.out.Write(line)
	f.sent += int64(n)
	return err
}

// tell writes a line of the feed's own and sends it.
func (f *feed) tell(l FeedLine) error {
	if err := f.put(append(encode(l), '\n')); err != nil {
		return err
	}
	return f.flush()
}

// flush sends what was gathered.
func (f *feed) flush() error {
	if f.out.Buffered() == 0 {
		return nil
	}
	f.within()
	if err := f.out.Flush(); err != nil {
		return err
	}
	return f.push()
}

// push sends what the server holds back, the header at first.
func (f *feed) push() error {
	f.within()
	err := f.ctrl.Flush()
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// within sets by when the reader must have taken something: one who takes nothing
// for too long is left.
func (f *feed) within() {
	_ = f.ctrl.SetWriteDeadline(time.Now().Add(f.s.state.limits.Stall)) // where it cannot be set there is none
}
