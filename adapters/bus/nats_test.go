package bus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"tavoli/adapters/bus"
	"tavoli/domain"
	"tavoli/tests/certtest"
)

// A server is a real nats-server with a port and a directory that outlive it.
type server struct {
	t    testing.TB
	port string
	dir  string
	more []string // arguments
	cmd  *exec.Cmd
}

// newServer returns a server that does not run yet.
func newServer(t testing.TB, more ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("nats-server"); err != nil {
		t.Skip("needs a NATS server: apt-get install nats-server")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, port: port, dir: t.TempDir(), more: more}
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() *server {
	s.t.Helper()
	s.cmd = exec.Command("nats-server", append([]string{"-js", "-sd", s.dir, "-a", "127.0.0.1", "-p", s.port}, s.more...)...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "the broker listens", func() bool {
		c, err := net.DialTimeout("tcp", "127.0.0.1:"+s.port, time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return s
}

// kill ends the server as kill -9 does.
func (s *server) kill() {
	if s.cmd != nil {
		if err := s.cmd.Process.Kill(); err != nil {
			s.t.Error(err)
		}
		_ = s.cmd.Wait() // says that it was killed
		s.cmd = nil
	}
}

// url is where the server is, with parameters that suit a test.
func (s *server) url(more string) string {
	return "nats://127.0.0.1:" + s.port + "?stream=TAVOLI&timeout=1s&reconnect_max=200ms" + more
}

func (s *server) connect(more string) *bus.Broker {
	s.t.Helper()
	b, err := bus.Connect(context.Background(), s.url(more), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { b.Close() })
	return b
}

// stored returns every message of the stream as it lies there, in order.
func (s *server) stored(subject string) []*nats.Msg {
	s.t.Helper()
	conn, err := nats.Connect("nats://127.0.0.1:" + s.port)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	js, err := conn.JetStream()
	if err != nil {
		s.t.Fatal(err)
	}
	info, err := js.StreamInfo("TAVOLI")
	if err != nil {
		s.t.Fatal(err)
	}
	sub, err := js.SubscribeSync(subject, nats.OrderedConsumer(), nats.DeliverAll())
	if err != nil {
		s.t.Fatal(err)
	}
	all := make([]*nats.Msg, info.State.Msgs)
	for i := range all {
		if all[i], err = sub.NextMsg(5 * time.Second); err != nil {
			s.t.Fatal(err)
		}
	}
	return all
}

func TestABrokerThatIsKilledLosesNothing(t *testing.T) {
	const events = 3000
	s := newServer(t).start()
	r := newRegister(t)
	b := r.bridge(s.connect("&create=true"), bus.FileCheckpoints(t.TempDir()))
	b.Lanes = 8
	r.spread(events/2, 40)
	start(t, b.Run)
	for _, killAt := range []uint64{events / 10, events / 3} {
		eventually(t, "a part is published", func() bool { return b.Stats().Done >= killAt })
		s.kill()
		eventually(t, "the bridge notices", func() bool { return b.Stats().LastError != "" })
		s.start()
	}
	r.spread(events/2, 40)
	eventually(t, "all is published", func() bool { return b.Stats().Position == events })

	got := newReading()
	for _, m := range s.stored("tavoli.>") {
		if err := got.see(&message.Message{Metadata: message.Metadata{
			bus.MetaStream: m.Header.Get(bus.MetaStream), bus.MetaRevision: m.Header.Get(bus.MetaRevision),
		}}); err != nil {
			t.Error(err)
		}
	}
	if got.total != events || got.repeated != 0 {
		t.Errorf("the broker holds %d of %d events, and %d twice", got.total, events, got.repeated)
	}
	t.Logf("%d events, %d failures on the way", events, b.Stats().Retries)
}

func TestABrokerMayBeAbsentAtTheStart(t *testing.T) {
	s := newServer(t)
	r := newRegister(t)
	broker := s.connect("&create=true")
	b := r.bridge(broker, bus.FileCheckpoints(t.TempDir()))
	r.spread(50, 5)
	start(t, b.Run)
	eventually(t, "the bridge says what is wrong", func() bool { return strings.Contains(b.Stats().LastError, "cannot be reached") })
	if broker.Connected() || b.Stats().Done != 0 {
		t.Error("connected to nothing")
	}
	s.start()
	eventually(t, "all is published", func() bool { return b.Stats().Position == 50 && b.Stats().LastError == "" })
	if got := len(s.stored("tavoli.>")); got != 50 {
		t.Errorf("the broker holds %d messages", got)
	}
}

func TestJetStreamDropsRepetitions(t *testing.T) {
	s := newServer(t).start()
	r := newRegister(t)
	r.add("ente-comune_G273", 100)
	for range 2 { // the second time from the start again
		b := r.bridge(s.connect("&create=true"), bus.FileCheckpoints(t.TempDir()))
		stop := start(t, b.Run)
		eventually(t, "all is published", func() bool { return b.Stats().Position == 100 })
		stop()
	}
	all := s.stored("tavoli.ente")
	if len(all) != 100 {
		t.Fatalf("the broker holds %d messages", len(all))
	}
	entry := r.entry("ente-comune_G273", 99)
	id, _ := domain.EntryID(entry.Bytes)
	if last := all[99]; !bytes.Equal(last.Data, entry.Bytes) || last.Header.Get(nats.MsgIdHdr) != id.String() {
		t.Errorf("%v %s", last.Header, last.Data)
	}
}

func TestASubscriberGoesOnWhereItStopped(t *testing.T) {
	const events = 200
	s := newServer(t).start()
	r := newRegister(t)
	r.spread(events, 10)
	broker := s.connect("&create=true&ack_wait=5s")
	b := r.bridge(broker, bus.FileCheckpoints(t.TempDir()))
	start(t, b.Run)
	eventually(t, "all is published", func() bool { return b.Stats().Position == events })

	var got []*message.Message
	for round, enough := range []int{events / 2, events} {
		sub, err := broker.Subscriber("ministry")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		messages, err := sub.Subscribe(ctx, "tavoli.>")
		if err != nil {
			t.Fatal(err)
		}
		for readAll(t, got).total < enough {
			m := next(t, messages)
			if len(got)%70 == 69 && round == 0 {
				m.Nack() // and it comes again, before any other
				m = next(t, messages)
			}
			got = append(got, m)
			m.Ack()
		}
		stop()
		if err := sub.Close(); err != nil {
			t.Error(err)
		}
	}
	if all := readAll(t, got); all.total != events || all.repeated > 1 { // an acknowledgement may be lost at a stop
		t.Errorf("%d events, %d repeated", all.total, all.repeated)
	}
}

func next(t *testing.T, messages <-chan *message.Message) *message.Message {
	t.Helper()
	select {
	case m, ok := <-messages:
		if ok {
			return m
		}
		t.Fatal("no more messages")
	case <-time.After(20 * time.Second):
		t.Fatal("no message within 20 s")
	}
	return nil
}

func TestAStreamIsOnlyCreatedWhenAskedFor(t *testing.T) {
	s := newServer(t).start()
	publish := func(b *bus.Broker) error {
		return b.Publish("tavoli.ente", message.NewMessage("1", []byte("{}")))
	}
	if err := publish(s.connect("")); !errors.Is(err, bus.ErrStreamMissing) {
		t.Errorf("without a stream: %v", err)
	}
	quiet := s.connect("&max_age=24h")
	if err := quiet.CreateStream(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := publish(quiet); err != nil {
		t.Errorf("with a stream: %v", err)
	}
	if err := publish(s.connect("&create=true&max_age=48h")); err != nil {
		t.Errorf("a stream that is there is left as it is: %v", err)
	}
	if err := publish(s.connect("&create=true&subjects=altro.%3E")); !errors.Is(err, bus.ErrStreamSubject) {
		t.Errorf("with other subjects: %v", err)
	}
}

func TestCredentialsAreUsedAndNeverTold(t *testing.T) {
	const secret = "s3gret0"
	s := newServer(t, "--user", "tavoli", "--pass", secret).start()
	var log syncBuffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	connect := func(credentials string) *bus.Broker {
		b, err := bus.Connect(t.Context(), strings.Replace(s.url("&create=true"), "//", "//"+credentials+"@", 1), logger)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return b
	}
	m := message.NewMessage("1", []byte("{}"))
	good := connect("tavoli:" + secret)
	if err := good.Publish("tavoli.ente", m); err != nil {
		t.Error(err)
	}
	bad := connect("tavoli:" + secret + "x")
	eventually(t, "the broker refuses", func() bool {
		err := bad.Publish("tavoli.ente", m)
		return errors.Is(err, bus.ErrNoBroker) && errors.Is(err, nats.ErrAuthorization)
	})
	err := bad.Publish("tavoli.ente", m)
	if told := fmt.Sprint(err, good, bad, log.String()); strings.Contains(told, secret) {
		t.Errorf("the password is told: %s", told)
	}
}

func TestAConnectionIsEncryptedAndFindsAnotherServer(t *testing.T) {
	ca, key := certtest.Files(t, t.TempDir(), 1)
	s := newServer(t, "--tls", "--tlscert", ca, "--tlskey", key).start()
	s2 := newServer(t) // never runs
	tls := strings.Replace(s2.url("&create=true&server=127.0.0.1:"+s.port), "nats://", "tls://", 1)
	b, err := bus.Connect(t.Context(), tls+"&ca="+url.QueryEscape(ca), nil)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is published", func() bool {
		return b.Publish("tavoli.ente", message.NewMessage("1", []byte("{}"))) == nil
	})
	stranger, err := bus.Connect(t.Context(), tls, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.Publish("tavoli.ente", message.NewMessage("2", nil)); !errors.Is(err, bus.ErrNoBroker) {
		t.Errorf("a broker nobody vouches for: %v", err)
	}
}

// A syncBuffer is a buffer for several writers.
type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

func TestAnAddressThatMakesNoSenseIsRefused(t *testing.T) {
	const secret = "s3gret0"
	for _, address := range []string{
		"", "nats://host", "http://host?stream=A", "nats://u:" + secret + "@host:99999999x?stream=A", "nats://?stream=A",
		"nats://u:" + secret + "@host?stream=a.b", "nats://host?stream=A&stream=B", "nats://host?stream=A&retention=" + secret,
		"nats://host?stream=A&max_age=yesterday", "nats://host?stream=A&passwd=" + secret, "nats://host?stream=A&replicas=9",
		"nats://host?stream=A&creds=/not/there/" + secret, "nats://host?stream=A&cert=/not/there", "nats://host?stream=A&create=perhaps",
		"nats://host/path?stream=A", "nats://host?stream=A&server=u:" + secret + "@b", "nats://host?stream=A&nkey=/not/there", "nats://u:" + secret + "%zz@host?stream=A",
	} {
		b, err := bus.Connect(t.Context(), address, nil)
		if !errors.Is(err, bus.ErrBadBroker) || !errors.Is(err, domain.Invalid) {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("a secret is told: %v", err)
		}
		if b != nil {
			b.Close()
		}
	}
}
