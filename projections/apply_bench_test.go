package projections_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// busy returns records as they come in a register in use: for each registration
// the values of a person and the registration, and for six of ten a presence.
func busy(events int) []domain.Record {
	records := make([]domain.Record, 0, events+3)
	at := time.Date(2022, 3, 1, 8, 0, 0, 0, time.UTC)
	revisions := make(map[domain.Stream]domain.Revision)
	add := func(s domain.Stream, e domain.Event, v *domain.Values) {
		at = at.Add(300 * time.Millisecond)
		records = append(records, domain.Record{
			Position: domain.Position(len(records) + 1), Stream: s, Revision: revisions[s], Type: e.Name(), RecordedAt: at, EffectiveAt: at,
			Actor: "account-segreteria", Event: e, Values: v,
		})
		revisions[s]++
	}
	for n := 0; len(records) < events; n++ {
		id := domain.TavoloID(fmt.Sprint("tavolo-", n/250))
		if n%250 == 0 {
			add(id.Stream(), domain.TavoloPlanned{Tavolo: id, Subject: "Prova", Schedule: hours("2022-03-24", "15:00", "17:00"), Mode: domain.Mixed}, nil)
		}
		var p uuid.UUID
		binary.BigEndian.PutUint64(p[:], uint64(n)*0x9E3779B97F4A7C15)
		ente := &domain.EnteRef{Kind: domain.Comune, Code: fmt.Sprintf("G%03d", n%400)}
		v := &domain.Values{GivenName: fmt.Sprint("Nome", n%977), FamilyName: fmt.Sprint("Cognome", n%7919), Email: fmt.Sprintf("p%d@example.it", n), Function: "Funzionario"}
		add(domain.PersonaStream(p), domain.PersonDescribed{Person: p}, v)
		add(id.Stream(), domain.ParticipantRegistered{Tavolo: id, Participant: p, Ente: ente, Capacity: domain.AsDelegate, Mode: domain.InPresence}, nil)
		if n%10 < 6 {
			presence := p
			presence[15] = 1
			to := at.Add(time.Hour)
			add(id.Presenze(), domain.PresenceRecorded{Tavolo: id, Presence: presence, Participant: p, Mode: domain.InPresence, From: at, To: &to, Source: domain.FromDesk}, nil)
		}
	}
	return records
}

// BenchmarkApply brings models up to date with a million records at hand; two
// million a second are due, and at most 400 bytes of memory each.
func BenchmarkApply(b *testing.B) {
	records := busy(1_000_000)
	b.ResetTimer()
	var took time.Duration
	var size uint64
	for b.Loop() {
		before := heap()
		started := time.Now()
		m := fed(records)
		took += time.Since(started)
		size = heap() - before
		if m.Rosters.PresenzeRevision("tavolo-0") < 0 {
			b.Fatal("nobody came")
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(records))/took.Seconds(), "events/s")
	b.ReportMetric(float64(size)/float64(len(records)), "B/event")
}

// BenchmarkQuestions times what is asked of a register of a million events.
func BenchmarkQuestions(b *testing.B) {
	m := fed(busy(1_000_000))
	ask := func(name string, question func() error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := question(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	ask("page", func() error { _, err := m.Rosters.Page("tavolo-7"); return err })
	ask("roster", func() error {
		_, err := m.Rosters.Roster(projections.RosterQuery{Tavolo: "tavolo-7", Limit: 50})
		return err
	})
	ask("calendar", func() error { _, err := m.Calendar.List(projections.CalendarQuery{}); return err })
	ask("people", func() error { _, err := m.People.List(projections.PeopleQuery{Q: "cognome77"}); return err })
	for _, by := range projections.Groupings {
		ask("statistics by "+string(by), func() error { _, err := m.Statistics(projections.StatisticsQuery{By: by}); return err })
	}
}

// reportable gives a programme to the tavoli of some records, and spreads them over
// the days of two years.
func reportable(records []domain.Record) []domain.Record {
	first := records[0]
	first.Stream, first.Event = domain.ProgrammaID("3031").Stream(), domain.ProgrammaOpened{Programma: "3031", Title: "Prova"}
	n := 0
	for i := range records {
		if e, ok := records[i].Event.(domain.TavoloPlanned); ok {
			day := domain.DayOf(time.Date(2021, 1, 15, 12, 0, 0, 0, time.UTC).AddDate(0, 0, n%700))
			e.Programma, e.Schedule = "3031", hours(day, "15:00", "17:00")
			records[i].Event = e
			n++
		}
	}
	return append([]domain.Record{first}, records...)
}

// BenchmarkReport makes the report of a quarter of a register of a million events: its
// figures and its table of persons, then its digest; and the report at a position of
// the past, for which the log is read up to there.
func BenchmarkReport(b *testing.B) {
	records := reportable(busy(1_000_000))
	m := fed(records)
	q := projections.ReportQuery{Programma: "3031", Quarter: "2022-Q1", Personal: true}
	var r projections.QuarterReport
	b.Run("quarter", func(b *testing.B) {
		for b.Loop() {
			var err error
			if r, err = m.QuarterReport(q); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(r.Operators.Rows)), "rows")
	})
	b.Run("digest", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.At(7); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("past", func(b *testing.B) {
		for b.Loop() {
			if _, err := fed(records[:len(records)/2]).QuarterReport(q); err != nil {
				b.Fatal(err)
			}
		}
	})
}
