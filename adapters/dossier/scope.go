package dossier

import (
	"slices"

	"tavoli/domain"
	"tavoli/projections"
)

// tavoliOf returns the tavoli of a scope, by day.
func tavoliOf(m *projections.Models, scope domain.DossierScope) (list []projections.Tavolo, err error) {
	q := projections.CalendarQuery{Limit: projections.MaxLimit}
	switch scope.Kind {
	case domain.DossierOfTavolo:
		t, err := m.Calendar.Tavolo(domain.TavoloID(scope.ID), false)
		return []projections.Tavolo{t.Tavolo}, err
	case domain.DossierOfQuarter:
		q.From, q.To, err = projections.Quarter(scope.ID)
	case domain.DossierOfProgramma:
		q.Programma = domain.ProgrammaID(scope.ID)
		_, err = m.Programmi.Programma(q.Programma)
	}
	for err == nil {
		var page projections.CalendarPage
		if page, err = m.Calendar.List(q); err != nil {
			break
		}
		list = append(list, page.Items...)
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			break
		}
	}
	if err == nil && len(list) == 0 && scope.Kind != domain.DossierOfRegister {
		err = ErrEmpty
	}
	return list, err
}

// read reads the register of a tavolo: every registration, whatever became of it,
// by participant.
func (w *work) read(id domain.TavoloID) error {
	q := projections.RosterQuery{Tavolo: id, State: projections.AllStates, Limit: projections.MaxLimit}
	for {
		page, err := w.models.Rosters.Roster(q)
		if err != nil {
			return err
		}
		w.rows[id] = append(w.rows[id], page.Items...)
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			break
		}
	}
	slices.SortFunc(w.rows[id], func(a, b projections.RosterLine) int {
		return slices.Compare(a.Participant[:], b.Participant[:])
	})
	for _, l := range w.rows[id] {
		w.part[l.Participant] = true
		if len(l.Presences) > 0 {
			w.present[id]++
		}
	}
	return nil
}

// scoped returns the streams of a scope: of its tavoli, of who has to do with them,
// of their programmes, and of the register's keys.
func (w *work) scoped() map[domain.Stream]bool {
	streams := map[domain.Stream]bool{domain.LedgerStream: true}
	ente := func(e *projections.EnteName) {
		if e != nil {
			streams[domain.EnteRef{Kind: e.Kind, Code: e.Code}.Stream()] = true
		}
	}
	if w.Scope.Kind == domain.DossierOfProgramma {
		streams[domain.ProgrammaID(w.Scope.ID).Stream()] = true
	}
	for _, t := range w.tavoli {
		streams[t.ID.Stream()], streams[t.ID.Presenze()] = true, true
		streams[domain.Stream("attestati-"+string(t.ID))] = true
		if t.Programma != "" {
			streams[t.Programma.Stream()] = true
		}
		for _, s := range t.Speakers {
			streams[domain.IdentitaStream(s.Person)] = true
			ente(s.Ente)
		}
		for _, l := range w.rows[t.ID] {
			streams[domain.IdentitaStream(l.Participant)] = true
			ente(l.Ente)
		}
	}
	return streams
}

// inside reports whether entries of a stream are in the dossier.
func (w *work) inside(s []byte) bool { return w.streams == nil || w.streams[domain.Stream(s)] }
