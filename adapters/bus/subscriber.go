package bus

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
)

// A subscriber reads topics from the stream, each with a durable consumer of the
// broker: one message at a time, so that the order is kept also where one is
// delivered again, and from where it stopped.
type subscriber struct {
	broker *Broker
	name   string
	conn   *nats.Conn
	js     nats.JetStreamContext
	inner  *wmnats.Subscriber
}

// Subscriber returns a subscriber with a connection of its own. The broker
// remembers under the name what it has acknowledged of each topic; a topic may
// end in ".>" to read all that begin alike. A message that is not acknowledged in
// time, or was under way when the subscriber ended, comes again after ack_wait,
// and nothing comes before it. A subscriber must be closed by itself.
func (b *Broker) Subscriber(name string) (message.Subscriber, error) {
	if !validName(name) {
		return nil, fmt.Errorf("%w, not %q", ErrBadName, name)
	}
	s := &subscriber{broker: b, name: name}
	var err error
	if s.conn, err = b.connect(); err != nil {
		return nil, err
	}
	if s.js, err = s.conn.JetStream(nats.MaxWait(b.settings.timeout)); err == nil {
		s.inner, err = wmnats.NewSubscriberWithNatsConn(s.conn, wmnats.SubscriberSubscriptionConfig{
			AckWaitTimeout: b.settings.ackWait,
			CloseTimeout:   5 * time.Second,
			NakDelay:       wmnats.NewStaticDelay(time.Second),
			JetStream: wmnats.JetStreamConfig{
				ConnectOptions:    []nats.JSOpt{nats.MaxWait(b.settings.timeout)},
				SubscribeOptions:  []nats.SubOpt{nats.BindStream(b.settings.stream.Name), nats.ManualAck()},
				DurableCalculator: func(_, topic string) string { return s.durable(topic) },
			},
		}, watermill.NopLogger{})
	}
	if err != nil {
		s.conn.Close()
		return nil, fmt.Errorf("subscribe at %s: %w", b, err)
	}
	return s, nil
}

// durable names the consumer of a topic. JetStream takes no dots there.
func (s *subscriber) durable(topic string) string {
	return s.name + "_" + strings.NewReplacer(".", "_", ">", "all", "*", "any").Replace(topic)
}

// Subscribe implements [message.Subscriber]. The consumer is created apart from
// the subscription, because NATS removes with a subscription what came with it.
func (s *subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	if !s.conn.IsConnected() {
		return nil, fmt.Errorf("%s: %w", s.broker, ErrNoBroker)
	}
	_, err := s.js.AddConsumer(s.broker.settings.stream.Name, &nats.ConsumerConfig{
		Durable:        s.durable(topic),
		DeliverSubject: "_tavoli." + s.broker.settings.stream.Name + "." + s.durable(topic),
		DeliverPolicy:  nats.DeliverAllPolicy,
		AckPolicy:      nats.AckExplicitPolicy,
		AckWait:        s.broker.settings.ackWait,
		MaxAckPending:  1,
		FilterSubject:  topic,
	}, nats.Context(ctx))
	if err != nil {
		return nil, fmt.Errorf("%s: consumer %s: %w", s.broker, s.durable(topic), err)
	}
	messages, err := s.inner.Subscribe(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("%s: subscribe %s: %w", s.broker, topic, err)
	}
	return messages, nil
}

// Close implements [message.Subscriber].
func (s *subscriber) Close() error {
	err := s.inner.Close()
	s.conn.Close()
	return err
}
