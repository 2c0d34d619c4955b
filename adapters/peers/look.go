package peers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// An Answer is what a node tells others of its read models.
type Answer struct {
	Node     string                `json:"node"`
	Store    domain.Identity       `json:"store"`
	Position domain.Position       `json:"position,string"` // of the newest entry that they show
	Readings []projections.Reading `json:"readings"`
}

// maxAnswer is how many bytes of an answer are read: some sixteen readings are a
// tenth of it.
const maxAnswer = 1 << 20

// A finding is what came of asking a peer.
type finding struct {
	state  State
	detail string
	theirs Answer
	mine   domain.Position // our newest
	at     domain.Position // where the two were compared
	models []string
}

// answered reports whether the peer told how it is.
func (f finding) answered() bool { return f.theirs.Node != "" }

// lag returns how far the peer is behind us.
func (f finding) lag() domain.Position { return f.mine - min(f.mine, f.theirs.Position) }

// look asks a peer for its readings and compares them with ours. Where nothing
// happens any more the readings in store grow old: if both stand where we stood
// the last time, too, both read once there.
func (p *Peers) look(ctx context.Context, o *peer) finding {
	f := p.ask(ctx, o.URL, 0)
	if f.state != Waiting {
		return f
	}
	p.compare(&f, p.View.Readings())
	p.mu.Lock()
	still := o.newest == f.mine && f.mine == f.theirs.Position && f.mine > 0
	p.mu.Unlock()
	if !still || f.at == f.mine {
		return f
	}
	mine, ok := p.View.ReadingAt(f.mine)
	again := p.ask(ctx, o.URL, f.mine)
	if !ok || again.state != Waiting {
		return f
	}
	p.compare(&again, append(p.View.Readings(), mine))
	return again
}

// compare looks at the newest position of which both have a reading.
func (p *Peers) compare(f *finding, mine []projections.Reading) {
	for _, ours := range mine {
		for _, theirs := range f.theirs.Readings {
			if ours.Position != theirs.Position || ours.Position < f.at {
				continue
			}
			f.at, f.state, f.models = ours.Position, Agrees, ours.Differs(theirs)
			if len(f.models) > 0 {
				f.state = Differs
			}
		}
	}
}

// ask asks a peer for its readings, and for one at a position unless that is 0.
func (p *Peers) ask(ctx context.Context, base string, at domain.Position) finding {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	path := "/nodes/digests"
	if at > 0 {
		path += "?at=" + strconv.FormatUint(uint64(at), 10)
	}
	f := finding{state: Waiting, mine: p.View.Newest()}
	resp, err := p.send(ctx, http.MethodGet, base, path, nil)
	if err != nil {
		f.state, f.detail = stateOf(err), err.Error()
		return f
	}
	defer resp.Body.Close()
	var theirs Answer
	if err := read(resp.Body, &theirs); err != nil {
		f.state, f.detail = Unreadable, err.Error()
		if errors.Is(err, context.DeadlineExceeded) {
			f.state = Unreachable
		}
		return f
	}
	return p.place(f, theirs)
}

// place says whether the one that answered can be compared with.
func (p *Peers) place(f finding, theirs Answer) finding {
	switch f.theirs = theirs; {
	case theirs.Node == p.Node:
		f.state = Self
	case theirs.Store != p.Identity:
		f.state, f.detail = OtherStore, fmt.Sprintf("its store is %s, ours is %s", theirs.Store, p.Identity)
	}
	return f
}

// read reads an answer. What is too long, cut off or no reading is refused whole.
func read(body io.Reader, into *Answer) error {
	raw, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("its answer was cut off: %w", err)
	case len(raw) > maxAnswer:
		return fmt.Errorf("its answer has more than %d bytes", maxAnswer)
	case json.Unmarshal(raw, into) != nil || into.Node == "":
		return errors.New("it does not answer as a node of Tavoli does")
	}
	return nil
}

// A statusError is an answer that is none of success.
type statusError int

// Error implements error.
func (e statusError) Error() string { return fmt.Sprintf("it answers with status %d", int(e)) }

// stateOf reads why a peer could not be asked.
func stateOf(err error) State {
	status, answered := errors.AsType[statusError](err)
	switch {
	case !answered, status >= 500 && status != http.StatusNotImplemented, status == http.StatusTooManyRequests:
		return Unreachable
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return Refused
	}
	return Unreadable
}

// send sends a request to a peer. The caller closes the body of the answer.
func (p *Peers) send(ctx context.Context, method, base, path string, body io.Reader) (*http.Response, error) {
	p.start()
	req, err := http.NewRequestWithContext(ctx, method, base+"/api/v1"+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+p.Token)
	req.Header.Set("Accept", "*/*")
	if body != nil {
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // so that the connection can be used again
		return nil, errors.Join(statusError(resp.StatusCode), resp.Body.Close())
	}
	return resp, nil
}

// within returns a context that ends after a time in which a file can be carried.
func within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, carryTime)
}

// carryTime is how long carrying one document from node to node may take.
const carryTime = 20 * time.Second
