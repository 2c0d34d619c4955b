package projections

import "tavoli/domain"

// Models is every read model. One log feeds them together, so their answers
// always agree with one another. [NewModels] makes one that has seen nothing.
type Models struct {
	Programmi Programmi
	Enti      Enti
	People    People
	Calendar  Calendar
	Rosters   Rosters
	Accounts  Accounts
	Trail     Trail
	Marks     Marks

	Disclosures Disclosures
	Retention   Retention
	Letters     Letters
}

// NewModels returns read models that have seen nothing. Models cannot be copied:
// they refer to one another.
func NewModels() *Models {
	m := new(Models)
	m.Enti = newEnti(&m.People)
	m.People = newPeople(&m.Enti, &m.Calendar, &m.Rosters)
	m.Programmi = newProgrammi(&m.Enti)
	m.Calendar = newCalendar(&m.People, &m.Enti, &m.Rosters)
	m.Rosters.init(&m.People, &m.Enti, &m.Calendar)
	m.Accounts = newAccounts()
	m.Disclosures = newDisclosures(&m.People, &m.Accounts)
	m.Trail = newTrail()
	m.Retention = newRetention(m)
	m.Letters = newLetters(&m.People, &m.Calendar)
	return m
}

// Apply brings every model up to date with one more record. It never fails and
// keeps nothing of rec.Data, which shares memory with a page of the log.
func (m *Models) Apply(rec *domain.Record) {
	m.Programmi.apply(rec)
	m.Enti.apply(rec)
	m.People.apply(rec)
	m.Calendar.apply(rec)
	m.Rosters.apply(rec)
	m.Accounts.apply(rec)
	m.Trail.apply(rec)
	m.Marks.apply(rec)
	m.Disclosures.apply(rec)
	m.Retention.apply(rec)
	m.Letters.apply(rec)
}

// A model is one read model, as the machinery sees it.
type model interface {
	apply(rec *domain.Record)
	encode(e *encoder)
	decode(d *decoder)
}

// A part is a model with its name and the version of its encoded form, which is
// raised whenever the form or the meaning of the model changes.
type part struct {
	name    string
	version int
	model
}

// models lists every model in the order in which records are applied, which is
// also the order in which they are decoded: a later one refers to earlier ones.
func (m *Models) models() []part {
	return []part{
		{"programmi", 2, &m.Programmi},
		{"enti", 3, &m.Enti},
		{"people", 3, &m.People},
		{"calendar", 2, &m.Calendar},
		{"rosters", 5, &m.Rosters},
		{"accounts", 3, &m.Accounts},
		{"trail", 1, &m.Trail},
		{"marks", 2, &m.Marks},
		{"disclosures", 1, &m.Disclosures},
		{"retention", 2, &m.Retention},
		{"letters", 3, &m.Letters},
	}
}
