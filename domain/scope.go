package domain

import (
	"context"
	"fmt"
	"slices"
)

// MaxScope is how many programmi, and how many tavoli, a scope may name.
const MaxScope = 100

// A Scope is what an inspector may look into: every tavolo of some programmes, and
// some tavoli beside.
type Scope struct {
	Programmi []ProgrammaID `json:"programmi,omitempty"`
	Tavoli    []TavoloID    `json:"tavoli,omitempty"`
}

// IsZero reports whether the scope names nothing.
func (s Scope) IsZero() bool { return len(s.Programmi) == 0 && len(s.Tavoli) == 0 }

// Equal reports whether two scopes are written alike.
func (s Scope) Equal(o Scope) bool {
	return slices.Equal(s.Programmi, o.Programmi) && slices.Equal(s.Tavoli, o.Tavoli)
}

// Has reports whether a tavolo of a programme lies within the scope. A tavolo
// without a programme lies in no programme's scope.
func (s Scope) Has(t TavoloID, p ProgrammaID) bool {
	return slices.Contains(s.Tavoli, t) || p != "" && slices.Contains(s.Programmi, p)
}

// sorted returns the scope in order, each thing once, so that the same scope is
// written alike however it was asked for.
func (s Scope) sorted() Scope {
	return Scope{inOrder(s.Programmi), inOrder(s.Tavoli)}
}

func inOrder[T ~string](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// check checks a scope for a role: inspectors have one, with an end, and nobody else.
func (s Scope) check(c *check, role Role, ends bool) {
	if role != RoleInspector {
		c.that(s.IsZero(), "/scope", "not-allowed", "only inspectors have a scope")
		return
	}
	c.that(ends, "/until", "required", "the role of an inspector has an end")
	c.that(!s.IsZero(), "/scope", "required", "an inspector looks into some programmi or some tavoli")
	checkIDs(c, s.Programmi, "/scope/programmi")
	checkIDs(c, s.Tavoli, "/scope/tavoli")
}

func checkIDs[T ~string](c *check, list []T, pointer string) {
	c.that(len(list) <= MaxScope, pointer, "too-many", "at most %d", MaxScope)
	for i, id := range list[:min(len(list), MaxScope)] {
		c.id(string(id), fmt.Sprintf("%s/%d", pointer, i))
	}
}

// unknown returns what a scope names that is not in the register.
func (s Scope) unknown(ctx context.Context, x *Executor) (faults []Field, err error) {
	missing := func(pointer string, i int, code, text string) {
		faults = append(faults, Field{Pointer: fmt.Sprintf("%s/%d", pointer, i), Code: code, Text: text})
	}
	for i, id := range s.Programmi[:min(len(s.Programmi), MaxScope)] {
		found, err := exists(ctx, x, id.Stream(), (*Programma).exists)
		if err != nil {
			return nil, err
		}
		if !found {
			missing("/scope/programmi", i, "unknown-programma", "there is no such programma in the register")
		}
	}
	for i, id := range s.Tavoli[:min(len(s.Tavoli), MaxScope)] {
		found, err := exists(ctx, x, id.Stream(), (*Tavolo).exists)
		if err != nil {
			return nil, err
		}
		if !found {
			missing("/scope/tavoli", i, "unknown-tavolo", "there is no such tavolo in the register")
		}
	}
	return faults, nil
}

// exists asks a history whether what it is about is there. A name that names
// nothing has no history.
func exists[S State[T], T any](ctx context.Context, x *Executor, stream Stream, there func(S) bool) (found bool, err error) {
	if !stream.Valid() {
		return false, nil
	}
	err = Peek(ctx, x, stream, func(s S) error {
		found = there(s)
		return nil
	})
	return found, err
}
