package projections

import (
	"encoding/binary"
	"slices"
	"sort"
	"strings"
	"time"

	"tavoli/domain"
)

// A Through is why a disclosure may concern a person.
type Through string

// The reasons there are.
const (
	ThroughPerson    Through = "person"    // it was about the person
	ThroughTavolo    Through = "tavolo"    // it was about a tavolo at which the person has a place
	ThroughProgramma Through = "programma" // or about its programme
	ThroughEnte      Through = "ente"      // it was about an ente for which the person speaks, or spoke
	ThroughList      Through = "list"      // it was a list in which anybody may have stood
)

// Throughs lists every reason.
var Throughs = []Through{ThroughPerson, ThroughTavolo, ThroughProgramma, ThroughEnte, ThroughList}

// A DisclosureQuery asks for disclosures. With a person it asks who could have seen
// the person's data: what was looked at before the register held any is left out.
type DisclosureQuery struct {
	Account  domain.AccountID
	Subject  string // a stream with what lies below it; of a tavolo its presences, too
	Person   *domain.PersonID
	From, To domain.Day // on which it was recorded, in Italy; both included
	Limit    int
	Cursor   string
}

// A Disclosure is one look at personal values, or one export of them.
type Disclosure struct {
	Position    domain.Position  `json:"position,string"`
	RecordedAt  time.Time        `json:"recorded_at"`
	EffectiveAt time.Time        `json:"effective_at"`
	Account     domain.AccountID `json:"account"`
	Label       string           `json:"label,omitempty"`
	Subject     string           `json:"subject"`
	SubjectIt   string           `json:"subject_it"` // the same in words, without a name
	SubjectEn   string           `json:"subject_en"`
	Form        string           `json:"form"`
	Purpose     string           `json:"purpose,omitempty"`
	Until       time.Time        `json:"until"` // looks at the same until then are this one
	Through     Through          `json:"through,omitempty"`
}

// DisclosurePage is some disclosures, the newest first.
type DisclosurePage struct {
	Items      []Disclosure `json:"items"`
	NextCursor string       `json:"next_cursor,omitempty"`
}

func (q DisclosureQuery) id() string {
	person := ""
	if q.Person != nil {
		person = q.Person.String()
	}
	return questionID("disclosures", string(q.Account), q.Subject, person, string(q.From), string(q.To))
}

// List answers who was shown what, the newest first.
func (d *Disclosures) List(q DisclosureQuery) (DisclosurePage, error) {
	size, err := pageSize(q.Limit)
	if err != nil {
		return DisclosurePage{}, err
	}
	key, err := readCursor(q.Cursor, q.id())
	if err != nil {
		return DisclosurePage{}, err
	}
	s, err := d.search(q)
	if err != nil {
		return DisclosurePage{}, err
	}
	s.before(key)
	page := DisclosurePage{Items: []Disclosure{}}
	for i := range s.rows {
		if len(page.Items) == size {
			page.NextCursor = newCursor(q.id(), string(binary.BigEndian.AppendUint64(nil, uint64(page.Items[size-1].Position))))
			break
		}
		page.Items = append(page.Items, d.line(i, s))
	}
	return page, nil
}

// A searching is a question for disclosures on its way: the rows between two bounds,
// out of some lists or, where there is none, of all.
type searching struct {
	model    *Disclosures
	query    DisclosureQuery
	lists    [][]int32
	all      bool
	low, end int32 // the first row that counts, and the first that does not any more
	through  map[string]Through
}

// search finds the lists in which the answer lies. Each is much shorter than all.
func (d *Disclosures) search(q DisclosureQuery) (*searching, error) {
	s := &searching{model: d, query: q, end: int32(len(d.rows))}
	if q.From != "" {
		s.low = d.first(micros(q.From.Start()))
	}
	if q.To != "" {
		s.end = d.first(micros(q.To.Start().In(domain.Rome).AddDate(0, 0, 1)))
	}
	switch {
	case q.Person != nil:
		if !d.people.Known(*q.Person) {
			return nil, domain.ErrNoPerson
		}
		s.ofPerson(*q.Person)
	case q.Subject != "":
		for _, topic := range topicsUnder(q.Subject) {
			s.lists = append(s.lists, d.byTopic[d.topics.by[topic]])
		}
	case q.Account != "":
		s.lists = [][]int32{d.byAccount[d.accounts.by[string(q.Account)]]}
	default:
		s.all = true
	}
	return s, nil
}

// ofPerson asks for what could have shown a person.
func (s *searching) ofPerson(id domain.PersonID) {
	d := s.model
	s.through = d.topicsOf(id)
	for topic := range s.through {
		if n, ok := d.topics.by[topic]; ok {
			s.lists = append(s.lists, d.byTopic[n])
		}
	}
	s.lists = append(s.lists, d.broad)
	if told := d.people.firstTold(d.people.same(id)); told != 0 {
		s.low = max(s.low, d.first(told))
	}
}

// topicsUnder returns the topics of a subject: of a tavolo its presences, too.
func topicsUnder(subject string) []string {
	topic := topicOf(subject)
	if s := domain.Stream(subject); topic == subject && s.Category() == domain.CategoryTavolo {
		return []string{topic, string(domain.TavoloID(s.ID()).Presenze())}
	}
	return []string{topic}
}

// first returns the first row recorded at a moment or later.
func (d *Disclosures) first(at int64) int32 {
	return int32(sort.Search(len(d.rows), func(i int) bool { return d.rows[i].recorded >= at }))
}

// before leaves out what a page before has told already.
func (s *searching) before(key string) {
	if len(key) == 8 {
		at := domain.Position(binary.BigEndian.Uint64([]byte(key)))
		rows := s.model.rows
		s.end = min(s.end, int32(sort.Search(len(rows), func(i int) bool { return rows[i].position >= at })))
	}
}

// rows yields the rows that match, the last first.
func (s *searching) rows(yield func(int32) bool) {
	left := make([]int, len(s.lists)) // of each list, how many rows come before the end
	for n, list := range s.lists {
		left[n], _ = slices.BinarySearch(list, s.end)
	}
	last := s.end
	for {
		i := s.next(left, last)
		if i < s.low {
			return
		}
		last = i
		if s.matches(i) && !yield(i) {
			return
		}
	}
}

// next returns the row that comes before the last one, or -1. A row may stand in
// several lists.
func (s *searching) next(left []int, last int32) int32 {
	if s.all {
		return last - 1
	}
	found := int32(-1)
	for n, list := range s.lists {
		for left[n] > 0 && list[left[n]-1] >= last {
			left[n]--
		}
		if left[n] > 0 {
			found = max(found, list[left[n]-1])
		}
	}
	return found
}

// matches reports whether a row is what else was asked for.
func (s *searching) matches(i int32) bool {
	d, q := s.model, s.query
	row := &d.rows[i]
	subject := d.subjects.text(row.subject)
	switch {
	case q.Account != "" && d.accounts.text(row.account) != string(q.Account):
		return false
	case q.Subject == "" || subject == q.Subject || strings.HasPrefix(subject, q.Subject+"/"):
		return true
	}
	topics := topicsUnder(q.Subject)
	return len(topics) == 2 && slices.Contains(topics, d.topics.text(row.topic))
}

// line returns a row as it is told.
func (d *Disclosures) line(i int32, s *searching) Disclosure {
	row := &d.rows[i]
	l := Disclosure{
		Position: row.position, RecordedAt: timeOf(row.recorded), EffectiveAt: timeOf(row.effective), Account: domain.AccountID(d.accounts.text(row.account)),
		Subject: d.subjects.text(row.subject), Form: wordOf(forms, row.form), Purpose: d.purposes.text(row.purpose), Until: timeOf(row.until),
	}
	l.SubjectIt, l.SubjectEn = SubjectInWords(l.Subject)
	if a, ok := d.labels.by[l.Account]; ok {
		l.Label = a.label
	}
	if s.query.Person != nil {
		l.Through = ThroughList
		if through, ok := s.through[d.topics.text(row.topic)]; ok {
			l.Through = through
		}
	}
	return l
}
