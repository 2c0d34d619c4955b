package domain

import (
	"slices"
	"strings"
)

// TemplateStream is the history of the words of letters.
const TemplateStream Stream = CategoryRegistro + "-lettere"

// TemplateSet records the words of a kind of letter from now on.
type TemplateSet struct {
	Kind    LetterKind `json:"kind"`
	Version int        `json:"version"` // from 1; 0 are the words the program has
	Subject string     `json:"subject"`
	Text    string     `json:"text"`
	Reason  string     `json:"reason,omitempty"`
}

// Name implements [Event].
func (TemplateSet) Name() string { return "TemplateSet" }

// A LetterTemplate is the words of a letter, with names of what is filled in:
// {nome}, {data}. Paragraphs are parted by an empty line. A line whose names all
// stand for nothing is left out, and with it a heading right above it.
type LetterTemplate struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// LetterField is something that is filled into letters.
type LetterField struct {
	Name  string `json:"name"` // as it stands in a template, without braces
	About string `json:"about"`
}

// LetterFields lists what can be filled in.
func LetterFields() []LetterField {
	return []LetterField{
		{"nome", "nome e cognome di chi riceve · name of the recipient"},
		{"tavolo", "il tavolo con il suo numero e l'oggetto · the tavolo with its number and subject"},
		{"oggetto", "l'oggetto del tavolo · its subject"},
		{"data", "il giorno: giovedì 24 marzo 2022 · the day"},
		{"ore", "le ore: 15:00-17:00 · the hours"},
		{"modalita", "come si tiene: in presenza, online · how it is held"},
		{"partecipazione", "come partecipa chi riceve · how the recipient takes part"},
		{"sede", "la sede · the place"},
		{"piattaforma", "la piattaforma · the platform"},
		{"protocollo", "il protocollo della convocazione · the protocol reference"},
		{"programma_lavori", "l'ordine del giorno, una riga per voce · the agenda, one line for each item"},
		{"relatori", "chi interviene, una riga per persona · the speakers, one line for each"},
		{"posto", "il posto in lista d'attesa · the place in the waiting list"},
		{"link", "il collegamento per partecipare online, solo a chi partecipa online · the address to join, for those online only"},
		{"data_precedente", "quando era previsto prima dello spostamento · when it was to be before it was moved"},
		{"motivo", "il motivo dello spostamento, della rettifica o dell'annullamento · the reason"},
		{"rettifica", "che cosa era sbagliato e che cosa è giusto · what was wrong and what is right"},
		{"materiali", "i materiali pubblicati, una riga per voce · the published materials"},
		{"iscrizione", "la pagina in cui ci si iscrive · the page where one registers"},
		{"codice", "il codice che apre l'iscrizione di chi riceve · the code that opens the recipient's registration"},
		{"pagina", "la pagina che si apre con il codice · the page that the code opens"},
		{"scadenza", "fino a quando un posto resta riservato · until when a seat is held"},
		{"ente", "l'ente che chiede di aderire al Coordinamento · the ente that asks to join the coordinamento"},
		{"risposte", "l'indirizzo a cui si risponde · the address for answers"},
		{"titolare", "chi tiene il registro · whose register it is"},
	}
}

// MaxTemplate is the longest text of a template, in characters.
const MaxTemplate = 8_000

// Fill returns the subject, on one line, and the text with names in place of values.
func (t LetterTemplate) Fill(values map[string]string) (subject, text string) {
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(t.Text, "\r\n", "\n"), "\n") {
		filled, stands := fillLine(line, values)
		switch last := len(lines) - 1; {
		case stands:
			lines = append(lines, filled)
		case last >= 0 && strings.HasSuffix(lines[last], ":"): // a heading of nothing
			lines = lines[:last]
		}
	}
	subject, _ = fillLine(t.Subject, values)
	return strings.Join(strings.Fields(subject), " "), paragraphs(strings.Join(lines, "\n"))
}

// fillLine fills in one line, and reports whether anything of it is to stand.
func fillLine(line string, values map[string]string) (filled string, stands bool) {
	names, full := 0, 0
	for {
		before, rest, found := strings.Cut(line, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return filled + line, names == 0 || full > 0
		}
		names++
		if values[name] != "" {
			full++
		}
		filled += before + values[name]
		line = after
	}
}

// paragraphs returns text with at most one empty line between others.
func paragraphs(text string) string {
	for strings.Contains(text, "\n\n\n") {
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	return strings.Trim(text, "\n")
}

// strange returns the names on a line that stand for nothing there is, as they stand
// there: "{telegramma}". A brace that is not closed is one.
func strange(line string) (names []string) {
	for _, rest := range strings.Split(line, "{")[1:] {
		name, _, closed := strings.Cut(rest, "}")
		switch {
		case !closed:
			names = append(names, "{"+string(clip([]byte(rest))))
		case !slices.ContainsFunc(LetterFields(), func(f LetterField) bool { return f.Name == name }):
			names = append(names, "{"+string(clip([]byte(name)))+"}")
		}
	}
	return names
}

// maxStrange is how many faults of a template are told at once.
const maxStrange = 20

// check notes what is wrong with a template, of each line.
func (t LetterTemplate) check(bad *check) {
	bad.required(t.Subject, "/subject")
	bad.that(strings.TrimSpace(t.Text) != "", "/text", "required", "is required")
	bad.text(t.Text, "/text", MaxTemplate)
	for _, name := range strange(t.Subject) {
		bad.that(false, "/subject", "unknown-name", "line 1: %s stands for nothing there is", name)
	}
	for i, line := range strings.Split(t.Text, "\n") {
		for _, name := range strange(line) {
			if len(bad.fields) >= maxStrange {
				return
			}
			bad.that(false, "/text", "unknown-name", "line %d: %s stands for nothing there is", i+1, name)
		}
	}
}

// Check returns what is wrong with a template.
func (t LetterTemplate) Check() error {
	var bad check
	t.check(&bad)
	return bad.err()
}

// Templates is what decisions need of the words of letters.
type Templates struct {
	newest map[LetterKind]TemplateSet
}

// Apply implements [State].
func (t *Templates) Apply(e Event) {
	if e, ok := e.(TemplateSet); ok {
		if t.newest == nil {
			t.newest = make(map[LetterKind]TemplateSet)
		}
		t.newest[e.Kind] = e
	}
}

// SetTemplate gives a kind of letter other words. Letters that were sent keep what
// they were; those that wait keep the version they were queued with. Setting the
// same words again changes nothing.
type SetTemplate struct {
	Kind    LetterKind `json:"-"`
	Subject string     `json:"subject"`
	Text    string     `json:"text"`
	Reason  string     `json:"reason"`
}

// Stream implements [Command].
func (c SetTemplate) Stream() Stream { return TemplateStream }

// Decide implements [Command].
func (c SetTemplate) Decide(t *Templates, _ Meta) ([]Event, error) {
	if !slices.Contains(LetterKinds, c.Kind) {
		return nil, ErrNoLetterKind
	}
	var bad check
	text := strings.ReplaceAll(c.Text, "\r\n", "\n")
	LetterTemplate{c.Subject, text}.check(&bad)
	bad.text(c.Reason, "/reason", MaxText)
	last := t.newest[c.Kind]
	switch {
	case bad.err() != nil:
		return nil, bad.err()
	case last.Version > 0 && last.Subject == c.Subject && last.Text == text:
		return nil, nil
	}
	return []Event{TemplateSet{c.Kind, last.Version + 1, c.Subject, text, c.Reason}}, nil
}

// ErrNoLetterKind says that there is no such kind of letter.
var ErrNoLetterKind = &Error{Kind: NotFound, Code: "letter-kind-not-found", Text: "there is no such kind of letter"}
