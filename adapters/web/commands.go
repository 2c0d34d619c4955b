package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"tavoli/domain"
)

// Written is what every write is answered with. Ids of what was made stand beside.
type Written struct {
	Position string          `json:"position" doc:"what a question must have seen to know of it: at_least"`
	Revision domain.Revision `json:"revision" doc:"of what was changed, for If-Match"`
}

// Beside is what may stand in any body beside what the command asks for.
type Beside struct {
	EffectiveAt domain.Moment `json:"effective_at,omitempty" doc:"when it happened in the world; absent: now"`
}

// futureTime is how far ahead of the server's clock a caller's may be.
const futureTime = 5 * time.Minute

// A doing is a command under way.
type doing struct {
	*call
	meta   domain.Meta
	keyed  bool
	beside *Beside
	seal   func() error // seals the values of a person that the command brings
	result domain.Result
}

// written returns what the write is answered with at least.
func (d *doing) written() Written {
	return Written{strconv.FormatUint(uint64(d.result.Position), 10), d.result.Revision}
}

// introducing commands bring persons, who must be sealed before it is carried out.
type introducing interface {
	Introduce(ctx context.Context, v domain.Vault, meta domain.Meta) error
}

// command returns an action that reads a C from the body, lets complete add what
// the path says, and executes it. Made says what it is answered with, and where
// what it made can be found.
func command[C any, P interface {
	*C
	domain.Command[S]
}, S domain.State[T], T any](complete func(*doing, P) error, made func(*doing, P) (any, string)) action {
	read := newForm(typeOf[C](), typeOf[Beside]())
	a := action{body: read.types, answer: typeOf[Written]()}
	a.do = func(c *call) error {
		var cmd C
		d := &doing{call: c, beside: new(Beside)}
		if err := d.read(read, &cmd, d.beside); err != nil {
			return err
		}
		if again, err := d.again(); again {
			return err
		}
		if err := complete(d, &cmd); err != nil {
			return err
		}
		if err := execute(d, P(&cmd)); err != nil {
			return err
		}
		return d.finish(func() (any, string) { return made(d, &cmd) })
	}
	return a
}

// nothing is what most commands make.
func nothing[P any](d *doing, _ P) (any, string) { return d.written(), "" }

// making returns the action as one that makes something and answers with an A.
func making[A any](a action) action {
	a.answer, a.created = typeOf[A](), true
	return a
}

// answering returns the action as one that answers with an A.
func answering[A any](a action) action {
	a.answer = typeOf[A]()
	return a
}

// read reads the body and what the headers say about the command.
func (d *doing) read(f *form, into ...any) error {
	data, err := d.body(d.s.state.limits.Body)
	if err != nil {
		return err
	}
	if err := d.query().unknown(d.route.query); err != nil {
		return err
	}
	if err := f.decode(data, into...); err != nil {
		return err
	}
	return d.prepare(into)
}

// prepare fills in what is known of the command beside what it asks for. The
// fingerprint is of what was understood, so that spaces and the order of fields
// make no other request.
func (d *doing) prepare(into []any) (err error) {
	d.meta.At, d.meta.Actor = d.s.Now(), d.caller.actor
	if d.meta.Command, d.keyed, err = d.commandID(); err != nil {
		return err
	}
	if d.meta.IfRevision, err = d.ifMatch(); err != nil {
		return err
	}
	if d.keyed {
		parts := make([][]byte, len(into))
		for i, v := range into {
			if parts[i], err = json.Marshal(v); err != nil {
				return err
			}
		}
		d.meta.Request = d.s.fingerprint(parts...)
	}
	return d.effective()
}

// effective reads when it happened.
func (d *doing) effective() error {
	if d.beside.EffectiveAt == "" {
		return nil
	}
	t, err := domain.ParseTime(string(d.beside.EffectiveAt))
	switch {
	case err != nil:
		return invalid("/effective_at", "bad-time", err.Error())
	case t.After(d.meta.At.Add(futureTime)):
		return invalid("/effective_at", "in-the-future", "lies in the future")
	}
	d.meta.EffectiveAt = t
	return nil
}

// invalid returns the error of one field.
func invalid(pointer, code, text string) error {
	return &domain.Error{Kind: domain.Invalid, Code: "invalid-input", Text: "the request has invalid fields", Fields: []domain.Field{{Pointer: pointer, Code: code, Text: text}}}
}

// again answers a command that was answered not long ago.
func (d *doing) again() (bool, error) {
	if !d.keyed {
		return false, nil
	}
	given, ok := d.s.state.answers.get(d.meta.Command)
	if !ok {
		return false, nil
	}
	if given.request != d.meta.Request {
		return true, domain.ErrKeyReused
	}
	d.s.state.metrics.replayed.Inc()
	d.write(given)
	return true, nil
}

// tries is how often a command is taken again whose values of a person somebody
// else changed meanwhile.
const tries = 4

// execute carries out a command.
func execute[S domain.State[T], T any](d *doing, cmd domain.Command[S]) (err error) {
	ctx := d.ctx
	if p, ok := cmd.(introducing); ok {
		d.seal = func() error { return p.Introduce(ctx, d.s.Vault, d.meta) }
	}
	for range tries {
		if d.seal != nil {
			if err := d.seal(); err != nil {
				return err
			}
		}
		d.result, err = domain.Execute(ctx, d.s.Exec, cmd, d.meta)
		if d.seal == nil || !errors.Is(err, domain.ErrBusy) {
			break
		}
	}
	return err
}

// finish answers a command that was carried out and keeps the answer.
func (d *doing) finish(made func() (any, string)) error {
	body, location := made()
	a := &answer{
		command: d.meta.Command, request: d.meta.Request, status: http.StatusOK, location: location,
		position: strconv.FormatUint(uint64(d.result.Position), 10), revision: `"` + strconv.FormatInt(int64(d.result.Revision), 10) + `"`,
		body: encode(body),
	}
	if location != "" && len(d.result.Events) > 0 {
		a.status = http.StatusCreated
	}
	if d.keyed && !d.route.secret {
		d.s.state.answers.put(a)
	}
	d.write(a)
	return nil
}

// write sends an answer to a command.
func (d *doing) write(a *answer) {
	h := d.w.Header()
	h["Content-Type"] = asJSON
	h["Tavoli-Position"] = []string{a.position}
	h["Tavoli-Store"] = d.s.state.store
	h["Etag"] = []string{a.revision}
	if a.location != "" {
		h["Location"] = []string{a.location}
	}
	d.send(a.status, a.body)
}
