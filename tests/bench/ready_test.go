package bench_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"tavoli/adapters/bolt"
	"tavoli/adapters/memory"
	"tavoli/adapters/shelf"
	"tavoli/domain"
	"tavoli/projections"
	"tavoli/tests/storetest"
)

// BenchmarkReady starts on a bolt store of a million events, unless
// TAVOLI_BENCH_EVENTS says otherwise: from nothing to answers, with a snapshot and
// without. One second and five are due.
func BenchmarkReady(b *testing.B) {
	events := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("TAVOLI_BENCH_EVENTS")); err == nil {
		events = n
	}
	dir, keys := benchDir(b), memory.NewKeys()
	store := openBolt(b, dir)
	n, size, err := storetest.Fill(b.Context(), store, keys, events)
	if err != nil {
		b.Fatal(err)
	}
	file := shelf.File(filepath.Join(dir, "snapshot"))
	closeStore(b, store)
	b.Run("without snapshot", func(b *testing.B) { timeStart(b, dir, keys, nil, n, size) })
	writeSnapshot(b, dir, keys, file)
	b.Run("with snapshot", func(b *testing.B) { timeStart(b, dir, keys, file, n, size) })
}

func openBolt(b *testing.B, dir string) *bolt.Store {
	b.Helper()
	store, err := bolt.Open(dir, bolt.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	return store
}

func closeStore(b *testing.B, store *bolt.Store) {
	b.Helper()
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
}

// timeStart opens store and view again and again until they are ready.
func timeStart(b *testing.B, dir string, keys domain.Keys, file projections.Shelf, events int, size int64) {
	var opened, ready time.Duration
	for b.Loop() {
		began := time.Now()
		store := openBolt(b, dir)
		opened += time.Since(began)
		v := started(b, store, keys, file)
		ready += time.Since(began)
		if loaded := v.Stats(b.Context()).Snapshot != nil; loaded != (file != nil) {
			b.Fatalf("a snapshot was loaded: %v", loaded)
		}
		closeStore(b, store)
	}
	count := float64(b.N)
	b.Logf("%d events, %d MB: the store open after %.2f s, the models ready after %.2f s", events, size>>20, opened.Seconds()/count, ready.Seconds()/count)
	b.ReportMetric(ready.Seconds()/count, "s/ready")
}

// started returns a view on a store that has seen everything.
func started(b *testing.B, store *bolt.Store, keys domain.Keys, file projections.Shelf) *projections.View {
	b.Helper()
	var o projections.Options
	if file != nil {
		o.Snapshots = &projections.Snapshots{Shelf: file, Identity: store.Identity()}
	}
	v := projections.NewView(store, domain.Vault{Keys: keys, Log: store}.Open, o)
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.Follow(ctx) }()
	head, err := store.Head(ctx)
	if err == nil {
		err = v.Wait(ctx, head)
	}
	stop()
	if followed := <-ended; err != nil || followed != nil {
		b.Fatal(err, followed)
	}
	return v
}

func writeSnapshot(b *testing.B, dir string, keys domain.Keys, file projections.Shelf) {
	b.Helper()
	store := openBolt(b, dir)
	defer closeStore(b, store)
	if _, err := started(b, store, keys, file).Snapshot(b.Context()); err != nil {
		b.Fatal(err)
	}
}
