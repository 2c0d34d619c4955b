package esdbtest

import (
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Read reads a stream or $all, or subscribes to $all.
func (v *streamsService) Read(req *streams.ReadReq, call streams.Streams_ReadServer) error {
	if err := v.s.enter(call.Context(), call.SetTrailer); err != nil {
		return err
	}
	o := req.GetOptions()
	_, subscription := o.GetCountOption().(*streams.ReadReq_Options_Subscription)
	switch {
	case subscription && o.GetAll() != nil:
		return v.s.subscribe(o, call)
	case subscription:
		return status.Error(codes.Unimplemented, "the test server has subscriptions to $all only")
	case o.GetCount() == 0:
		return thrown("the count must be positive")
	case o.GetAll() != nil:
		return v.s.readAll(o, call)
	}
	return v.s.readStream(o, call)
}

func (s *Server) readStream(o *streams.ReadReq_Options, call streams.Streams_ReadServer) error {
	name := string(o.GetStream().GetStreamIdentifier().GetStreamName())
	backwards := o.GetReadDirection() == streams.ReadReq_Options_Backwards
	have, gone := s.log.stream(name)
	switch {
	case gone:
		return deleted(name, call.SetTrailer)
	case len(have) == 0:
		return call.Send(&streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{
			StreamNotFound: &streams.ReadResp_StreamNotFound{StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(name)}},
		}})
	case backwards:
		return s.sendBackwards(have, o, call)
	}
	next := o.GetStream().GetRevision() // 0 from the start
	for count := o.GetCount(); count > 0; {
		have, _ = s.log.stream(name) // the real server too reads on while the stream grows
		if next >= uint64(len(have)) {
			return nil
		}
		page := have[next:min(uint64(len(have)), next+50)]
		page = page[:min(uint64(len(page)), count)]
		if err := send(call, page); err != nil {
			return err
		}
		next += uint64(len(page))
		count -= uint64(len(page))
	}
	return nil
}

func (s *Server) sendBackwards(have []*record, o *streams.ReadReq_Options, call streams.Streams_ReadServer) error {
	if at, ok := o.GetStream().GetRevisionOption().(*streams.ReadReq_Options_StreamOptions_Revision); ok {
		have = have[:min(uint64(len(have)), at.Revision+1)]
	}
	have = slices.Clone(have[uint64(len(have))-min(o.GetCount(), uint64(len(have))):])
	slices.Reverse(have)
	return send(call, have)
}

// readAll reads forwards from a position on, or backwards from before it.
func (s *Server) readAll(o *streams.ReadReq_Options, call streams.Streams_ReadServer) error {
	from, err := s.position(o)
	if err != nil {
		return err
	}
	if o.GetReadDirection() == streams.ReadReq_Options_Backwards {
		list, _, _ := s.log.all(0)
		if _, end := o.GetAll().GetAllOption().(*streams.ReadReq_Options_AllOptions_End); !end {
			list = slices.DeleteFunc(slices.Clone(list), func(r *record) bool { return r.Position >= from })
		}
		list = slices.Clone(list[uint64(len(list))-min(o.GetCount(), uint64(len(list))):])
		slices.Reverse(list)
		return send(call, list)
	}
	for count := o.GetCount(); count > 0; {
		list, _, _ := s.log.all(from)
		page := list[:min(len(list), 50)]
		page = page[:min(uint64(len(page)), count)]
		if len(page) == 0 {
			return nil
		}
		if err := send(call, page); err != nil {
			return err
		}
		from = page[len(page)-1].Position + 1
		count -= uint64(len(page))
	}
	return nil
}

// position returns where in $all a call begins. A position that this log never
// gave is refused by newer servers; older ones take what comes next.
func (s *Server) position(o *streams.ReadReq_Options) (uint64, error) {
	p := o.GetAll().GetPosition()
	if p == nil {
		return 0, nil
	}
	if p.CommitPosition < p.PreparePosition {
		return 0, thrown("the commit position is less than the prepare position")
	}
	if _, _, exact := s.log.all(p.CommitPosition); !exact && s.strict && !s.scavenged() {
		return 0, status.Error(codes.InvalidArgument, "invalid position")
	}
	return p.CommitPosition, nil
}

func (s *Server) scavenged() bool {
	s.log.mu.RLock()
	defer s.log.mu.RUnlock()
	return s.log.scavenged
}

func send(call streams.Streams_ReadServer, list []*record) error {
	for _, r := range list {
		if err := call.Send(&streams.ReadResp{Content: &streams.ReadResp_Event{Event: event(r)}}); err != nil {
			return err
		}
	}
	return nil
}

func event(r *record) *streams.ReadResp_ReadEvent {
	content := "application/octet-stream"
	if r.JSON {
		content = "application/json"
	}
	return &streams.ReadResp_ReadEvent{
		Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: r.Position},
		Event: &streams.ReadResp_ReadEvent_RecordedEvent{
			Id: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
				MostSignificantBits:  int64(binary.BigEndian.Uint64(r.ID[:8])),
				LeastSignificantBits: int64(binary.BigEndian.Uint64(r.ID[8:])),
			}}},
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(r.Stream)},
			StreamRevision:   uint64(r.Revision), CommitPosition: r.Position, PreparePosition: r.Position,
			Metadata:       map[string]string{"type": r.Type, "content-type": content, "created": strconv.FormatInt(r.Created, 10)},
			CustomMetadata: r.Meta, Data: r.Data,
		},
	}
}
