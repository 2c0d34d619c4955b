package web

import (
	"tavoli/domain"
	"tavoli/projections"
)

// ProgrammaMade is what opening a programma is answered with.
type ProgrammaMade struct {
	Written
	Programma domain.ProgrammaID `json:"programma"`
}

// ProgrammaPage is every programma.
type ProgrammaPage struct {
	Items []projections.Programma `json:"items"`
}

func listProgrammi() action {
	return question(everything, nil, func(*call, *query) func(*projections.Models) (ProgrammaPage, error) {
		return func(m *projections.Models) (ProgrammaPage, error) {
			return ProgrammaPage{m.Programmi.List()}, nil
		}
	})
}

func getProgramma() action {
	return question(everything, nil, func(c *call, _ *query) func(*projections.Models) (projections.Programma, error) {
		return func(m *projections.Models) (projections.Programma, error) {
			return m.Programmi.Programma(c.programma())
		}
	}).also(404)
}

func openProgramma() action {
	return making[ProgrammaMade](command(
		func(*doing, *domain.OpenProgramma) error { return nil },
		func(d *doing, c *domain.OpenProgramma) (any, string) {
			return ProgrammaMade{d.written(), c.Programma}, apiPath + "/programmi/" + string(c.Programma)
		}))
}

// inProgramma fills in the programma of the path.
func inProgramma[P any](fill func(P, domain.ProgrammaID)) func(*doing, P) error {
	return func(d *doing, cmd P) error {
		fill(cmd, d.programma())
		return nil
	}
}

func addPartner(d *doing, c *domain.AddPartner) error {
	c.Programma = d.programma()
	return d.resolve(&c.Ente)
}

// A removal is [domain.RemovePartner] with the ente in the path.
func removePartner(d *doing, c *domain.RemovePartner) error {
	if !c.Ente.IsZero() && c.Ente != d.ente() {
		return invalid("/ente", "given-twice", "is not the ente of the path")
	}
	c.Programma, c.Ente = d.programma(), d.ente()
	return d.resolve(&c.Ente)
}
