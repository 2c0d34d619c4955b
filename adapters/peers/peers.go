package peers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A State is what a node knows of another.
type State string

// The states of a peer.
const (
	Waiting     State = "waiting"     // nothing could be compared yet
	Agrees      State = "agrees"      // what was compared last is the same
	Differs     State = "differs"     // it is not
	Unreachable State = "unreachable" // it does not answer in time
	Refused     State = "refused"     // it takes our token for no node's: other keys
	OtherStore  State = "other-store" // its log is another one
	Unreadable  State = "unreadable"  // what it answers makes no sense
	Self        State = "self"        // it is this node
)

// A Peer is another node, as this one sees it.
type Peer struct {
	URL      string
	Node     string
	State    State
	Detail   string          // what is wrong, for people
	Position domain.Position // up to where its read models had come
	Lag      domain.Position // how far behind ours they were
	Seen     time.Time       // when it last answered; zero: never
	Agreed   time.Time       // when it last agreed; zero: never
	At       domain.Position // where it last agreed or, where it differs, did not
	Models   []string        // that differ
}

// Peers are the other nodes of a register. Set it up before it is used.
type Peers struct {
	URLs     []string
	Token    string          // by which nodes know each other
	Node     string          // which node this is
	Identity domain.Identity // of the store
	View     *projections.View
	Log      *slog.Logger
	Now      func() time.Time

	Every   time.Duration // how often each is asked; 0: 30 seconds
	Timeout time.Duration // how long it may take to answer; 0: 5 seconds
	Confirm time.Duration // after how long a difference is looked at again; 0: 3 seconds

	once   sync.Once
	client *http.Client
	mu     sync.Mutex
	list   []*peer
}

// A peer is what is kept of another node.
type peer struct {
	Peer
	newest domain.Position // ours, when it was last asked
}

// Address returns the address of a node without what follows its host, or why it is
// none.
func Address(text string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return "", fmt.Errorf("%q is no address", text)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return "", fmt.Errorf("%q is not as http://node:8080", u.Redacted())
	}
	return u.Scheme + "://" + u.Host, nil
}

// start fills in what was left to us.
func (p *Peers) start() {
	p.once.Do(func() {
		p.Every, p.Timeout, p.Confirm = or(p.Every, 30*time.Second), or(p.Timeout, 5*time.Second), or(p.Confirm, 3*time.Second)
		p.client = &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: 2, IdleConnTimeout: 2 * time.Minute, ResponseHeaderTimeout: p.Timeout},
			// The token is for the node that was asked, and for nobody it names.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		for _, u := range p.URLs {
			p.list = append(p.list, &peer{Peer: Peer{URL: u, State: Waiting}})
		}
	})
}

func or(d, other time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return other
}

// List returns what is known of each peer.
func (p *Peers) List() []Peer {
	p.start()
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Peer, len(p.list))
	for i, o := range p.list {
		list[i] = o.Peer
	}
	return list
}

// Count returns how many peers are in one of some states.
func (p *Peers) Count(states ...State) (n int) {
	for _, o := range p.List() {
		for _, s := range states {
			if o.State == s {
				n++
			}
		}
	}
	return n
}

// Run asks the peers how they are until ctx is done.
func (p *Peers) Run(ctx context.Context) {
	p.start()
	var all sync.WaitGroup
	for _, o := range p.list {
		all.Go(func() { p.attend(ctx, o) })
	}
	all.Wait()
	p.client.CloseIdleConnections()
}

// attend asks one peer from time to time. A difference counts when it is still there
// a little later: what was forgotten here may be forgotten there a moment after.
func (p *Peers) attend(ctx context.Context, o *peer) {
	for {
		f := p.look(ctx, o)
		if f.state == Differs && p.stateOf(o) != Differs && wait(ctx, p.Confirm) {
			f = p.look(ctx, o)
		}
		if ctx.Err() != nil {
			return
		}
		p.note(o, f)
		pause := p.Every
		if f.state == Unreachable || p.stateOf(o) == Waiting { // it may be starting
			pause /= 6
		}
		if !wait(ctx, pause) {
			return
		}
	}
}

// wait reports whether a time went by before ctx was done.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (p *Peers) stateOf(o *peer) State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return o.State
}

// note keeps what was found, and logs what changed. Only agreement ends an alarm.
func (p *Peers) note(o *peer, f finding) {
	p.mu.Lock()
	was := o.Peer
	o.Detail, o.newest = f.detail, f.mine
	if f.answered() {
		o.Node, o.Position, o.Lag, o.Seen = f.theirs.Node, f.theirs.Position, f.lag(), p.Now()
	}
	switch {
	case f.state == Agrees:
		o.Agreed, o.At, o.Models = p.Now(), f.at, nil
	case f.state == Differs:
		o.At, o.Models = f.at, f.models
	case was.State == Differs:
		f.state = Differs
	case f.state == Waiting && was.State == Agrees:
		f.state = Agrees
	}
	o.State = f.state
	now := o.Peer
	p.mu.Unlock()
	if was.State != now.State {
		p.tell(was, now)
	}
}

// tell logs that a peer changed its state.
func (p *Peers) tell(was, now Peer) {
	switch {
	case now.State == Differs:
		p.Log.Error("the read models of two nodes differ", "models", strings.Join(now.Models, " "), "position", uint64(now.At), "node", p.Node, "peer", now.URL, "peer_node", now.Node)
	case now.State == OtherStore, now.State == Refused, now.State == Unreadable:
		p.Log.Error("another node cannot be compared with", "peer", now.URL, "state", string(now.State), "detail", now.Detail)
	case now.State == Unreachable:
		p.Log.Warn("another node does not answer", "peer", now.URL, "detail", now.Detail)
	case was.State == Differs:
		p.Log.Warn("the read models of two nodes agree again", "position", uint64(now.At), "node", p.Node, "peer", now.URL)
	default:
		p.Log.Info("another node", "peer", now.URL, "state", string(now.State), "position", uint64(now.At))
	}
}
