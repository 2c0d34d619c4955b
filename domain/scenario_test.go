package domain_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/memory"
	"tavoli/domain"
)

// A scenario says what a command leads to after some history.
type scenario struct {
	name  string
	past  []domain.Event
	do    func(x *domain.Executor, meta domain.Meta) (domain.Result, error)
	yield []domain.Event // what happens
	err   error          // or the refusal
	field string         // or the pointer and code of a wrong field: "/seats/online out-of-range"
}

// run carries out scenarios, each twice: whatever a command leads to, repeating
// it under the same id leads to the same and stores nothing more.
func run(t *testing.T, scenarios []scenario) {
	t.Helper()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			store := memory.New(func() time.Time { return now })
			x := &domain.Executor{Store: store}
			store2 := past(t, store, s.past...)
			meta := domain.Meta{At: now, Actor: "account-segreteria", Command: uuid.NewSHA1(uuid.Nil, []byte(t.Name()))}
			res, err := s.do(x, meta)
			s.check(t, res, err)
			again, err2 := s.do(x, meta)
			s.check(t, again, err2)
			if head := head(t, store); len(s.yield) == 0 && head != store2 {
				t.Errorf("a command that does nothing stored something")
			}
			if len(s.yield) > 0 && (!again.Repeated || again.Position != res.Position || again.Revision != res.Revision) {
				t.Errorf("repeating gave %+v, not %+v again", again, res)
			}
		})
	}
}

func (s scenario) check(t *testing.T, res domain.Result, err error) {
	t.Helper()
	switch {
	case s.field != "":
		checkField(t, err, s.field)
	case s.err != nil:
		if !errors.Is(err, s.err) {
			t.Fatalf("got error %v, want %v", err, s.err)
		}
	case err != nil:
		t.Fatalf("got error %v, want none", err)
	case len(res.Events) != len(s.yield) || len(s.yield) > 0 && !reflect.DeepEqual(res.Events, s.yield):
		t.Fatalf("got  %s\nwant %s", show(res.Events), show(s.yield))
	}
}

func checkField(t *testing.T, err error, want string) {
	t.Helper()
	var e *domain.Error
	if !errors.As(err, &e) || e.Kind != domain.Invalid {
		t.Fatalf("got %v, want an invalid field %s", err, want)
	}
	for _, f := range e.Fields {
		if f.Pointer+" "+f.Code == want {
			return
		}
	}
	t.Fatalf("got %v, want %s", e.Fields, want)
}

func show(events []domain.Event) string {
	var b strings.Builder
	for _, e := range events {
		data, _ := json.Marshal(e)
		b.WriteString("\n  " + e.Name() + " " + string(data))
	}
	return b.String()
}

// do returns a command to carry out; build makes it anew each time, as each
// request does.
func do[S domain.State[T], T any, C domain.Command[S]](build func() C) func(*domain.Executor, domain.Meta) (domain.Result, error) {
	return func(x *domain.Executor, meta domain.Meta) (domain.Result, error) {
		return domain.Execute[S, T](context.Background(), x, build(), meta)
	}
}

// is returns a command that is a plain value.
func is[S domain.State[T], T any, C domain.Command[S]](c C) func(*domain.Executor, domain.Meta) (domain.Result, error) {
	return do[S, T](func() C { return c })
}

// as returns a command that names a person the scenario knows.
func as(id domain.PersonID) domain.Person { return domain.Introduced(domain.Known(id)) }

// past stores a history and returns the head.
func past(t *testing.T, store *memory.Store, events ...domain.Event) domain.Position {
	t.Helper()
	revisions := make(map[domain.Stream]domain.Revision)
	for i, e := range events {
		stream := streamOf(t, e)
		rev, ok := revisions[stream]
		if !ok {
			rev = domain.NoStream
		}
		data, schema, err := domain.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		command := uuid.NewSHA1(uuid.Nil, []byte{byte(i), byte(i >> 8)})
		draft := domain.Draft{ID: domain.EventID(command, 0), Type: e.Name(), Schema: schema, EffectiveAt: now, Actor: "system", Command: command, Data: data}
		if _, err := store.Append(t.Context(), domain.Batch{Stream: stream, After: rev, Events: []domain.Draft{draft}}); err != nil {
			t.Fatal(err)
		}
		revisions[stream] = rev + 1
	}
	return head(t, store)
}

func head(t *testing.T, store domain.Log) domain.Position {
	t.Helper()
	p, err := store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// streamOf finds the history an event belongs to by its fields.
func streamOf(t *testing.T, e domain.Event) domain.Stream {
	switch e.(type) {
	case domain.LedgerKeyIntroduced, domain.DossierMade:
		return domain.LedgerStream
	}
	v := reflect.ValueOf(e)
	field := func(name string) (any, bool) {
		f := v.FieldByName(name)
		if !f.IsValid() {
			return nil, false
		}
		return f.Interface(), true
	}
	if h, ok := e.(domain.HoldPlaced); ok {
		return h.Programma.Stream()
	}
	if id, ok := field("Tavolo"); ok {
		switch e.(type) {
		case domain.EvidenceFiled, domain.EvidenceDestroyed, domain.PresenceRecorded, domain.PresenceEnded, domain.PresenceAnnulled, domain.GuestsCounted, domain.PresenceValidated:
			return id.(domain.TavoloID).Presenze()
		}
		return id.(domain.TavoloID).Stream()
	}
	if id, ok := field("Programma"); ok {
		return id.(domain.ProgrammaID).Stream()
	}
	if id, ok := field("Account"); ok {
		return id.(domain.AccountID).Stream()
	}
	if ref, ok := field("Ente"); ok {
		return ref.(domain.EnteRef).Stream()
	}
	if id, ok := field("Person"); ok {
		return domain.IdentitaStream(id.(domain.PersonID))
	}
	t.Fatalf("no stream for %T", e)
	return ""
}

// What the scenarios speak of.
var (
	now     = time.Date(2022, 5, 20, 9, 0, 0, 0, time.UTC)
	t6      = domain.TavoloID("coopera-6")
	anna    = person("anna")
	bruno   = person("bruno")
	carla   = person("carla")
	dario   = person("dario")
	alcamo  = domain.EnteRef{Kind: domain.Comune, Code: "A176"}
	marsala = domain.EnteRef{Kind: domain.Comune, Code: "E974"}
	passwrk = domain.EnteRef{Kind: domain.EnteGestore, Code: "passwork"}
)

func person(name string) domain.PersonID { return uuid.NewSHA1(uuid.Nil, []byte(name)) }

func utc(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// hours returns a schedule of the 25th of May.
func hours(from, to string) domain.Schedule {
	return domain.Schedule{Day: "2022-05-25", StartsAt: new(utc("2022-05-25T" + from + ":00Z")), EndsAt: new(utc("2022-05-25T" + to + ":00Z"))}
}

func given(events ...domain.Event) []domain.Event { return events }

func with(base []domain.Event, more ...domain.Event) []domain.Event {
	return append(append([]domain.Event(nil), base...), more...)
}
