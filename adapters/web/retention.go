package web

import (
	"cmp"
	"log/slog"
	"slices"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// getRetention tells what has to be kept for how long, and who falls due.
func getRetention() action {
	return question(everything, []string{"by", "programma", "unbound", "names", "limit", "cursor", "purpose"}, func(c *call, q *query) func(*projections.Models) (projections.RetentionReport, error) {
		names, unbound := q.yes("names"), q.yes("unbound")
		dq := projections.DueQuery{
			By: cmp.Or(q.day("by"), domain.DayOf(c.s.Now())), Programma: domain.ProgrammaID(q.text("programma")),
			Unbound: unbound != nil && *unbound, Names: names != nil && *names && c.sees(), Limit: q.limit(), Cursor: q.text("cursor"),
		}
		return func(m *projections.Models) (projections.RetentionReport, error) {
			a, err := m.Retention.Report(dq)
			if dq.Names && len(a.Due) > 0 {
				c.tells("retention", domain.AsPage)
			}
			return a, err
		}
	})
}

// listForgotten tells who was forgotten why. There are no names left to tell.
func listForgotten() action {
	return question(everything, []string{"limit", "cursor"}, func(_ *call, q *query) func(*projections.Models) (projections.RemovalPage, error) {
		rq := projections.RemovalQuery{Limit: q.limit(), Cursor: q.text("cursor")}
		return func(m *projections.Models) (projections.RemovalPage, error) { return m.Retention.Forgotten(rq) }
	})
}

// dueEvidence tells which documents nothing requires to be kept any longer.
func dueEvidence() action {
	return question(everything, []string{"by", "programma", "limit", "cursor"}, func(c *call, q *query) func(*projections.Models) (projections.DueDocumentPage, error) {
		dq := projections.DueQuery{
			By: cmp.Or(q.day("by"), domain.DayOf(c.s.Now())), Programma: domain.ProgrammaID(q.text("programma")), Limit: q.limit(), Cursor: q.text("cursor"),
		}
		return func(m *projections.Models) (projections.DueDocumentPage, error) { return m.Retention.Documents(dq) }
	})
}

// EvidenceGone is what destroying a document is answered with.
type EvidenceGone struct {
	Written
	SHA256 string `json:"sha256"`
	Erased bool   `json:"erased" doc:"whether the file is gone where no other tavolo needs it; if not yet, it is gone on with by itself"`
}

// destroyEvidence destroys the file of a document. That it was filed stays.
func destroyEvidence() action {
	a := answering[EvidenceGone](command(
		func(d *doing, c *domain.DestroyEvidence) error {
			if d.s.Admin.Erase == nil {
				return &errNotOffered
			}
			c.Tavolo, c.SHA256 = d.tavolo(), d.vars["sha256"]
			_, err := latest(d.call, func(m *projections.Models) (bool, error) {
				list, err := m.Rosters.Evidence(c.Tavolo)
				if err == nil && !slices.ContainsFunc(list, func(e projections.Evidence) bool { return e.SHA256 == c.SHA256 }) {
					err = &errNoFile
				}
				return true, err
			})
			return err
		},
		func(d *doing, c *domain.DestroyEvidence) (any, string) {
			return EvidenceGone{d.written(), c.SHA256, d.erased()}, ""
		})).also(404, 409)
	a.secret, a.long = true, true
	return a
}

// HoldMade is what placing a hold is answered with.
type HoldMade struct {
	Written
	Hold domain.HoldID `json:"hold"`
}

func placeHold() action {
	return making[HoldMade](command(
		func(d *doing, c *domain.PlaceHold) error {
			c.Programma = d.programma()
			return d.holds(c)
		},
		func(d *doing, c *domain.PlaceHold) (any, string) {
			id := domain.DerivedID(d.meta.Command, "hold")
			return HoldMade{d.written(), id}, apiPath + "/programmi/" + string(c.Programma) + "/holds/" + id.String()
		}))
}

// holds returns what is wrong with the tavolo of a hold.
func (d *doing) holds(c *domain.PlaceHold) error {
	if c.Tavolo == "" {
		return nil
	}
	_, err := latest(d.call, func(m *projections.Models) (bool, error) {
		if _, err := m.Programmi.Programma(c.Programma); err != nil {
			return false, err
		}
		t, err := m.Calendar.Tavolo(c.Tavolo, false)
		if err != nil || t.Programma != c.Programma {
			return false, invalid("/tavolo", "other-programma", "is no tavolo of the programma")
		}
		return true, nil
	})
	return err
}

func liftHold(d *doing, c *domain.LiftHold) error {
	c.Programma, c.Hold = d.programma(), d.uuid("hold")
	if c.Hold == uuid.Nil {
		return domain.ErrNoHold
	}
	return nil
}

// PersonGone is what forgetting a person is answered with.
type PersonGone struct {
	Written
	Person    domain.PersonID   `json:"person"`
	Short     string            `json:"short" doc:"what stands for the name from now on"`
	Forgotten []domain.PersonID `json:"forgotten" doc:"everybody who was forgotten together"`
	Erased    bool              `json:"erased" doc:"whether keys, sealed values and copies are gone from the disk; if not yet, it is gone on with by itself"`
}

// forgetPerson destroys what is held of a person. The answer is given when nothing
// is left of it on the disk.
func forgetPerson() action {
	a := answering[PersonGone](command(
		func(d *doing, c *domain.ForgetPerson) error {
			if d.s.Admin.Erase == nil {
				return &errNotOffered
			}
			c.Subject = d.uuid("person")
			return d.forgetLinked(c)
		},
		func(d *doing, c *domain.ForgetPerson) (any, string) {
			gone := append([]domain.PersonID{c.Subject}, c.Others()...)
			return PersonGone{d.written(), c.Subject, domain.ShortID(c.Subject), gone, d.erased()}, ""
		})).also(404, 409)
	a.secret, a.long = true, true
	return a
}

// forgetLinked tells the command what it has to know, and forgets first whoever was
// found to be the same person, if that is asked for: what binds one of them binds all,
// so that all are forgotten, or none. When it is repeated the rest is.
func (d *doing) forgetLinked(c *domain.ForgetPerson) error {
	ties, err := latest(d.call, func(m *projections.Models) (domain.Ties, error) {
		ties, err := m.Retention.Ties(c.Subject, c.Linked)
		c.Naming(naming(&m.People, c, ties.Linked)...)
		return ties, err
	})
	if err != nil {
		return err
	}
	if c.Linked {
		for _, other := range ties.Linked {
			one := *c
			one.Subject = other
			meta := d.meta
			meta.Command, meta.Correlation, meta.IfRevision = domain.DerivedID(d.meta.Command, "forget/"+other.String()), d.meta.Command, nil
			if err := d.find(&one, ties); err != nil {
				return err
			}
			if _, err := domain.Execute(d.ctx, d.s.Exec, &one, meta); err != nil {
				return err
			}
		}
	}
	return d.find(c, ties)
}

// naming returns which texts of the command name the person, or others who are the same.
func naming(people *projections.People, c *domain.ForgetPerson, others []domain.PersonID) (pointers []string) {
	persons := append([]domain.PersonID{c.Subject}, others...)
	for _, field := range []struct{ text, pointer string }{{c.Reason, "/reason"}, {c.LegalBasis, "/legal_basis"}, {c.Override, "/override"}} {
		if slices.ContainsFunc(persons, func(p domain.PersonID) bool { return people.Named(p, field.text) }) {
			pointers = append(pointers, field.pointer)
		}
	}
	return pointers
}

// find tells a command what binds the person, and which keys the person's values have.
func (d *doing) find(c *domain.ForgetPerson, ties domain.Ties) error {
	keys, err := d.s.Vault.KeysOf(d.ctx, c.Subject)
	if err != nil {
		return err
	}
	ties.Linked = slices.DeleteFunc(append([]domain.PersonID{}, ties.Linked...), func(p domain.PersonID) bool { return p == c.Subject })
	c.Find(ties, keys)
	return nil
}

// erased waits until what was forgotten is gone, and reports whether it is.
func (d *doing) erased() bool {
	err := d.s.Admin.Erase(d.ctx, d.result.Position)
	if err != nil {
		d.s.Log.LogAttrs(d.ctx, slog.LevelError, "what was forgotten is not erased yet; it is tried again", slog.String("request", d.id), slog.Any("error", err))
	}
	return err == nil
}

// Forget lets go of what the server keeps that may show somebody who was forgotten.
func (s *Server) Forget() {
	s.once.Do(s.start)
	s.state.arrivals.forget()
	s.state.answers.forget()
	s.state.tags.forget()
}
