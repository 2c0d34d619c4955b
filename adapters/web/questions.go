package web

import (
	"context"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// An action is what a route does, with what the API document says about it.
type action struct {
	do       func(*call) error
	body     []reflect.Type    // what the body may hold; nil: there is none
	answer   reflect.Type      // nil: see media
	media    map[string]string // other forms of the answer, with what they are
	query    []string          // parameters, see parameters
	statuses []int             // beside those that follow from the route
	created  bool              // answers 201
	tagged   bool              // has an ETag, and answers 304
	secret   bool              // its answer is not kept
	unkeyed  bool              // takes no idempotency key
	upload   bool              // its body is a file
	hot      bool              // asked more often than others
	long     bool              // may take as long as it needs
	free     bool              // is not counted: the probes
	nodes    bool              // other nodes may ask, too
	carried  bool              // its body is a file from another node
	may      roleSet           // the route's roles
	inspect  inspection        // what an inspector may see of it; nil: nothing
}

// also returns the action with more statuses that it answers.
func (a action) also(statuses ...int) action {
	a.statuses = append(slices.Clone(a.statuses), statuses...)
	return a
}

// Parameters of questions about the past.
var times = []string{"at_least", "effective_at", "known_at"}

// A moment is the point from which a question is answered.
type moment struct {
	atLeast domain.Position
	when    projections.Moments
}

// moment reads the parameters of a question about the past.
func (q *query) moment() moment {
	return moment{q.position("at_least"), q.moments("effective_at", "known_at")}
}

// moments reads both times from the parameters of these names.
func (q *query) moments(effectiveAt, knownAt string) (m projections.Moments) {
	if text := q.text(effectiveAt); text != "" {
		m.EffectiveAt = q.until(effectiveAt, text)
	}
	known := q.recorded(knownAt)
	m.KnownAt, m.KnownPosition = known.KnownAt, known.KnownPosition
	return m
}

// recorded reads up to when something was recorded: a time, a day or a position.
func (q *query) recorded(name string) (m projections.Moments) {
	text := q.text(name)
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		m.KnownPosition = domain.Position(n)
		q.that(n > 0, name, "must be a position from 1, or a time")
	} else if text != "" {
		m.KnownAt = q.until(name, text)
	}
	return m
}

// until reads up to when a question looks. A day is meant as a whole: until its last
// moment in Italy.
func (q *query) until(name, text string) time.Time {
	if day := domain.Day(text); day.Valid() {
		return day.End().Add(-time.Microsecond)
	}
	t, err := domain.ParseTime(text)
	q.that(err == nil, name, "must be a time, as 2022-05-25T15:00 or with an offset, or a day")
	return t
}

// An asking reads the parameters of a question and returns the question itself.
type asking[A any] func(c *call, q *query) func(*projections.Models) (A, error)

// question returns an action that answers from the models. The scope says what is
// read of the past where that is asked for; nil: the past cannot be asked.
func question[A any](scope func(*call) projections.Scope, params []string, read asking[A]) action {
	known := append([]string{"at_least"}, params...)
	if scope != nil {
		known = append(slices.Clone(times), params...)
	}
	return action{
		answer: typeOf[A](), query: known, tagged: true,
		do: func(c *call) error {
			a, err := answerOf(c, scope, read)
			if err != nil {
				return err
			}
			return c.reveal(a)
		},
	}
}

// answerOf asks the models what a request asks.
func answerOf[A any](c *call, scope func(*call) projections.Scope, read asking[A]) (a A, err error) {
	q := c.query()
	m := q.moment()
	c.purpose = q.text("purpose")
	asked := read(c, q)
	if err := q.unknown(c.route.query); err != nil {
		return a, err
	}
	a, at, err := askAs(c, m, scope, asked)
	if err == nil {
		c.tell(at)
	}
	return a, err
}

// askAs asks the models at a moment.
func askAs[A any](c *call, m moment, scope func(*call) projections.Scope, question func(*projections.Models) (A, error)) (A, domain.Position, error) {
	if m.when.IsZero() {
		return askAt(c, m.atLeast, question)
	}
	return projections.AskAsOf(c.ctx, c.s.View, m.atLeast, m.when, scope(c), question)
}

// everything is the scope of questions about no single thing.
func everything(*call) projections.Scope { return projections.ScopeAll() }

// thisTavolo and thisEnte are the scopes of questions about one thing.
func thisTavolo(c *call) projections.Scope { return projections.ScopeTavolo(c.tavolo()) }
func thisEnte(c *call) projections.Scope {
	ref := c.ente()
	_ = c.resolve(&ref) // what is not known is not there
	return projections.ScopeEnte(ref)
}

// ask asks the models as they are, once they have seen a position.
func ask[A any](c *call, atLeast domain.Position, question func(*projections.Models) (A, error)) (A, error) {
	a, _, err := askAt(c, atLeast, question)
	return a, err
}

// latest asks the models once they have seen everything there is.
func latest[A any](c *call, question func(*projections.Models) (A, error)) (A, error) {
	head, err := c.s.Store.Head(c.ctx)
	if err != nil {
		var none A
		return none, err
	}
	return ask(c, head, question)
}

func askAt[A any](c *call, atLeast domain.Position, question func(*projections.Models) (A, error)) (A, domain.Position, error) {
	ctx := c.ctx
	if c.s.View.Seen() < atLeast {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.s.state.limits.Wait)
		defer cancel()
	}
	return projections.AskAt(ctx, c.s.View, atLeast, question)
}

// tell says in the answer at which position it was given.
func (c *call) tell(at domain.Position) {
	c.w.Header()["Tavoli-Position"] = []string{strconv.FormatUint(uint64(at), 10)}
}

// A revised answer knows the revision of what it shows.
type revised interface{ revision() domain.Revision }

// reveal answers a read with a value, under an ETag of its bytes.
func (c *call) reveal(v any) error {
	if err := c.disclose(); err != nil {
		return err
	}
	body := encode(v)
	return c.show(asJSON, tagOf(revisionOf(v), body), body)
}

// revisionOf returns the revision of what an answer shows, or -1.
func revisionOf(v any) domain.Revision {
	switch v := v.(type) {
	case projections.TavoloDetail:
		return v.Revision
	case projections.Ente:
		return v.Revision
	case projections.Person:
		return v.Revision
	case projections.Programma:
		return v.Revision
	case projections.ReportMapping:
		return v.Revision
	case projections.Account:
		return v.Revision
	case revised:
		return v.revision()
	}
	return -1
}

// A query is the parameters of a request, with what is wrong with them.
type query struct {
	values url.Values
	faults []domain.Field
}

func (c *call) query() *query {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	q := &query{values: values}
	q.that(err == nil, "", "the parameters are not well encoded")
	return q
}

func (q *query) that(ok bool, name, text string) {
	if !ok {
		q.faults = append(q.faults, domain.Field{Pointer: name, Code: "bad-parameter", Text: text})
	}
}

// unknown returns what is wrong with the parameters: those read so far that make
// no sense, and those that nobody reads.
func (q *query) unknown(known []string) error {
	names := make([]string, 0, len(q.values))
	for name := range q.values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !slices.Contains(known, name) {
			q.faults = append(q.faults, domain.Field{Pointer: name, Code: "unknown-parameter", Text: "there is no such parameter"})
		}
	}
	return q.err()
}

func (q *query) err() error {
	if len(q.faults) == 0 {
		return nil
	}
	return errQuery.with(q.faults...)
}

// text returns a parameter, which may be given once.
func (q *query) text(name string) string {
	values := q.values[name]
	if len(values) == 0 {
		return ""
	}
	q.that(len(values) == 1, name, "is given twice")
	q.that(len(values[0]) <= 1000, name, "is too long")
	return values[0]
}

// number returns a whole number from least to most; absent: 0.
func (q *query) number(name string, least, most int) int {
	text := q.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	q.that(err == nil && n >= least && n <= most, name, "must be a whole number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
	return n
}

// position returns a position; absent: 0.
func (q *query) position(name string) domain.Position {
	text := q.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 64)
	q.that(err == nil, name, "must be a position as an answer gave it")
	return domain.Position(n)
}

// yes returns a truth; absent: nil.
func (q *query) yes(name string) *bool {
	text := q.text(name)
	if text == "" {
		return nil
	}
	b := text == "true"
	q.that(b || text == "false", name, "must be true or false")
	return &b
}

// word returns one of some words; absent: empty.
func word[T ~string](q *query, name string, allowed ...T) T {
	text := T(q.text(name))
	if text == "" {
		return ""
	}
	q.that(slices.Contains(allowed, text), name, "must be one of "+strings.Join(texts(allowed), ", "))
	return text
}

// limit returns how many items are asked for.
func (q *query) limit() int { return q.number("limit", 1, projections.MaxLimit) }
