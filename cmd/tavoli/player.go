package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
)

// A player sends the requests of import files, one after the other, and fills in
// what earlier answers have told. Every request carries its key, so that playing a
// file again changes nothing.
type player struct {
	to       *client
	before   func(line) // called before each line, if not nil
	progress *progress

	answers map[string]map[string]any
}

// side is how many requests that stand beside one another are sent at once.
const side = 32

// play sends all lines and stops at the first that is refused.
func (p *player) play(ctx context.Context, lines []line) error {
	p.answers = make(map[string]map[string]any, len(lines))
	for done := 0; done < len(lines); {
		n := abreast(lines[done:])
		if err := p.together(ctx, lines[done:done+n]); err != nil {
			return err
		}
		done += n
		p.progress.at(done, len(lines))
	}
	p.progress.end()
	return nil
}

// abreast returns how many of the lines can be sent at once: registering enti
// takes no heed of order, everything else does.
func abreast(lines []line) int {
	n := 0
	for n < len(lines) && n < side && lines[n].Request == "POST /enti" && lines[n].learned() == lines[0].learned() {
		n++
	}
	return max(n, 1)
}

func (p *player) together(ctx context.Context, lines []line) error {
	if p.before != nil {
		p.before(lines[0])
	}
	answers, faults := make([]map[string]any, len(lines)), make([]error, len(lines))
	var wg sync.WaitGroup
	for i := range lines {
		wg.Go(func() { answers[i], faults[i] = p.send(ctx, lines[i]) })
	}
	wg.Wait()
	for i, l := range lines {
		p.answers[l.Key] = answers[i]
	}
	return errors.Join(faults...)
}

// send sends one line.
func (p *player) send(ctx context.Context, l line) (map[string]any, error) {
	method, path := l.parts()
	path, err := p.fill(path, false)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.at, err)
	}
	body, err := p.fill(string(l.body()), true)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.at, err)
	}
	raw, err := p.to.tell(ctx, method, path, l.Key, []byte(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", l.at, l.Request, err)
	}
	answer := make(map[string]any)
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &answer); err != nil {
			return nil, fmt.Errorf("%s: %s: the answer: %w", l.at, l.Request, err)
		}
	}
	return answer, nil
}

// fill replaces ${key.field} by what the line of that key was answered.
func (p *player) fill(text string, inJSON bool) (string, error) {
	var fault error
	filled := reference.ReplaceAllStringFunc(text, func(ref string) string {
		key, field := splitReference(ref[2 : len(ref)-1])
		value, ok := p.answers[key][field].(string)
		if !ok {
			fault = invalidInput("%[1]s: la risposta a %[2]q non ha %[3]s · the answer has no such field", ref, key, field)
		}
		if !inJSON {
			return url.PathEscape(value)
		}
		quoted := quote(value)
		return quoted[1 : len(quoted)-1]
	})
	return filled, fault
}
