package heap_test

import (
	"context"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"tavoli/adapters/heap"
)

func TestPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 1600, 1 << 20: 1600, 96 << 20: 200, 192 << 20: 100, 10 << 30: 100} {
		if got := heap.Percent(live); got != want {
			t.Errorf("with %d MB in use: %d, want %d", live>>20, got, want)
		}
	}
}

func TestRoomIsGivenAndEnds(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	t.Setenv("GOGC", "")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go heap.Room(ctx, time.Minute)
		synctest.Wait()
		if got := debug.SetGCPercent(100); got <= 100 {
			t.Errorf("the collector works at %d percent", got)
		}
		time.Sleep(time.Minute) // of the test's own clock
		synctest.Wait()
		if got := debug.SetGCPercent(100); got <= 100 {
			t.Errorf("a minute later the collector works at %d percent", got)
		}
		cancel()
	})
}

func TestGOGCIsHeeded(t *testing.T) {
	before := debug.SetGCPercent(77)
	defer debug.SetGCPercent(before)
	t.Setenv("GOGC", "77")
	heap.Room(t.Context(), time.Minute)
	if got := debug.SetGCPercent(77); got != 77 {
		t.Errorf("the collector works at %d percent", got)
	}
}
