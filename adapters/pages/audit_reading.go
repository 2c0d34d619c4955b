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

// Link returns the address of the story of what was looked at, if it has one.
func (p readingLog) Link(subject string) string {
	stream, _, _ := strings.Cut(subject, "/")
	kind, id, found := strings.Cut(stream, "-")
	if !found {
		return ""
	}
	switch kind {
	case "tavolo", "presenze":
		return p.To("/controllo/tavoli/" + id)
	case "identita":
		return p.To("/controllo/persone/" + id)
	case "ente":
		return p.To("/controllo/enti/" + strings.Replace(id, "_", "/", 1))
	case "programma":
		return p.To("/controllo/programmi/" + id)
	}
	return ""
}

// ShortText returns the beginning of an id.
func (readingLog) ShortText(id string) string { return id[:min(8, len(id))] }
