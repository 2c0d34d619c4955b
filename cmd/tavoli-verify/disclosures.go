package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A disclosure opens the commitment of a fact to values of a person.
type disclosure struct {
	Index      int64           `json:"index"`
	Event      string          `json:"event"`
	Person     string          `json:"person"`
	Group      string          `json:"group"`
	Pointer    string          `json:"pointer"`
	Values     json.RawMessage `json:"values"`
	Salt       []byte          `json:"salt"`
	Commitment string          `json:"commitment"`
}

const disclosuresFile = "disclosures.jsonl"

// A personName is what disclosures tell of one person, newest last.
type personName struct {
	name     []string // "family|given"
	function []string
	shown    string
}

// Openings are the disclosures that came along, on their way through the entries.
type openings struct {
	byIndex map[int64][]disclosure
	all     int
	met     int
	wrong   []string
	names   map[string]*personName
}

// disclosures carries out the command.
func (p *program) disclosures(args []string) (*report, error) {
	a, err := p.audit("disclosures", args[0])
	if err != nil {
		return nil, err
	}
	defer a.s.Close()
	open, err := a.openings()
	if err != nil {
		return a.r, a.r.take(err)
	}
	a.alsoLook(open)
	if err := a.run(); err != nil {
		return a.r, a.r.take(err)
	}
	if open.all == 0 {
		a.r.means("il fascicolo non mostra alcun dato personale", "the dossier shows no personal values")
	}
	open.conclude(a.r)
	a.conclude()
	return a.r, nil
}

// openings reads the disclosures that came along.
func (a *audit) openings() (*openings, error) {
	o := &openings{byIndex: make(map[int64][]disclosure), names: make(map[string]*personName)}
	if !a.s.has(disclosuresFile) {
		return o, nil
	}
	if size := a.s.sizes[disclosuresFile]; size > maxShown {
		return nil, unreadable("%s è troppo grande: %d byte", "%s is too large: %d bytes", disclosuresFile, size)
	}
	f, err := a.s.open(disclosuresFile)
	if err != nil {
		return nil, a.s.strange(disclosuresFile, err)
	}
	defer f.Close()
	return o, a.readOpenings(o, bufio.NewReaderSize(f, maxJSONLine))
}

func (a *audit) readOpenings(o *openings, r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return nil
		case errors.Is(err, io.EOF):
			return unreadable("disclosures.jsonl è tronco", "disclosures.jsonl is cut off")
		case err != nil:
			return a.s.strange(disclosuresFile, err)
		}
		d, err := readDisclosure(line)
		if err != nil {
			return err
		}
		o.byIndex[d.Index] = append(o.byIndex[d.Index], d)
		o.all++
	}
}

// readDisclosure reads one line.
func readDisclosure(line []byte) (d disclosure, err error) {
	if err := unmarshal(line, &d); err != nil || d.Index < 0 || d.Group == "" || len(d.Values) == 0 {
		return d, unreadable("disclosures.jsonl è malformato: %q", "disclosures.jsonl is malformed: %q", clip(string(line)))
	}
	return d, nil
}

// alsoLook lets the openings look at every entry that has a commitment, beside
// what is looked at already.
func (a *audit) alsoLook(o *openings) {
	if o.all == 0 {
		return
	}
	keep, look := a.keep, a.look
	a.keep = func(raw []byte) bool {
		return keep != nil && keep(raw) || bytes.Contains(raw, []byte(`"commitments":{`))
	}
	a.look = func(index int64, raw []byte) error {
		o.take(index, raw)
		if look == nil || keep == nil || !keep(raw) {
			return nil
		}
		return look(index, raw)
	}
}

// take opens the commitments of one entry.
func (o *openings) take(index int64, raw []byte) {
	list := o.byIndex[index]
	if len(list) == 0 {
		return
	}
	e, err := readEntry(raw)
	var data speaking
	if err == nil {
		err = json.Unmarshal(e.Data, &data)
	}
	for _, d := range list {
		o.met++
		if err != nil || e.ID != d.Event || !data.says(e.Type, d) || !d.opens() {
			o.wrong = append(o.wrong, d.Event+d.Pointer)
			continue
		}
		o.learn(d)
	}
}

// A speaking is what an entry says of persons whose values it commits to.
type speaking struct {
	Participant string            `json:"participant"`
	By          string            `json:"by"`
	Person      string            `json:"person"`
	Commitments map[string]string `json:"commitments"`
	Referenti   []speaking        `json:"referenti"` // of a request to join
}

// says reports whether an entry commits to a disclosure, of that person in that place.
func (s speaking) says(kind string, d disclosure) bool {
	place, at := "", s
	for i := range s.Referenti {
		if prefix := "/referenti/" + strconv.Itoa(i); strings.HasPrefix(d.Pointer, prefix+"/") {
			place, at = prefix, s.Referenti[i]
		}
	}
	who := at.Participant + at.Person // only one of them is there
	if kind == "DelegateSubstituted" {
		who = at.By
	}
	return who == d.Person && d.Pointer == place+"/commitments/"+d.Group && at.Commitments[d.Group] == d.Commitment
}

// opens reports whether value and salt give the commitment: HMAC-SHA-256 with the
// salt as key over the values in canonical JSON.
func (d disclosure) opens() bool {
	mac := hmac.New(sha256.New, d.Salt)
	mac.Write(d.Values)
	return len(d.Salt) == sha256.Size && hmac.Equal([]byte(base64.RawURLEncoding.EncodeToString(mac.Sum(nil))), []byte(d.Commitment))
}

// learn notes what a disclosure that opens tells.
func (o *openings) learn(d disclosure) {
	var v struct {
		Family   string `json:"family_name"`
		Given    string `json:"given_name"`
		Function string `json:"function"`
	}
	if json.Unmarshal(d.Values, &v) != nil {
		return
	}
	n, ok := o.names[d.Person]
	if !ok {
		n = &personName{}
		o.names[d.Person] = n
	}
	switch d.Group {
	case "identity":
		n.name = append(n.name, v.Family+"|"+v.Given)
		n.shown = strings.TrimSpace(v.Family + " " + v.Given)
	case "function":
		n.function = append(n.function, v.Function)
	}
}

// name returns what a person is called, as far as it was disclosed.
func (o *openings) name(person string) string {
	if n, ok := o.names[person]; ok {
		return n.shown
	}
	return ""
}

// misnamed returns the rows whose names no commitment opens to. A person who was
// forgotten is called so.
func (o *openings) misnamed(list []named) (wrong []string) {
	for _, n := range list {
		if n.family == "" && n.given == "" && n.function == "" || strings.HasPrefix(n.family, "persona rimossa") && n.given == "" && n.function == "" {
			continue
		}
		known, ok := o.names[n.participant]
		if !ok || !slices.Contains(known.name, n.family+"|"+n.given) || n.function != "" && !slices.Contains(known.function, n.function) {
			wrong = append(wrong, "csv "+n.participant+" ("+n.family+" "+n.given+")")
		}
	}
	return wrong
}

// conclude notes what became of the openings.
func (o *openings) conclude(r *report) {
	if o.all == 0 {
		return
	}
	ok := len(o.wrong) == 0 && o.met == o.all
	r.check("disclosures", ok, "%d valori su %d aprono l'impegno del fatto a cui si riferiscono %s", "%d of %d values open the commitment of the fact they belong to %s", o.met-len(o.wrong), o.all, few(o.wrong))
	r.means("i nomi mostrati sono quelli dichiarati quando il fatto fu registrato: l'impegno (HMAC-SHA-256) sta nel fatto firmato",
		"the names shown are those given when the fact was recorded: the commitment (HMAC-SHA-256) is in the signed fact")
	r.limit("che il nome sia quello vero della persona", "that the name is the person's true one")
}
