package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"tavoli/domain"
)

// A Scope is what a question about another time is about. Models of a scope answer
// questions about it as models of everything would, and know little else.
type Scope struct {
	key   string
	roots []domain.Stream
	all   bool
}

// ScopeTavolo is a tavolo: its calendar entry, its roster, its detail.
func ScopeTavolo(t domain.TavoloID) Scope { return scopeOf(t.Stream(), t.Presenze()) }

// ScopeEnte is an ente, with the names of those who speak for it.
func ScopeEnte(r domain.EnteRef) Scope { return scopeOf(r.Stream()) }

// ScopeStream is one stream, for its trail.
func ScopeStream(s domain.Stream) Scope {
	switch s.Category() {
	case domain.CategoryTavolo, domain.CategoryPresenze:
		return ScopeTavolo(domain.TavoloID(s.ID()))
	case domain.CategoryPersona, domain.CategoryIdentita:
		return scopeOf(domain.Stream(domain.CategoryPersona+"-"+s.ID()), domain.Stream(domain.CategoryIdentita+"-"+s.ID()))
	}
	return scopeOf(s)
}

// ScopeStreams is some streams together: accounts, or the story of a person.
func ScopeStreams(streams ...domain.Stream) Scope {
	var roots []domain.Stream
	for _, s := range streams {
		roots = append(roots, ScopeStream(s).roots...)
	}
	slices.Sort(roots)
	return scopeOf(slices.Compact(roots)...)
}

// ScopePerson is a person. Who else is of that name, and who was thought to be the
// same, nobody can tell without having read everything.
func ScopePerson(domain.PersonID) Scope { return ScopeAll() }

// ScopeAll is everything: for statistics and lists. Reading it takes as long as
// making all models anew.
func ScopeAll() Scope { return Scope{key: "everything", all: true} }

func scopeOf(roots ...domain.Stream) Scope {
	names := make([]string, len(roots))
	for i, s := range roots {
		names[i] = string(s)
	}
	return Scope{key: strings.Join(names, " "), roots: roots}
}

// AsOf returns what the models showed at other moments, as far as the scope goes,
// and the position they show. Others may be given the same models: they are only
// to be asked. It reads the log, however far the view itself has come.
func (v *View) AsOf(ctx context.Context, when Moments, scope Scope) (*Models, domain.Position, error) {
	known, err := v.known(ctx, when)
	if err != nil {
		return nil, 0, err
	}
	if known == 0 {
		return NewModels(), 0, nil
	}
	key := pastKey{scope: scope.key, known: known}
	if !when.EffectiveAt.IsZero() {
		key.effective = when.EffectiveAt.UnixNano()
	}
	if m, ok := v.past.get(key); ok {
		return m, known, nil
	}
	when.KnownPosition = known
	era := v.past.era()
	if scope.all {
		m, err := v.asOfAll(ctx, when, key, era)
		return m, known, err
	}
	m, entries, err := v.asOfStreams(ctx, when, scope.roots)
	if err != nil {
		return nil, 0, fmt.Errorf("the register at %d: %w", known, err)
	}
	v.past.put(era, key, m, entries)
	return m, known, nil
}

// Forget lets go of the models of the past that are kept, or are being made, and
// may show somebody who was forgotten meanwhile.
func (v *View) Forget() { v.past.clear() }

// AskAsOf answers a question about other moments. Where they are now it is [AskAt].
func AskAsOf[A any](ctx context.Context, v *View, atLeast domain.Position, when Moments, scope Scope, question func(*Models) (A, error)) (A, domain.Position, error) {
	if when.IsZero() {
		return AskAt(ctx, v, atLeast, question)
	}
	var none A
	if err := v.Wait(ctx, atLeast); err != nil {
		return none, v.Seen(), err
	}
	m, at, err := v.AsOf(ctx, when, scope)
	if err != nil {
		return none, at, err
	}
	answer, err := question(m)
	return answer, at, err
}

// asOfAll reads the whole log. One such reading at a time is enough.
func (v *View) asOfAll(ctx context.Context, when Moments, key pastKey, era uint64) (*Models, error) {
	if err := v.past.enter(ctx); err != nil {
		return nil, err
	}
	defer v.past.leave()
	if m, ok := v.past.get(key); ok { // somebody asked the same meanwhile
		return m, nil
	}
	r := replaying{models: NewModels(), when: when}
	err := v.reader.each(ctx, all(v.log, 0), func(records []domain.Record, _ domain.Position) error { return r.apply(records) })
	if err == nil {
		err = ctx.Err()
	}
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	v.past.put(era, key, r.models, r.report.Entries)
	return r.models, nil
}

// asOfStreams reads the streams of a scope, and those of whom they speak, and
// applies what counts in the order of the log.
func (v *View) asOfStreams(ctx context.Context, when Moments, roots []domain.Stream) (*Models, int, error) {
	g := gathering{view: v, when: when, have: make(map[domain.Stream]bool)}
	records, err := g.read(ctx, roots)
	if err != nil {
		return nil, 0, err
	}
	found := g.mentioned(records, false)
	for len(found) > 0 { // what they speak of; and then whom persons are linked to
		more, err := g.read(ctx, found)
		if err != nil {
			return nil, 0, err
		}
		records = append(records, more...)
		found = g.mentioned(more, true)
	}
	slices.SortFunc(records, func(a, b domain.Record) int { return cmp.Compare(a.Position, b.Position) })
	m := NewModels()
	return m, len(records), m.applyAll(records)
}

// A gathering reads streams as far as they count, each once.
type gathering struct {
	view *View
	when Moments
	have map[domain.Stream]bool
}

// mentioned returns the streams records speak of that were not read yet; onlyLinks
// leaves it at the persons others are linked to.
func (g *gathering) mentioned(records []domain.Record, onlyLinks bool) []domain.Stream {
	found := make(mentioned)
	for i := range records {
		_, link := records[i].Event.(domain.PersonsLinked)
		if link || !onlyLinks {
			found.of(records[i].Event)
		}
	}
	maps.DeleteFunc(found, func(s domain.Stream, _ bool) bool { return g.have[s] })
	return slices.Sorted(maps.Keys(found))
}

// read reads streams on all processors.
func (g *gathering) read(ctx context.Context, streams []domain.Stream) ([]domain.Record, error) {
	for _, s := range streams {
		g.have[s] = true
	}
	var mu sync.Mutex
	var records []domain.Record
	var failed error
	const together = 64 // streams
	parallel((len(streams)+together-1)/together, func(i int) {
		part := streams[i*together : min(len(streams), (i+1)*together)]
		found, err := g.readSome(ctx, part)
		mu.Lock()
		defer mu.Unlock()
		records, failed = append(records, found...), cmp.Or(failed, err)
	})
	return records, failed
}

func (g *gathering) readSome(ctx context.Context, streams []domain.Stream) ([]domain.Record, error) {
	var records []domain.Record
	for _, s := range streams {
		for entry, err := range g.view.log.ReadStream(ctx, s, 0) {
			if err != nil {
				return nil, err
			}
			if entry.Position > g.when.KnownPosition {
				break
			}
			rec, err := g.view.reader.record(entry)
			if err != nil {
				return nil, err
			}
			if g.when.counts(&rec) {
				records = append(records, rec)
			}
		}
	}
	return records, ctx.Err()
}
