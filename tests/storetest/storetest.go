// Package storetest holds what every event store and every keyring must do, as
// tests. An adapter calls [Run], and [RunDurable] if it outlives its process.
//
// Stores may share a server with others: the suite uses stream names of its own
// and asserts nothing about density of positions or about entries of others.
package storetest

import (
	"testing"
	"time"

	"tavoli/domain"
)

// Options are what the suite asks of a store it opens.
type Options struct {
	Now func() time.Time // the clock that stamps entries; never nil
}

// An Opener opens a store for one test. What needs an end is ended by t.Cleanup;
// a store that has a method Close() error may be closed by the test itself, and
// once more in the clean-up.
type Opener func(t testing.TB, o Options) domain.Store

// A test is one promise, in words, and what shows that it is kept.
type test struct {
	name string
	run  func(t *testing.T, f *fixture)
}

// Run checks the promises of [domain.Store].
func Run(t *testing.T, open Opener) {
	for _, group := range [][]test{appends, batches, limits, reads, follows, forgets, clocks, races, endings} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) { c.run(t, newFixture(t, open)) })
		}
	}
	for _, s := range sequences {
		t.Run("sequence "+s.writes+" "+s.outcome, func(t *testing.T) { s.run(t, newFixture(t, open)) })
	}
	t.Run("any sequence of calls agrees with a naive model", func(t *testing.T) { checkModel(t, newFixture(t, open)) })
	t.Run("concurrent appends are linearizable", func(t *testing.T) { checkLinear(t, newFixture(t, open)) })
}
