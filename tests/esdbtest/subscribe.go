package esdbtest

import (
	"regexp"
	"slices"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/google/uuid"
)

// A subscription is one to $all.
type subscription struct {
	s        *Server
	call     streams.Streams_ReadServer
	keep     func(*record) bool
	every    int // examined events between two checkpoints; 0: none
	examined int
	next     uint64 // where to read on
	last     uint64 // the last position examined
	live     bool
}

func (s *Server) subscribe(o *streams.ReadReq_Options, call streams.Streams_ReadServer) error {
	sub := &subscription{s: s, call: call}
	var err error
	if sub.keep, sub.every, err = filter(o); err != nil {
		return err
	}
	if sub.next, err = s.beginning(o); err != nil {
		return err
	}
	s.subs.Add(1)
	defer s.subs.Add(-1)
	dropped := s.dropped()
	confirmation := &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: uuid.NewString()}
	if err := call.Send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{Confirmation: confirmation}}); err != nil {
		return err
	}
	return sub.run(dropped)
}

// beginning returns where a subscription reads first: after what it names.
func (s *Server) beginning(o *streams.ReadReq_Options) (uint64, error) {
	if _, end := o.GetAll().GetAllOption().(*streams.ReadReq_Options_AllOptions_End); end {
		s.log.mu.RLock()
		defer s.log.mu.RUnlock()
		return s.log.end, nil
	}
	from, err := s.position(o)
	if err != nil || from == 0 {
		return 0, err
	}
	if list, _, exact := s.log.all(from); !exact && !s.modern && len(list) > 0 {
		return list[0].Position + 1, nil // 23.10 skips the event it finds there, whichever it is
	}
	return from + 1, nil
}

// filter returns which records a subscription is to be sent.
func filter(o *streams.ReadReq_Options) (func(*record) bool, int, error) {
	f := o.GetFilter()
	if f == nil {
		return func(*record) bool { return true }, 0, nil
	}
	by, name := f.GetStreamIdentifier(), func(r *record) string { return r.Stream }
	if f.GetEventType() != nil {
		by, name = f.GetEventType(), func(r *record) string { return r.Type }
	}
	if f.GetCheckpointIntervalMultiplier() == 0 {
		return nil, 0, thrown("the checkpoint interval must be positive")
	}
	matches, err := matcher(by)
	window := max(int(f.GetMax()), 1)
	return func(r *record) bool { return matches(name(r)) }, window * int(f.GetCheckpointIntervalMultiplier()), err
}

// matcher returns which names an expression matches: those with one of its prefixes,
// or those in which its pattern occurs anywhere. Patterns are of RE2 here and of .NET
// on the real server; what both know means the same.
func matcher(by *streams.ReadReq_Options_FilterOptions_Expression) (func(string) bool, error) {
	if by.GetRegex() == "" {
		return func(name string) bool {
			return slices.ContainsFunc(by.GetPrefix(), func(p string) bool { return strings.HasPrefix(name, p) })
		}, nil
	}
	pattern, err := regexp.Compile(by.GetRegex())
	if err != nil {
		return nil, thrown(err.Error())
	}
	return pattern.MatchString, nil
}

// run catches up, says so, and goes on.
func (sub *subscription) run(dropped <-chan struct{}) error {
	for {
		list, changed, _ := sub.s.log.all(sub.next)
		if len(list) > 0 && !sub.s.muted() {
			if sub.live && !sub.s.modern && len(list) > sub.s.options.LiveBuffer {
				return status.Error(codes.Aborted, "Consumer too slow to handle event while live. Client resubscription required.")
			}
			if err := sub.send(list[:min(len(list), 32)]); err != nil {
				return err
			}
			continue
		}
		if err := sub.caughtUp(); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-dropped:
			return sub.s.dropStatus()
		case <-sub.call.Context().Done():
			return status.FromContextError(sub.call.Context().Err()).Err()
		}
	}
}

func (sub *subscription) send(list []*record) error {
	for _, r := range list {
		sub.next, sub.last = r.Position+1, r.Position
		sub.examined++
		if sub.keep(r) {
			if err := send(sub.call, []*record{r}); err != nil {
				return err
			}
		}
		if sub.every > 0 && sub.examined >= sub.every {
			if err := sub.checkpoint(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (sub *subscription) checkpoint() error {
	sub.examined = 0
	return sub.call.Send(&streams.ReadResp{Content: &streams.ReadResp_Checkpoint_{
		Checkpoint: &streams.ReadResp_Checkpoint{CommitPosition: sub.last, PreparePosition: sub.last},
	}})
}

// caughtUp tells the subscriber once, or each time with newer servers, which
// send a checkpoint before.
func (sub *subscription) caughtUp() error {
	if sub.live && (!sub.s.modern || sub.examined == 0) {
		return nil
	}
	sub.live = true
	if sub.s.modern && sub.every > 0 && sub.last > 0 {
		if err := sub.checkpoint(); err != nil {
			return err
		}
	}
	return sub.call.Send(&streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}})
}
