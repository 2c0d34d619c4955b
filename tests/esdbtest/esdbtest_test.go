package esdbtest_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"tavoli/tests/esdbtest"
)

// A wire speaks the protocol to a server as the client does.
type wire struct {
	t       *testing.T
	streams streams.StreamsClient
	gossip  gossip.GossipClient
}

func dial(t *testing.T, s *esdbtest.Server) wire {
	t.Helper()
	conn, err := grpc.NewClient(s.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	return wire{t, streams.NewStreamsClient(conn), gossip.NewGossipClient(conn)}
}

func start(t *testing.T, file string, o esdbtest.Options) (*esdbtest.Log, *esdbtest.Server) {
	t.Helper()
	log, err := esdbtest.NewLog(file)
	must(t, err)
	s, err := esdbtest.Start(log, o)
	must(t, err)
	t.Cleanup(func() { s.Stop(); log.Close() })
	return log, s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// append appends events with these ids after a revision, -1 for none.
func (w wire) append(stream string, after int64, ids ...int64) (*streams.AppendResp, error) {
	call, err := w.streams.Append(w.t.Context())
	must(w.t, err)
	o := &streams.AppendReq_Options{StreamIdentifier: name(stream), ExpectedStreamRevision: &streams.AppendReq_Options_Revision{Revision: uint64(after)}}
	if after < 0 {
		o.ExpectedStreamRevision = &streams.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}
	}
	must(w.t, call.Send(&streams.AppendReq{Content: &streams.AppendReq_Options_{Options: o}}))
	for _, id := range ids {
		m := &streams.AppendReq_ProposedMessage{
			Id:       &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{LeastSignificantBits: id}}},
			Metadata: map[string]string{"type": "T", "content-type": "application/json"}, Data: []byte("{}"),
		}
		if err := call.Send(&streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: m}}); err != nil {
			break // the answer says why
		}
	}
	return call.CloseAndRecv()
}

// position appends and returns where the last event lies.
func (w wire) position(stream string, after int64, ids ...int64) uint64 {
	w.t.Helper()
	res, err := w.append(stream, after, ids...)
	must(w.t, err)
	if res.GetSuccess() == nil {
		w.t.Fatalf("%s after %d: %v", stream, after, res)
	}
	return res.GetSuccess().GetPosition().GetCommitPosition()
}

func name(stream string) *shared.StreamIdentifier {
	return &shared.StreamIdentifier{StreamName: []byte(stream)}
}

// all reads or, without a count, subscribes to $all from a position; 0: the start.
func all(at, count uint64, backwards bool) *streams.ReadReq {
	where := &streams.ReadReq_Options_AllOptions{AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}}}
	if at > 0 {
		where.AllOption = &streams.ReadReq_Options_AllOptions_Position{
			Position: &streams.ReadReq_Options_Position{CommitPosition: at, PreparePosition: at},
		}
	}
	o := &streams.ReadReq_Options{
		StreamOption: &streams.ReadReq_Options_All{All: where},
		CountOption:  &streams.ReadReq_Options_Count{Count: count},
		FilterOption: &streams.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}},
	}
	if backwards {
		o.ReadDirection = streams.ReadReq_Options_Backwards
	}
	if count == 0 {
		o.CountOption = &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}}
	}
	return &streams.ReadReq{Options: o}
}

// positions reads everything a call sends.
func (w wire) positions(req *streams.ReadReq) (list []uint64, err error) {
	call, err := w.streams.Read(w.t.Context(), req)
	must(w.t, err)
	for {
		res, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		list = append(list, res.GetEvent().GetEvent().GetCommitPosition())
	}
}

func TestEndsOfAll(t *testing.T) {
	_, s := start(t, "", esdbtest.Options{Version: "24.10.4"})
	w := dial(t, s)
	a, b, c := w.position("x-1", -1, 1), w.position("x-2", -1, 2), w.position("x-1", 0, 3)
	for what, c := range map[string]struct {
		req  *streams.ReadReq
		want []uint64
	}{
		"forwards, the position itself":      {all(b, 10, false), []uint64{b, c}},
		"backwards, what is before":          {all(b, 10, true), []uint64{a}},
		"forwards from the start, only some": {all(0, 2, false), []uint64{a, b}},
	} {
		got, err := w.positions(c.req)
		must(t, err)
		if len(got) != len(c.want) || got[0] != c.want[0] || got[len(got)-1] != c.want[len(c.want)-1] {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
	if _, err := w.positions(all(b-1, 10, false)); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a position that was never given: %v", err)
	}
}

// messages names what a subscription sends, as far as n messages.
func (w wire) messages(req *streams.ReadReq, n int, each func(n int, what string)) (list []string, err error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	call, err := w.streams.Read(ctx, req)
	must(w.t, err)
	for len(list) < n {
		res, err := call.Recv()
		if err != nil {
			return list, err
		}
		switch res.GetContent().(type) {
		case *streams.ReadResp_Confirmation:
			list = append(list, "confirmed")
		case *streams.ReadResp_Event:
			list = append(list, "event")
		case *streams.ReadResp_Checkpoint_:
			list = append(list, "checkpoint")
		case *streams.ReadResp_CaughtUp_:
			list = append(list, "caught up")
		}
		each(len(list), list[len(list)-1])
	}
	return list, nil
}

// TestSubscriptions shows the two ways of servers with filters.
func TestSubscriptions(t *testing.T) {
	for version, want := range map[string][]string{
		"23.10.6": {"confirmed", "event", "checkpoint", "caught up", "event"},
		"24.10.4": {"confirmed", "event", "checkpoint", "checkpoint", "caught up", "event", "checkpoint", "caught up"},
	} {
		t.Run(version, func(t *testing.T) {
			_, s := start(t, "", esdbtest.Options{Version: version})
			w := dial(t, s)
			w.position("x-1", -1, 1)
			w.position("y-1", -1, 2)
			req := all(0, 0, false)
			req.Options.FilterOption = &streams.ReadReq_Options_Filter{Filter: &streams.ReadReq_Options_FilterOptions{
				Filter: &streams.ReadReq_Options_FilterOptions_StreamIdentifier{
					StreamIdentifier: &streams.ReadReq_Options_FilterOptions_Expression{Prefix: []string{"x-"}},
				},
				Window: &streams.ReadReq_Options_FilterOptions_Max{Max: 2}, CheckpointIntervalMultiplier: 1,
			}}
			caught := false
			got, err := w.messages(req, len(want), func(_ int, what string) {
				if !caught && what == "caught up" {
					caught = true
					w.position("x-1", 0, 3)
				}
			})
			must(t, err)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("sent %v, want %v", got, want)
				}
			}
		})
	}
}

// TestPatterns filters by patterns, which may occur anywhere, of streams and of types.
func TestPatterns(t *testing.T) {
	expression := func(pattern string) *streams.ReadReq_Options_FilterOptions_Expression {
		return &streams.ReadReq_Options_FilterOptions_Expression{Regex: pattern}
	}
	stream := func(pattern string) *streams.ReadReq_Options_FilterOptions {
		return &streams.ReadReq_Options_FilterOptions{Filter: &streams.ReadReq_Options_FilterOptions_StreamIdentifier{StreamIdentifier: expression(pattern)}}
	}
	kind := &streams.ReadReq_Options_FilterOptions{Filter: &streams.ReadReq_Options_FilterOptions_EventType{EventType: expression("^T$")}}
	_, s := start(t, "", esdbtest.Options{})
	w := dial(t, s)
	w.position("x-1", -1, 1)
	w.position("$y-1", -1, 2)
	for what, c := range map[string]struct {
		filter *streams.ReadReq_Options_FilterOptions
		want   int
	}{
		"no system streams": {stream("^[^$]"), 1}, "anywhere": {stream("-1"), 2}, "nothing": {stream("^-1"), 0}, "types": {kind, 2},
	} {
		t.Run(what, func(t *testing.T) {
			req := all(0, 0, false)
			c.filter.Window, c.filter.CheckpointIntervalMultiplier = &streams.ReadReq_Options_FilterOptions_Max{Max: 32}, 1
			req.Options.FilterOption = &streams.ReadReq_Options_Filter{Filter: c.filter}
			got, err := w.messages(req, 2+c.want, func(int, string) {})
			must(t, err)
			if last := got[len(got)-1]; last != "caught up" {
				t.Errorf("sent %v, want %d events", got, c.want)
			}
		})
	}
	req := all(0, 0, false)
	broken := stream("(")
	broken.CheckpointIntervalMultiplier = 1
	req.Options.FilterOption = &streams.ReadReq_Options_Filter{Filter: broken}
	if _, err := w.messages(req, 2, func(int, string) {}); status.Code(err) != codes.Unknown {
		t.Errorf("a broken pattern: %v", err)
	}
}

func TestSlowConsumer(t *testing.T) {
	_, s := start(t, "", esdbtest.Options{LiveBuffer: 2})
	w := dial(t, s)
	w.position("x-1", -1, 1)
	_, err := w.messages(all(0, 0, false), 100, func(_ int, what string) {
		if what == "caught up" {
			w.position("x-1", 0, 2, 3, 4, 5)
		}
	})
	if status.Code(err) != codes.Aborted {
		t.Errorf("the subscription ended with %v", err)
	}
}

func TestTombstone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	log, s := start(t, file, esdbtest.Options{})
	w := dial(t, s)
	w.position("x-1", -1, 1)
	ctx, o := t.Context(), &streams.TombstoneReq_Options{StreamIdentifier: name("x-1"), ExpectedStreamRevision: &streams.TombstoneReq_Options_Any{Any: &shared.Empty{}}}
	_, err := w.streams.Tombstone(ctx, &streams.TombstoneReq{Options: o})
	must(t, err)
	var trailer metadata.MD
	_, err = w.streams.Tombstone(ctx, &streams.TombstoneReq{Options: o}, grpc.Trailer(&trailer))
	if v := trailer.Get("exception"); status.Code(err) != codes.FailedPrecondition || len(v) != 1 || v[0] != "stream-deleted" {
		t.Errorf("once more: %v, %v", err, trailer)
	}
	if _, err := w.append("x-1", 0, 2); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("append: %v", err)
	}
	if got := log.Len(); got != 2 {
		t.Errorf("$all has %d events before the scavenge, want 2", got)
	}
	log.Scavenge()
	if got := log.Len(); got != 1 {
		t.Errorf("$all has %d events after the scavenge, want 1", got)
	}
}

// TestRestart keeps the log in memory over a restart and in its file over the end.
func TestRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	_, s := start(t, file, esdbtest.Options{})
	w := dial(t, s)
	at := w.position("x-1", -1, 1, 2)
	must(t, s.Restart())
	s.Stop()
	_, s = start(t, file, esdbtest.Options{})
	w = dial(t, s)
	if again := w.position("x-1", -1, 1, 2); again != at {
		t.Errorf("the events are at %d, and were at %d", again, at)
	}
	res, err := w.append("x-1", 0, 3)
	must(t, err)
	if got := res.GetWrongExpectedVersion(); got.GetCurrentRevision() != 1 || got.GetExpectedRevision() != 0 {
		t.Errorf("the conflict is %v", got)
	}
}

func TestGossip(t *testing.T) {
	log, err := esdbtest.NewLog("")
	must(t, err)
	nodes, err := esdbtest.StartCluster(log, 3, esdbtest.Options{})
	must(t, err)
	for _, n := range nodes {
		t.Cleanup(n.Stop)
	}
	nodes[2].Lead()
	nodes[1].Stop()
	info, err := dial(t, nodes[0]).gossip.Read(t.Context(), &shared.Empty{})
	must(t, err)
	for i, m := range info.GetMembers() {
		if leads := m.GetState() == gossip.MemberInfo_Leader; leads != (i == 2) || m.GetIsAlive() != (i != 1) {
			t.Errorf("node %d is %v, alive %t", i, m.GetState(), m.GetIsAlive())
		}
	}
}
