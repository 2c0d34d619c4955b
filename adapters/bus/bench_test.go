package bus_test

import (
	"context"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"tavoli/adapters/bus"
	"tavoli/domain"
)

// BenchmarkBridge measures how many events a bridge publishes in a second: to
// nobody, to one and to three subscribers of this process, and to NATS JetStream.
func BenchmarkBridge(b *testing.B) {
	b.Run("discarded", func(b *testing.B) { carry(b, &discard{}, 1) })
	for _, subscribers := range []int{1, 3} {
		b.Run(fmt.Sprintf("in process/%d subscribers", subscribers), func(b *testing.B) {
			pub, sub := bus.InProcess()
			defer pub.Close()
			for range subscribers {
				acknowledge(b, sub, "tavoli.tavolo", "tavoli.presenze")
			}
			carry(b, pub, 1)
		})
	}
	for _, lanes := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("NATS/%d lanes", lanes), func(b *testing.B) {
			if _, err := exec.LookPath("nats-server"); err != nil {
				b.Skip("needs a NATS server: apt-get install nats-server")
			}
			carry(b, newServer(b).start().connect("&create=true"), lanes)
		})
	}
}

// carry publishes b.N events that are stored before the clock starts.
func carry(b *testing.B, to message.Publisher, lanes int) {
	r := newRegister(b)
	r.spread(b.N, 256)
	bridge := r.bridge(to, bus.FileCheckpoints(b.TempDir()))
	bridge.Lanes, bridge.Every = lanes, 0
	b.ResetTimer()
	stop := start(b, bridge.Run)
	for bridge.Stats().Position < domain.Position(b.N) {
		time.Sleep(100 * time.Microsecond)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.StopTimer()
	stop()
}

func acknowledge(b *testing.B, sub message.Subscriber, topics ...string) {
	for _, topic := range topics {
		messages, err := sub.Subscribe(context.Background(), topic)
		if err != nil {
			b.Fatal(err)
		}
		go func() {
			for m := range messages {
				m.Ack()
			}
		}()
	}
}

// discard is a publisher that takes everything and keeps nothing.
type discard struct{}

func (*discard) Publish(string, ...*message.Message) error { return nil }
func (*discard) Close() error                              { return nil }

// BenchmarkReaction measures how many events a second a reaction handles, each
// with a checkpoint that is on the disk before the next, and how many it passes.
func BenchmarkReaction(b *testing.B) {
	for _, handled := range []bool{true, false} {
		b.Run(map[bool]string{true: "handled", false: "passed"}[handled], func(b *testing.B) {
			r := newRegister(b)
			for i := range b.N {
				if handled {
					r.open(fmt.Sprint(i))
				} else {
					r.add("tavolo-1", 1)
				}
			}
			reactions := r.reactions(bus.FileCheckpoints(b.TempDir()))
			reactions.Begin = bus.FromStart
			bus.On(reactions, "note", func(context.Context, domain.Record, domain.AccountOpened) error { return nil })
			b.ResetTimer()
			start(b, reactions.Run)
			for reactions.Stats()[0].Position < domain.Position(b.N) {
				time.Sleep(100 * time.Microsecond)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
