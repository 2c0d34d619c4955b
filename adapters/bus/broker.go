package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/ThreeDotsLabs/watermill"
	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"tavoli/domain"
)

// Errors of a broker.
var (
	ErrNoBroker      = &domain.Error{Kind: domain.Unknown, Code: "broker-down", Text: "the broker cannot be reached"}
	ErrStreamMissing = &domain.Error{Kind: domain.NotFound, Code: "broker-stream-missing", Text: "the broker has no such stream; create it, or add create=true to the address"}
	ErrStreamSubject = &domain.Error{Kind: domain.Refused, Code: "broker-stream-subjects", Text: "the broker's stream does not take the subjects it is to take"}
)

// A Broker is a connection to NATS JetStream and a publisher of messages there:
// the topic is the subject, the metadata are headers and the message's UUID is
// its Nats-Msg-Id, by which JetStream drops what it has already. A message is
// published when JetStream has acknowledged it. While the broker is down every
// message fails at once, and the connection is tried again for ever.
type Broker struct {
	settings  settings
	logger    *slog.Logger
	life      context.Context // until Close
	end       context.CancelFunc
	conn      *nats.Conn
	js        nats.JetStreamContext
	publisher *wmnats.Publisher

	mu    sync.Mutex
	ready bool // the stream was there when last looked for
}

// Connect returns the broker at an address such as
//
//	nats://user:password@host:4222?stream=TAVOLI&create=true&max_age=720h
//
// whether it is up or not: the state of the broker is never an error of Connect,
// only an address that makes no sense is. docs/bus.md lists the parameters.
// The connection ends with ctx or with Close.
func Connect(ctx context.Context, address string, logger *slog.Logger) (*Broker, error) {
	s, err := parseBroker(address)
	if err != nil {
		return nil, err
	}
	b := &Broker{settings: s, logger: orDiscard(logger)}
	if b.conn, err = b.connect(); err != nil {
		return nil, err
	}
	if b.js, err = b.conn.JetStream(nats.MaxWait(s.timeout)); err == nil {
		b.publisher, err = wmnats.NewPublisherWithNatsConn(b.conn, wmnats.PublisherPublishConfig{
			Marshaler:         &wmnats.NATSMarshaler{},
			SubjectCalculator: wmnats.DefaultSubjectCalculator,
			JetStream: wmnats.JetStreamConfig{
				TrackMsgId:     true,
				ConnectOptions: []nats.JSOpt{nats.MaxWait(s.timeout)},
				PublishOptions: slices.Clip([]nats.PubOpt{nats.ExpectStream(s.stream.Name)}), // appended to by many at once
			},
		}, watermill.NopLogger{})
	}
	if err != nil {
		b.conn.Close()
		return nil, fmt.Errorf("connect to %s: %w", s, err)
	}
	b.life, b.end = context.WithCancel(ctx)
	context.AfterFunc(b.life, b.conn.Close)
	return b, nil
}

// connect opens a connection that mends itself.
func (b *Broker) connect() (*nats.Conn, error) {
	say := func(text string) nats.ConnHandler {
		return func(c *nats.Conn) {
			b.logger.Info(text, "broker", b.settings.String(), "server", c.ConnectedUrlRedacted())
		}
	}
	options := slices.Concat(b.settings.options, []nats.Option{
		nats.ConnectHandler(say("connected to the broker")),
		nats.ReconnectHandler(say("connected to the broker again")),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				b.logger.Warn("the connection to the broker broke", "broker", b.settings.String(), "error", err.Error())
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.logger.Warn("the broker reports an error", "broker", b.settings.String(), "error", err.Error())
		}),
	})
	servers := nats.GetDefaultOptions()
	servers.Servers = b.settings.servers
	for _, option := range options {
		if err := option(&servers); err != nil {
			return nil, fmt.Errorf("connect to %s: %w", b.settings, err)
		}
	}
	conn, err := servers.Connect()
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", b.settings, err)
	}
	return conn, nil
}

// String names the broker without its credentials.
func (b *Broker) String() string { return b.settings.String() }

// Connected reports whether there is a connection at the moment.
func (b *Broker) Connected() bool { return b.conn.IsConnected() }

// Close ends the connection. What is being published fails.
func (b *Broker) Close() error {
	b.end()
	b.conn.Close()
	return nil
}

// Publish implements [message.Publisher]. It is safe for concurrent use.
func (b *Broker) Publish(topic string, messages ...*message.Message) error {
	if err := b.prepare(); err != nil {
		return err
	}
	err := b.publisher.Publish(topic, messages...)
	if errors.Is(err, nats.ErrNoStreamResponse) {
		b.forget()
		return fmt.Errorf("%s: %w: nothing takes %s", b, ErrStreamMissing, topic)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", b, err)
	}
	return nil
}

// prepare sees to it that there is a connection and that the stream was there
// when last looked for. The stream is created only if the address says so.
func (b *Broker) prepare() error {
	if !b.conn.IsConnected() {
		return b.down()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ready {
		return nil
	}
	ctx, stop := context.WithTimeout(b.life, b.settings.timeout)
	defer stop()
	err := b.checkStream(ctx)
	if b.settings.create && errors.Is(err, ErrStreamMissing) {
		err = b.CreateStream(ctx)
	}
	b.ready = err == nil
	return err
}

func (b *Broker) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ready = false
}

// down returns why there is no connection, as far as is known.
func (b *Broker) down() error {
	if err := b.conn.LastError(); err != nil {
		return fmt.Errorf("%s: %w: %w", b, ErrNoBroker, err)
	}
	return fmt.Errorf("%s: %w", b, ErrNoBroker)
}

// checkStream returns what is wrong with the broker's stream.
func (b *Broker) checkStream(ctx context.Context) error {
	info, err := b.js.StreamInfo(b.settings.stream.Name, nats.Context(ctx))
	switch {
	case errors.Is(err, nats.ErrStreamNotFound):
		return fmt.Errorf("%s: %w", b, ErrStreamMissing)
	case err != nil:
		return fmt.Errorf("%s: %w", b, err)
	}
	for _, subject := range b.settings.stream.Subjects {
		if !slices.Contains(info.Config.Subjects, subject) {
			return fmt.Errorf("%s: %w: %s", b, ErrStreamSubject, subject)
		}
	}
	return nil
}

// CreateStream creates the stream with the settings of the address. A stream that
// is there with the same settings is fine; one with others is left as it is and
// the broker's refusal is returned.
func (b *Broker) CreateStream(ctx context.Context) error {
	info, err := b.js.AddStream(&b.settings.stream, nats.Context(ctx))
	if err != nil {
		return fmt.Errorf("%s: create stream: %w", b, err)
	}
	b.logger.Info("the broker has the stream", "broker", b.String(), "subjects", info.Config.Subjects)
	return nil
}
