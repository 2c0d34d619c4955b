package esdbtest

import (
	"context"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Faults are what goes wrong when a test says so.
type Faults struct {
	fmu     sync.Mutex
	delay   time.Duration
	fail    *status.Status
	fails   int
	lose    *status.Status
	loses   int
	swallow int
	curtail int
	mute    bool
	drop    chan struct{} // closed to drop all subscriptions
	dropAs  *status.Status
}

// Delay makes every call on streams wait.
func (f *Faults) Delay(d time.Duration) {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.delay = d
}

// Fail makes the next n calls on streams fail before anything is done.
func (f *Faults) Fail(n int, code codes.Code, text string) {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.fails, f.fail = n, status.New(code, text)
}

// LoseAnswers makes the next n appends fail after they were stored.
func (f *Faults) LoseAnswers(n int, code codes.Code) {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.loses, f.lose = n, status.New(code, "the answer was lost")
}

// Swallow makes the next n appends store nothing and never answer, as happens
// during elections.
func (f *Faults) Swallow(n int) {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.swallow = n
}

// Curtail makes the next n appends store all they bring but the last event, and say that
// they went well.
func (f *Faults) Curtail(n int) {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.curtail = n
}

// curtailed returns what is to be stored of a list.
func (f *Faults) curtailed(list []*record) []*record {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	if f.curtail == 0 {
		return list
	}
	f.curtail--
	return list[:len(list)-1]
}

// Mute makes subscriptions send nothing more while they seem to live.
func (f *Faults) Mute(on bool) {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.mute = on
}

func (f *Faults) muted() bool {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	return f.mute
}

// DropSubscriptions ends all subscriptions there are.
func (f *Faults) DropSubscriptions(code codes.Code, text string) {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	f.dropAs = status.New(code, text)
	if f.drop != nil {
		close(f.drop)
		f.drop = nil
	}
}

// dropped returns what is closed when subscriptions are to end.
func (f *Faults) dropped() <-chan struct{} {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	if f.drop == nil {
		f.drop = make(chan struct{})
	}
	return f.drop
}

func (f *Faults) dropStatus() error {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	return f.dropAs.Err()
}

// enter is the beginning of every call on streams.
func (s *Server) enter(ctx context.Context, trailer func(metadata.MD)) error {
	s.calls.Add(1)
	if insists(ctx) {
		s.leaderly.Add(1)
	}
	s.fmu.Lock()
	wait, failure := s.delay, error(nil)
	if s.fails > 0 {
		s.fails--
		failure = s.fail.Err()
	}
	s.fmu.Unlock()
	select {
	case <-time.After(wait):
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
	if failure != nil {
		return failure
	}
	return s.checkLeader(ctx, trailer)
}

// insists reports whether only the leader is to answer a call.
func insists(ctx context.Context) bool {
	md, _ := metadata.FromIncomingContext(ctx)
	v := md.Get("requires-leader")
	return len(v) == 1 && v[0] == "true"
}

// checkLeader tells who insists on the leader where it is.
func (s *Server) checkLeader(ctx context.Context, trailer func(metadata.MD)) error {
	leader := s.cluster.lead()
	if leader == s || leader == nil || !insists(ctx) {
		return nil
	}
	host, port, err := leader.endpoint()
	if err != nil {
		return err
	}
	trailer(metadata.Pairs("exception", "not-leader", "leader-endpoint-host", host, "leader-endpoint-port", strconv.Itoa(int(port))))
	return status.Error(codes.NotFound, "Leader info available")
}

// swallowed waits for the end of the call if its append is to be lost.
func (s *Server) swallowed(ctx context.Context) error {
	s.fmu.Lock()
	hit := s.swallow > 0
	if hit {
		s.swallow--
	}
	s.fmu.Unlock()
	if hit {
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	return nil
}

// lost returns what the caller is told instead of the answer.
func (s *Server) lost() error {
	s.fmu.Lock()
	defer s.fmu.Unlock()
	if s.loses == 0 {
		return nil
	}
	s.loses--
	return s.lose.Err()
}

// deleted is the answer about a stream that has a tombstone.
func deleted(stream string, trailer func(metadata.MD)) error {
	trailer(metadata.Pairs("exception", "stream-deleted", "stream-name", stream))
	return status.Errorf(codes.FailedPrecondition, "Event stream '%s' is deleted.", stream)
}

// trailerOf returns what sets the trailers of a unary call.
func trailerOf(ctx context.Context) func(metadata.MD) {
	return func(md metadata.MD) { _ = grpc.SetTrailer(ctx, md) } // fails only outside of a call
}
