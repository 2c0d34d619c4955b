package pages

import (
	"net/url"
	"strings"

	"tavoli/projections"
)

// A readingLog tells who was shown whose data.
type readingLog struct {
	auditPage
	Account, Subject, Person, From, Until string
	Items                                 []projections.Disclosure
	Next                                  string
	Sheet                                 string // the address of the same as a sheet
	Tavoli                                []projections.Tavolo
	Accounts                              []projections.Account // none where the visitor may not see them
}

func showReadingLog(v *visit) error {
	page, err := v.audit()
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	p := readingLog{auditPage: page}
	q, kept := p.filter(query)
	p.Sheet = p.To("/controllo/consultazioni.csv", kept...)
	if after := query.Get("dopo"); after != "" {
		q.Set("cursor", after)
	}
	var list projections.DisclosurePage
	if err := v.get("/audit/disclosures", q, &list); err != nil {
		return err
	}
	p.Items = list.Items
	if p.Tavoli, err = v.tavoli(p.asking()); err != nil {
		return err
	}
	if p.Accounts, err = p.accounts(); err != nil {
		return err
	}
	if list.NextCursor != "" {
		p.Next = p.To(p.Here, append(kept, "dopo", list.NextCursor)...)
	}
	return v.show("audit-reading", p)
}

// filter reads what of the reading log is asked for, and keeps it for the pages to come.
func (p *readingLog) filter(query url.Values) (q url.Values, kept []string) {
	q = p.asking()
	for _, field := range []struct {
		name, parameter string
		into            *string
	}{
		{"utenza", "account", &p.Account}, {"oggetto", "subject", &p.Subject}, {"persona", "person", &p.Person}, {"dal", "from", &p.From}, {"al", "to", &p.Until},
	} {
		if *field.into = strings.TrimSpace(query.Get(field.name)); *field.into != "" {
			q.Set(field.parameter, *field.into)
			kept = append(kept, field.name, *field.into)
		}
	}
	return q, kept
}

// handOutReadingLog hands out every line as a sheet.
func handOutReadingLog(v *visit) error {
	page, err := v.audit()
	if err != nil {
		return err
	}
	p := readingLog{auditPage: page}
	q, _ := p.filter(v.r.URL.Query())
	q.Set("format", "csv")
	return v.handOut("/audit/disclosures", q)
}

// What says what was looked at, a tavolo with its subject.
func (p readingLog) What(d projections.Disclosure) string {
	what := p.T(d.SubjectIt, d.SubjectEn)
	stream, _, _ := strings.Cut(d.Subject, "/")
	for _, t := range p.Tavoli {
		if stream == string(t.ID.Stream()) || stream == string(t.ID.Presenze()) {
			return what + " · " + t.Subject
		}
	}
	return what
}

// Subjects lists what of can be asked for, each with how it is called: every tavolo, what
// concerns nobody in particular, and what is asked for already.
func (p readingLog) Subjects() (list [][2]string) {
	known := p.Subject == ""
	add := func(subject, name string) {
		known = known || subject == p.Subject
		list = append(list, [2]string{subject, name})
	}
	for _, t := range p.Tavoli {
		add(string(t.ID.Stream()), p.T(projections.SubjectInWords(string(t.ID.Stream())))+" · "+t.Subject)
	}
	for _, broad := range []string{"people", "enti", "letters", "retention", "audit-trail"} {
		add(broad, p.T(projections.SubjectInWords(broad)))
	}
	if !known {
		add(p.Subject, p.T(projections.SubjectInWords(p.Subject)))
	}
	return list
}

// ShortText returns the beginning of an id.
func (readingLog) ShortText(id string) string { return id[:min(8, len(id))] }
