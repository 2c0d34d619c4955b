package projections_test

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/memory"
	"tavoli/domain"
	"tavoli/projections"
	"tavoli/tests/storetest"
)

// A great register is what benchmarks read: a million events, unless
// TAVOLI_BENCH_EVENTS says otherwise. [storetest.Fill] says which.
type great struct {
	store  *memory.Store
	vault  domain.Vault
	events int
	bytes  int64
	err    error
}

// theGreat makes the register once for all benchmarks.
var theGreat = sync.OnceValue(newGreat)

func great1M(b *testing.B) *great {
	b.Helper()
	g := theGreat()
	if g.err != nil {
		b.Fatal(g.err)
	}
	return g
}

func newGreat() *great {
	most := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("TAVOLI_BENCH_EVENTS")); err == nil {
		most = n
	}
	at := time.Date(2022, 3, 1, 8, 0, 0, 0, time.UTC)
	g := &great{store: memory.New(func() time.Time { at = at.Add(time.Millisecond); return at })}
	g.vault = domain.Vault{Keys: memory.NewKeys(), Log: g.store}
	g.events, g.bytes, g.err = storetest.Fill(context.Background(), g.store, g.vault.Keys, most)
	return g
}

// BenchmarkReplay reads the log into all models, and beside it only decodes it.
// The share is the time of decoding alone in the time of both; 0.60 is due.
func BenchmarkReplay(b *testing.B) {
	g := great1M(b)
	var alone, both time.Duration
	for b.Loop() {
		runtime.GC()
		started := time.Now()
		if err := projections.DecodeOnly(b.Context(), g.store, g.vault.Open); err != nil {
			b.Fatal(err)
		}
		alone += time.Since(started)
		runtime.GC()
		started = time.Now()
		v := projections.NewView(g.store, g.vault.Open, projections.Options{})
		g.catchUp(b, v)
		both += time.Since(started)
	}
	n := float64(b.N) * float64(g.events)
	b.Logf("%d events of %d bytes: decoded %.0f/s, decoded and applied %.0f/s", g.events, g.bytes/int64(g.events), n/alone.Seconds(), n/both.Seconds())
	b.ReportMetric(alone.Seconds()/both.Seconds(), "share")
	b.ReportMetric(n/both.Seconds(), "events/s")
	b.ReportMetric(both.Seconds()/float64(b.N), "s/ready")
}

// catchUp lets a view follow until it is ready.
func (g *great) catchUp(b *testing.B, v *projections.View) {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.Follow(ctx) }()
	head, err := g.store.Head(ctx)
	if err == nil {
		err = v.Wait(ctx, head)
	}
	stop()
	if followed := <-ended; err != nil || followed != nil {
		b.Fatal(err, followed)
	}
}

// BenchmarkMemory reports what models take in memory per event; at most 400 bytes
// are due.
func BenchmarkMemory(b *testing.B) {
	g := great1M(b)
	for b.Loop() {
		before := heap()
		models, _, err := projections.Replay(b.Context(), g.store, g.vault.Open, projections.Moments{}, projections.Options{}, nil)
		if err != nil {
			b.Fatal(err)
		}
		per := float64(heap()-before) / float64(g.events)
		runtime.KeepAlive(models)
		b.Logf("%.0f bytes of memory per event beside the log's %d", per, g.bytes/int64(g.events))
		b.ReportMetric(per, "B/event")
		for name, share := range projections.Sizes(models) {
			b.Logf("%-10s %6.1f bytes per event encoded", name, float64(share)/float64(g.events))
		}
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkSnapshot writes a snapshot and starts from it; a second is due for the
// start.
func BenchmarkSnapshot(b *testing.B) {
	g := great1M(b)
	box := new(shelf)
	o := projections.Options{Now: time.Now, Snapshots: &projections.Snapshots{Shelf: box, Identity: g.store.Identity()}}
	v := projections.NewView(g.store, g.vault.Open, o)
	g.catchUp(b, v)
	var pause, write, load time.Duration
	for b.Loop() {
		started := time.Now()
		info, err := v.Snapshot(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		write, pause = write+time.Since(started), pause+info.Paused
		runtime.GC()
		started = time.Now()
		fresh := projections.NewView(g.store, g.vault.Open, o)
		g.catchUp(b, fresh)
		load += time.Since(started)
		if fresh.Stats(b.Context()).Applied != 0 {
			b.Fatal("the snapshot was not taken")
		}
	}
	n := float64(b.N)
	b.Logf("%d events, %d MB: the models stood still for %.2f s, it was written in %.2f s, ready from it in %.2f s", g.events, len(box.data)>>20, pause.Seconds()/n, write.Seconds()/n, load.Seconds()/n)
	b.ReportMetric(load.Seconds()/n, "s/ready")
	b.ReportMetric(pause.Seconds()/n, "s/pause")
	b.ReportMetric(write.Seconds()/n, "s/write")
}

// BenchmarkRebuild rebuilds all models.
func BenchmarkRebuild(b *testing.B) {
	g := great1M(b)
	v := projections.NewView(g.store, g.vault.Open, projections.Options{Now: time.Now})
	g.catchUp(b, v)
	for b.Loop() {
		report, err := v.Rebuild(b.Context(), nil)
		if err != nil || !report.Equal {
			b.Fatal(report, err)
		}
	}
}

// BenchmarkAsOf asks about a tavolo of 5,000 registrations in a great register as it
// was: for its roster, its statistics, and a page of its trail in words with the names
// as they were. 300 ms are due for each.
func BenchmarkAsOf(b *testing.B) {
	g := great1M(b)
	v := projections.NewView(g.store, g.vault.Open, projections.Options{})
	g.catchUp(b, v)
	at := v.Seen()
	tavolo := func(ask func(*projections.Models) error) func(projections.Moments) error {
		return func(when projections.Moments) error {
			m, _, err := v.AsOf(b.Context(), when, projections.ScopeTavolo(storetest.HugeTavolo))
			if err != nil {
				return err
			}
			return ask(m)
		}
	}
	for name, ask := range map[string]func(projections.Moments) error{
		"roster": tavolo(func(m *projections.Models) error {
			_, err := m.Rosters.Roster(projections.RosterQuery{Tavolo: storetest.HugeTavolo})
			return err
		}),
		"statistics": tavolo(func(m *projections.Models) error {
			_, err := m.Statistics(projections.StatisticsQuery{By: projections.ByEnte, Tavolo: storetest.HugeTavolo})
			return err
		}),
		"trail": func(when projections.Moments) error {
			roll := projections.NewRoll()
			if err := g.page(b, when, roll.Names()); err != nil {
				return err
			}
			names, err := v.NamesOf(b.Context(), when, roll)
			if err != nil {
				return err
			}
			return g.page(b, when, names)
		},
	} {
		b.Run(name, func(b *testing.B) {
			started, n := time.Now(), 0
			for b.Loop() {
				at-- // another question each time
				n++
				if err := ask(projections.Moments{KnownPosition: at}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(time.Since(started).Milliseconds())/float64(n), "ms/answer")
		})
	}
}

// page tells a page of the trail of a tavolo.
func (g *great) page(b *testing.B, when projections.Moments, names projections.Names) error {
	lines := 0
	for _, err := range projections.Tale(b.Context(), g.store, projections.StrandsOfTavolo(storetest.HugeTavolo), when, names) {
		if lines++; err != nil || lines == projections.MaxLimit {
			return err
		}
	}
	return nil
}

// BenchmarkReadYourWrites lets 256 callers write and ask at the position they wrote,
// and reports how long the question takes.
func BenchmarkReadYourWrites(b *testing.B) {
	store := memory.New(time.Now)
	v := projections.NewView(store, nil, projections.Options{})
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.Follow(ctx) }()
	b.SetParallelism(256 / runtime.GOMAXPROCS(0))
	x := &domain.Executor{Store: store}
	var mu sync.Mutex
	var waits []time.Duration
	b.RunParallel(func(pb *testing.PB) {
		var mine []time.Duration
		for pb.Next() {
			meta := domain.Meta{At: time.Now(), Actor: domain.ActorPublic, Command: uuid.New()}
			res, err := domain.Execute(b.Context(), x, domain.OpenAccount{Account: domain.AccountID("a" + meta.Command.String()), Label: "prova"}, meta)
			if err != nil {
				b.Error(err)
				return
			}
			wrote := time.Now()
			if _, err := projections.Ask(b.Context(), v, res.Position, facts); err != nil {
				b.Error(err)
				return
			}
			mine = append(mine, time.Since(wrote))
		}
		mu.Lock()
		defer mu.Unlock()
		waits = append(waits, mine...)
	})
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "µs/p50")
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds()), "µs/p99")
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}
