package esdb

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	"tavoli/domain"
)

// A writer makes the appends of a generation, on connections of its own and not by the
// client, which does not listen to a server that answers before it was sent
// everything [12]. It begins where the client is connected, and goes where a server
// says that the leader is.
type writer struct {
	config client.Configuration

	mu    sync.Mutex
	at    string                      // where appends go
	conns map[string]*grpc.ClientConn // by address
}

func newWriter(config client.Configuration) *writer {
	w := &writer{config: config, at: config.Address, conns: make(map[string]*grpc.ClientConn)}
	if len(config.GossipSeeds) > 0 {
		w.at = config.GossipSeeds[0].String()
	}
	return w
}

// move lets further appends go to another node.
func (w *writer) move(address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = address
}

// conn returns the connection on which appends go now. Those to other nodes stay open,
// because others may wait for answers on them.
func (w *writer) conn() (*grpc.ClientConn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if conn, ok := w.conns[w.at]; ok {
		return conn, nil
	}
	options, err := dialing(&w.config)
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(w.at, options...)
	if err == nil {
		w.conns[w.at] = conn
	}
	return conn, err
}

// close closes all connections. Nobody uses them any longer.
func (w *writer) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range w.conns {
		conn.Close()
	}
}

// dialing returns how the client would connect.
func dialing(c *client.Configuration) ([]grpc.DialOption, error) {
	transport := insecure.NewCredentials()
	if !c.DisableTLS {
		config := &tls.Config{RootCAs: c.RootCAs, InsecureSkipVerify: c.SkipCertificateVerification}
		if c.UserCertFile != "" {
			pair, err := tls.LoadX509KeyPair(c.UserCertFile, c.UserKeyFile)
			if err != nil {
				return nil, final("the certificate for the event store: %w", err)
			}
			config.Certificates = []tls.Certificate{pair}
		}
		transport = credentials.NewTLS(config)
	}
	list := []grpc.DialOption{grpc.WithTransportCredentials(transport), grpc.WithDisableServiceConfig()}
	if c.KeepAliveInterval >= 0 {
		alive := keepalive.ClientParameters{Time: c.KeepAliveInterval, Timeout: c.KeepAliveTimeout, PermitWithoutStream: true}
		list = append(list, grpc.WithKeepaliveParams(alive))
	}
	return list, nil
}

// authorized adds the credentials to a call. Without TLS none are sent.
func (w *writer) authorized(ctx context.Context) context.Context {
	if w.config.DisableTLS || w.config.Username == "" || w.config.Password == "" {
		return ctx
	}
	both := base64.StdEncoding.EncodeToString([]byte(w.config.Username + ":" + w.config.Password))
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Basic "+both)
}

// append appends events and returns the position of the last, or 0 where the server
// does not tell.
func (w *writer) append(ctx context.Context, name string, after domain.Revision, events []client.EventData) (domain.Position, error) {
	conn, err := w.conn()
	if err != nil {
		return 0, err
	}
	call, err := streams.NewStreamsClient(conn).Append(w.authorized(ctx), notAgain)
	if err != nil {
		return 0, err
	}
	answer, err := deliver(call, name, after, events)
	if err != nil {
		return 0, w.heed(call.Trailer(), err)
	}
	if answer.GetWrongExpectedVersion() != nil {
		return 0, &answerError{client.ErrorCodeWrongExpectedVersion, fmt.Errorf("%s is not at revision %d", name, after)}
	}
	last := after + domain.Revision(len(events))
	if is := answer.GetSuccess().GetCurrentRevision(); is != uint64(last) {
		return 0, final("%s: the server has stored up to revision %d and not %d: %w", name, is, last, domain.ErrCorrupt)
	}
	return domain.Position(answer.GetSuccess().GetPosition().GetCommitPosition()), nil
}

// notAgain keeps gRPC from making a call anew by itself on another connection, with what
// was sent of it so far [13].
var notAgain = grpc.MaxRetryRPCBufferSize(0)

// deliver sends an append and returns the answer. Where not everything could be sent, it
// does not say that this was all, or a part would be stored; the answer says why.
func deliver(call streams.Streams_AppendClient, name string, after domain.Revision, events []client.EventData) (*streams.AppendResp, error) {
	err := send(call, name, after, events)
	if err == nil {
		return call.CloseAndRecv()
	}
	if !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err = call.RecvMsg(new(streams.AppendResp)); err == nil {
		err = fmt.Errorf("%s: the server answered in the middle of an append", name)
	}
	return nil, err
}

// send sends what is to be appended, until the server takes no more: then the error is
// [io.EOF], and its answer says why.
func send(call streams.Streams_AppendClient, name string, after domain.Revision, events []client.EventData) error {
	options := &streams.AppendReq_Options{StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(name)}}
	if options.ExpectedStreamRevision = (&streams.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}); after >= 0 {
		options.ExpectedStreamRevision = &streams.AppendReq_Options_Revision{Revision: uint64(after)}
	}
	if err := call.Send(&streams.AppendReq{Content: &streams.AppendReq_Options_{Options: options}}); err != nil {
		return err
	}
	for i := range events {
		message := &streams.AppendReq_ProposedMessage_{ProposedMessage: proposed(&events[i])}
		if err := call.Send(&streams.AppendReq{Content: message}); err != nil {
			return err
		}
	}
	return nil
}

// proposed writes an event as the protocol has it.
func proposed(e *client.EventData) *streams.AppendReq_ProposedMessage {
	most, least := client.UUIDAsInt64(e.EventID)
	return &streams.AppendReq_ProposedMessage{
		Id: &shared.UUID{Value: &shared.UUID_Structured_{
			Structured: &shared.UUID_Structured{MostSignificantBits: most, LeastSignificantBits: least},
		}},
		Metadata:       map[string]string{"type": e.EventType, "content-type": "application/json"},
		CustomMetadata: []byte{},
		Data:           e.Data,
	}
}

// heed reads what a server says of an append that it did not make, and goes where it
// says that the leader is.
func (w *writer) heed(trailer metadata.MD, err error) error {
	switch first(trailer, "exception") {
	case "not-leader":
		if host, port := first(trailer, "leader-endpoint-host"), first(trailer, "leader-endpoint-port"); host != "" && port != "" {
			w.move(net.JoinHostPort(host, port))
		}
		return &answerError{client.ErrorCodeNotLeader, err}
	case "stream-deleted":
		return &answerError{client.ErrorCodeStreamDeleted, err}
	}
	return err
}

func first(md metadata.MD, key string) string {
	if list := md.Get(key); len(list) > 0 {
		return list[0]
	}
	return ""
}
