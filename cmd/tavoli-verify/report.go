package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A text is what people read, in both languages.
type text struct{ it, en string }

// say returns a text with its arguments filled in.
func say(it, en string, args ...any) text {
	return text{fmt.Sprintf(it, args...), fmt.Sprintf(en, args...)}
}

// text returns what is said in the language asked for.
func (p *program) text(t text) string {
	if p.lang == "en" {
		return t.en
	}
	return t.it
}

// A fault is why nothing can be checked at all.
type fault struct {
	code int
	text text
}

// Error implements error.
func (f *fault) Error() string { return f.text.en }

func usage(it, en string, args ...any) error { return &fault{exitUsage, say(it, en, args...)} }

func unreadable(it, en string, args ...any) error {
	return &fault{exitUnreadable, say(it, en, args...)}
}

// A check is one thing that was looked at.
type check struct {
	Name   string `json:"name"` // never changes: for programs
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// A report is what a command has found.
type report struct {
	Command      string       `json:"command"`
	File         string       `json:"file"`
	OK           bool         `json:"ok"`
	Checks       []check      `json:"checks"`
	Means        []string     `json:"means"`
	DoesNotProve []string     `json:"does_not_prove"`
	Origin       string       `json:"origin,omitempty"`
	Size         int64        `json:"size,omitempty"`
	Root         string       `json:"root,omitempty"`
	Keys         []string     `json:"keys,omitempty"`
	Tavoli       []tavoloSeen `json:"tavoli,omitempty"`

	p *program
}

func (p *program) report(command, file string) *report {
	return &report{Command: command, File: file, OK: true, Checks: []check{}, Means: []string{}, DoesNotProve: []string{}, p: p}
}

// check notes what was looked at and whether it is as it ought to be.
func (r *report) check(name string, ok bool, it, en string, args ...any) bool {
	r.Checks = append(r.Checks, check{name, ok, r.p.text(say(it, en, args...))})
	r.OK = r.OK && ok
	return ok
}

// means notes what follows if everything is as it ought to be.
func (r *report) means(it, en string, args ...any) {
	r.Means = append(r.Means, r.p.text(say(it, en, args...)))
}

// limit notes what does not follow, however well everything fits.
func (r *report) limit(it, en string) {
	r.DoesNotProve = append(r.DoesNotProve, r.p.text(text{it, en}))
}

// print shows the report as JSON or to people.
func (r *report) print(p *program) error {
	if p.json {
		enc := json.NewEncoder(p.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "tavoli-verify %s %s\n", r.Command, printable(r.File))
	for i := range r.Tavoli {
		r.Tavoli[i].print(&b, p)
	}
	r.section(&b, say("Che cosa è stato controllato", "What was checked"))
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "  %s  %s\n", r.mark(c.OK), printable(c.Detail))
	}
	if r.OK && len(r.Means) > 0 {
		r.section(&b, say("Che cosa significa", "What it means"))
		r.lines(&b, r.Means)
	}
	if len(r.DoesNotProve) > 0 {
		r.section(&b, say("Che cosa non dimostra", "What it does not prove"))
		r.lines(&b, r.DoesNotProve)
	}
	verdict := say("Esito: tutto torna.", "Verdict: all is well.")
	if !r.OK {
		verdict = say("Esito: QUALCOSA NON TORNA.", "Verdict: SOMETHING DOES NOT FIT.")
	}
	fmt.Fprintf(&b, "\n%s\n", p.text(verdict))
	_, err := p.out.Write([]byte(b.String()))
	return err
}

func (r *report) section(b *strings.Builder, head text) { fmt.Fprintf(b, "\n%s\n", r.p.text(head)) }

func (r *report) lines(b *strings.Builder, lines []string) {
	for _, l := range lines {
		fmt.Fprintf(b, "  - %s\n", printable(l))
	}
}

func (r *report) mark(ok bool) string {
	if ok {
		return r.p.text(text{"sì", "ok"})
	}
	return r.p.text(text{"NO", "NO"})
}

// printable returns text without what could move a terminal's cursor: what is
// shown may come from a file somebody has tampered with.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return '·'
		}
		return r
	}, s)
}
