package esdbtest

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// maxAppend is the most bytes of one append.
const maxAppend = 1 << 20

type streamsService struct {
	streams.UnimplementedStreamsServer
	s *Server
}

// Append stores events in one stream.
func (v *streamsService) Append(call streams.Streams_AppendServer) error {
	v.s.appends.Add(1)
	if err := v.s.enter(call.Context(), call.SetTrailer); err != nil {
		return err
	}
	first, err := call.Recv()
	if err != nil {
		return err
	}
	o := first.GetOptions()
	name := string(o.GetStreamIdentifier().GetStreamName())
	expected, err := expectedRevision(o)
	if err != nil {
		return err
	}
	list, err := receive(call)
	if err != nil {
		return err
	}
	if name == "" || len(list) == 0 {
		return thrown("a stream and events are needed")
	}
	if err := v.s.swallowed(call.Context()); err != nil {
		return err
	}
	what, revision, position, err := v.s.log.append(name, expected, v.s.curtailed(list))
	if err == nil {
		err = v.s.lost()
	}
	switch {
	case err != nil:
		return err
	case what == streamDeleted:
		return deleted(name, call.SetTrailer)
	case what == wrongVersion:
		return call.SendAndClose(wrong(expected, revision))
	}
	return call.SendAndClose(success(revision, position))
}

func expectedRevision(o *streams.AppendReq_Options) (int64, error) {
	switch e := o.GetExpectedStreamRevision().(type) {
	case *streams.AppendReq_Options_Revision:
		return int64(e.Revision), nil
	case *streams.AppendReq_Options_NoStream:
		return noStream, nil
	}
	return 0, status.Error(codes.Unimplemented, "the test server knows exact revisions only")
}

// receive takes the events of an append.
func receive(call streams.Streams_AppendServer) ([]*record, error) {
	var list []*record
	size := 0
	for {
		req, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		m := req.GetProposedMessage()
		kind, content := m.GetMetadata()["type"], m.GetMetadata()["content-type"]
		if kind == "" || content == "" {
			return nil, status.Error(codes.InvalidArgument, "Required Metadata Property 'type' is missing")
		}
		r := &record{ID: idOf(m.GetId()), Type: kind, JSON: content == "application/json", Data: m.GetData(), Meta: m.GetCustomMetadata()}
		if r.ID == uuid.Nil {
			return nil, thrown("an event has no id")
		}
		if size += len(r.Data) + len(r.Meta) + 2*len(r.Type); size > maxAppend {
			call.SetTrailer(metadata.Pairs("exception", "maximum-append-size-exceeded"))
			return nil, status.Errorf(codes.InvalidArgument, "Maximum Append Size of %d Exceeded.", maxAppend)
		}
		list = append(list, r)
	}
}

func idOf(id *shared.UUID) (out uuid.UUID) {
	if s := id.GetStructured(); s != nil {
		binary.BigEndian.PutUint64(out[:8], uint64(s.MostSignificantBits))
		binary.BigEndian.PutUint64(out[8:], uint64(s.LeastSignificantBits))
	}
	return out
}

func success(revision int64, position uint64) *streams.AppendResp {
	return &streams.AppendResp{Result: &streams.AppendResp_Success_{Success: &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(revision)},
		PositionOption: &streams.AppendResp_Success_Position{
			Position: &streams.AppendResp_Position{CommitPosition: position, PreparePosition: position},
		},
	}}}
}

func wrong(expected, current int64) *streams.AppendResp {
	w := &streams.AppendResp_WrongExpectedVersion{}
	if w.CurrentRevisionOption = (&streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: uint64(current)}); current == noStream {
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &shared.Empty{}}
	}
	if w.ExpectedRevisionOption = (&streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: uint64(expected)}); expected == noStream {
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &shared.Empty{}}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: w}}
}

// Tombstone deletes a stream for good, whatever its revision.
func (v *streamsService) Tombstone(ctx context.Context, req *streams.TombstoneReq) (*streams.TombstoneResp, error) {
	if err := v.s.enter(ctx, trailerOf(ctx)); err != nil {
		return nil, err
	}
	if req.GetOptions().GetAny() == nil {
		return nil, status.Error(codes.Unimplemented, "the test server deletes whatever the revision")
	}
	name := string(req.GetOptions().GetStreamIdentifier().GetStreamName())
	what, position, err := v.s.log.tombstone(name)
	if err == nil {
		err = v.s.lost()
	}
	switch {
	case err != nil:
		return nil, err
	case what == streamDeleted:
		return nil, deleted(name, trailerOf(ctx))
	}
	return &streams.TombstoneResp{PositionOption: &streams.TombstoneResp_Position_{
		Position: &streams.TombstoneResp_Position{CommitPosition: position, PreparePosition: position},
	}}, nil
}
