package projections

import (
	"slices"
	"strings"

	"tavoli/domain"
)

// Disclosures answers: who was shown whose data, in which form, for which purpose,
// and when? It is the reading log; it holds no personal value itself.
type Disclosures struct {
	rows     []disclosure // in the order of the log
	accounts table
	topics   table
	subjects table
	purposes table

	byAccount map[uint32][]int32 // rows, in their order
	byTopic   map[uint32][]int32
	broad     []int32 // rows about nothing in particular, as lists of people are

	people *People
	labels *Accounts
}

// A disclosure is one look or one export.
type disclosure struct {
	position                         domain.Position
	recorded, effective, until       int64
	account, topic, subject, purpose uint32
	form                             uint8
}

// forms are the forms of disclosures, by their number.
var forms = []string{"", domain.AsPage, domain.AsExport}

func newDisclosures(people *People, accounts *Accounts) Disclosures {
	return Disclosures{byAccount: make(map[uint32][]int32), byTopic: make(map[uint32][]int32), people: people, labels: accounts}
}

// apply implements model.
func (d *Disclosures) apply(rec *domain.Record) {
	e, ok := rec.Event.(domain.PersonalDataDisclosed)
	if !ok {
		return
	}
	d.add(disclosure{
		rec.Position, micros(rec.RecordedAt), micros(rec.EffectiveAt), micros(e.Until),
		d.accounts.add(string(e.Account)), d.topics.add(topicOf(e.Subject)), d.subjects.add(e.Subject), d.purposes.add(e.Purpose),
		number(forms, e.Form),
	})
}

// add appends a row and notes where it is found.
func (d *Disclosures) add(row disclosure) {
	i := int32(len(d.rows))
	d.rows = append(d.rows, row)
	d.byAccount[row.account] = append(d.byAccount[row.account], i)
	d.byTopic[row.topic] = append(d.byTopic[row.topic], i)
	if isBroad(d.topics.text(row.topic)) {
		d.broad = append(d.broad, i)
	}
}

// topicOf returns the thing of which a subject is a part: the stream of
// "presenze-coopera-4/evidence/9f86".
func topicOf(subject string) string {
	topic, _, _ := strings.Cut(subject, "/")
	return topic
}

// isBroad reports whether a topic is none that knows whom it concerns: anybody may
// have been shown by it.
func isBroad(topic string) bool {
	switch domain.Stream(topic).Category() {
	case "enti": // tells who speaks for each
		return false
	case domain.CategoryTavolo, domain.CategoryPresenze, domain.CategoryEnte, domain.CategoryProgramma, domain.CategoryAccount, domain.CategoryIdentita, domain.CategoryRegistro, domain.CategoryDelivery:
		return !domain.Stream(topic).Valid()
	}
	return true
}

// topicsOf returns the topics that concern a person, each with why.
func (d *Disclosures) topicsOf(id domain.PersonID) map[string]Through {
	found := make(map[string]Through)
	for _, i := range d.people.same(id) {
		d.of(i, found)
	}
	return found
}

// of adds the topics that concern one record of a person.
func (d *Disclosures) of(i int32, found map[string]Through) {
	id := d.people.rows[i].id
	tavolo := func(t domain.TavoloID) {
		found[string(t.Stream())], found[string(t.Presenze())] = ThroughTavolo, ThroughTavolo
		if row, ok := d.people.calendar.by[t]; ok && row.programma != "" {
			found[string(row.programma.Stream())] = ThroughProgramma
		}
	}
	for row := range d.people.rosters.of(i) {
		tavolo(row.id)
	}
	for _, s := range d.people.calendar.speakerAt(id) {
		tavolo(s.Tavolo)
	}
	for _, r := range d.people.enti.referenteOf(id) {
		found[string(domain.EnteRef{Kind: r.Kind, Code: r.Code}.Stream())], found["enti"] = ThroughEnte, ThroughEnte
	}
	found[string(domain.IdentitaStream(id))] = ThroughPerson
}

// same returns the records of a person who goes by several.
func (p *People) same(id domain.PersonID) []int32 {
	i, ok := p.by[id]
	if !ok {
		return nil
	}
	list, stands := []int32{i}, p.canonical(i)
	for other := range p.links {
		if p.canonical(other) == stands {
			list = append(list, other)
		}
	}
	list = append(list, stands)
	slices.Sort(list)
	return slices.Compact(list)
}

// firstTold returns when the register first learned values of any of some records
// of a person, in microseconds; 0: that is not known any more.
func (p *People) firstTold(records []int32) int64 {
	first := int64(0)
	for n, i := range records {
		told := p.rows[i].since
		if older := p.older[i]; len(older) > 0 {
			told = older[0].told
		}
		if told == 0 {
			return 0
		}
		if n == 0 || told < first {
			first = told
		}
	}
	return first
}
