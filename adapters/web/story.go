package web

import (
	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// An about is the one thing whose story is asked for.
type about struct {
	count     int    // of the things named
	name      string // of the parameter
	person    domain.PersonID
	tavolo    domain.TavoloID
	ente      domain.EnteRef
	programma domain.ProgrammaID
	account   domain.AccountID
}

// about reads whose story is asked for.
func (q *query) about() (a about) {
	for _, name := range []string{"person", "tavolo", "ente", "programma", "account"} {
		text := q.text(name)
		if text == "" {
			continue
		}
		a.count, a.name = a.count+1, name
		switch name {
		case "person":
			id, err := uuid.Parse(text)
			q.that(err == nil, "person", "must be the id of a person")
			a.person = id
		case "tavolo":
			a.tavolo = domain.TavoloID(text)
		case "ente":
			a.ente = enteParam(text)
			q.that(a.ente.Kind != "" && a.ente.Code != "", "ente", "must be kind/code, or the ISTAT code of a comune")
		case "programma":
			a.programma = domain.ProgrammaID(text)
		case "account":
			a.account = domain.AccountID(text)
		}
	}
	return a
}

// storyOf tells the story of a thing over all streams that speak of it.
func (c *call) storyOf(t trailQuery) (TrailPage, error) {
	strands, subject, err := c.strands(t.about)
	if err != nil {
		return TrailPage{}, err
	}
	for _, s := range strands {
		if !s.Stream.Valid() {
			return TrailPage{}, &errNoStream
		}
	}
	c.tells(subject, domain.AsPage)
	return c.tale(strands, t)
}

// strands returns where a story is found, and what is looked at by it.
func (c *call) strands(a about) (strands []projections.Strand, subject domain.Stream, err error) {
	switch a.name {
	case "person":
		subject = domain.IdentitaStream(a.person)
		strands, err = latest(c, func(m *projections.Models) ([]projections.Strand, error) { return m.StrandsOfPerson(a.person, c.reach) })
		return strands, subject, err
	case "ente":
		subject = a.ente.Stream()
		strands, err = latest(c, func(m *projections.Models) ([]projections.Strand, error) {
			subject = m.Enti.Resolve(a.ente).Stream()
			return m.StrandsOfEnte(a.ente)
		})
		return strands, subject, err
	case "tavolo":
		return projections.StrandsOfTavolo(a.tavolo), a.tavolo.Stream(), nil
	case "programma":
		subject = a.programma.Stream()
	case "account":
		subject = a.account.Stream()
	}
	return []projections.Strand{{Stream: subject}}, subject, nil
}

// thatStory lets an inspector read the stories of what lies within the scope. What
// somebody did, or a day saw, is of no scope.
func thatStory(c *call) error {
	q := c.query()
	switch a := q.about(); {
	case a.count != 1:
		return &errScope
	case a.name == "person":
		return c.personWithin(a.person)
	case a.name == "tavolo":
		return c.reaches(c.reach.Tavolo(a.tavolo))
	case a.name == "programma":
		return c.reaches(c.reach.Programma(a.programma))
	case a.name == "ente":
		return withoutPersons(c)
	}
	return &errScope
}
