package tests_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/memory"
	"tavoli/domain"
)

// TestLimits holds what people enter to docs/limits.md: as much as a limit says is
// taken, and one more is refused with the code of the field.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		most int
		code string
		try  func(d *limitDesk, n int) error
	}{
		{"id", domain.MaxID, "bad-id", func(d *limitDesk, n int) error {
			return d.plan(func(c *domain.PlanTavolo) { c.Tavolo = domain.TavoloID(letters(n)) })
		}},
		{"line", domain.MaxLine, "too-long", func(d *limitDesk, n int) error { return d.plan(func(c *domain.PlanTavolo) { c.Subject = letters(n) }) }},
		{"text", domain.MaxText, "too-long", func(d *limitDesk, n int) error {
			return carryOut[*domain.Tavolo](d, domain.CallOffTavolo{Tavolo: "t", Reason: letters(n)})
		}},
		{"block", domain.MaxBlock, "too-long", func(d *limitDesk, n int) error {
			return carryOut[*domain.Programma](d, domain.ApproveFundingBlock{Programma: "p", Text: letters(n), ValidFrom: "2022-01-01"})
		}},
		{"template", domain.MaxTemplate, "too-long", func(d *limitDesk, n int) error {
			return carryOut[*domain.Templates](d, domain.SetTemplate{Kind: domain.LetterReminder, Subject: "s", Text: letters(n)})
		}},
		{"name", domain.MaxName, "too-long", func(d *limitDesk, n int) error { return d.meet(domain.Values{FamilyName: letters(n)}) }},
		{"email", domain.MaxEmail, "too-long", func(d *limitDesk, n int) error {
			return d.meet(domain.Values{FamilyName: "Rossi", Email: "a@" + letters(n-5) + ".it"})
		}},
		{"phone", domain.MaxPhone, "too-long", func(d *limitDesk, n int) error { return d.meet(domain.Values{FamilyName: "Rossi", Phone: letters(n)}) }},
		{"function", domain.MaxFunction, "too-long", func(d *limitDesk, n int) error {
			return d.meet(domain.Values{FamilyName: "Rossi", Function: letters(n)})
		}},
		{"answers", domain.MaxAnswers, "too-long", func(d *limitDesk, n int) error {
			return d.meet(domain.Values{FamilyName: "Rossi", Answers: letters(n)})
		}},
		{"seats", domain.MaxSeats, "out-of-range", func(d *limitDesk, n int) error {
			return carryOut[*domain.Tavolo](d, domain.SetSeats{Tavolo: "t", InPresence: &n})
		}},
		{"agenda", domain.MaxAgenda, "out-of-range", func(d *limitDesk, n int) error {
			return carryOut[*domain.Tavolo](d, domain.SetAgenda{Tavolo: "t", Items: slices.Repeat([]domain.AgendaItem{{Title: "Saluti"}}, n)})
		}},
		{"group", domain.MaxGroup, "too-many", func(d *limitDesk, n int) error {
			return carryOut[*domain.Tavolo](d, domain.FormGroup{Tavolo: "t", Group: "g", Title: "Gruppo", Members: make([]domain.PersonID, n)})
		}},
		{"scope", domain.MaxScope, "too-many", func(d *limitDesk, n int) error {
			_ = carryOut[*domain.Account](d, domain.OpenAccount{Account: "a", Label: "Ispezione"}) // the second time it is there
			scope := domain.Scope{Tavoli: slices.Repeat([]domain.TavoloID{"t"}, n)}
			return carryOut[*domain.Account](d, &domain.GrantRole{Account: "a", Role: domain.RoleInspector, Until: "2022-12-31T00:00", Scope: scope})
		}},
		{"duration", int(domain.MaxDuration / time.Minute), "too-long", func(d *limitDesk, n int) error {
			return d.plan(func(c *domain.PlanTavolo) {
				end := time.Date(2022, 5, 25, 13, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
				c.When = domain.When{StartsAt: "2022-05-25T13:00:00Z", EndsAt: domain.Moment(end.Format(time.RFC3339))}
			})
		}},
		{"evidence", domain.MaxEvidence, "out-of-range", func(d *limitDesk, n int) error {
			return carryOut[*domain.Presenze](d, &domain.FileEvidence{Tavolo: "t", SHA256: strings.Repeat("0", 64), Size: int64(n), MediaType: "application/pdf", Kind: domain.EvidenceSheet, Title: "Foglio firme"})
		}},
		{"ordinal", 9_999, "out-of-range", func(d *limitDesk, n int) error { return d.plan(func(c *domain.PlanTavolo) { c.Ordinal = n }) }},
		{"retention", domain.MaxRetention, "out-of-range", func(d *limitDesk, n int) error {
			return carryOut[*domain.Programma](d, domain.SetRetention{Programma: "p", ReferenceYear: 2023, Years: &n, Basis: "art. 82"})
		}},
		{"logos", 20, "too-many", func(d *limitDesk, n int) error {
			return carryOut[*domain.Programma](d, domain.ApproveFundingBlock{Programma: "p", Text: "x", ValidFrom: "2022-01-01", Logos: slices.Repeat([]string{"x"}, n)})
		}},
		{"places", 10_000, "out-of-range", func(d *limitDesk, n int) error {
			alcamo := domain.EnteRef{Kind: domain.Comune, Code: "A176"}
			if err := carryOut[*domain.Ente](d, domain.RegisterEnte{Kind: alcamo.Kind, Code: alcamo.Code, Official: "Alcamo", Province: "TP"}); err != nil {
				d.t.Fatal(err)
			}
			return carryOut[*domain.Ente](d, domain.RecordSaiProject{Ente: alcamo, Project: "p", Category: "ordinari", Places: n, From: "2022-01-01"})
		}},
		{"documents of a presence", 20, "too-many", func(d *limitDesk, n int) error {
			if err := carryOut[*domain.Tavolo](d, domain.AnnounceTavolo{Tavolo: "t", Title: "Tavolo"}); err != nil {
				d.t.Fatal(err)
			}
			return carryOut[*domain.Presenze](d, &domain.RecordPresence{Tavolo: "t", Participant: uuid.New(), From: "2022-05-25T15:00", Source: "desk", Evidence: make([]string, n)})
		}},
		{"address on the web", 2_000, "bad-url", func(d *limitDesk, n int) error {
			url := "https://example.org/"
			return carryOut[*domain.Tavolo](d, domain.PublishMaterial{Tavolo: "t", Title: "Relazione", URL: url + letters(n-len(url))})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newLimitDesk(t)
			if err := c.try(d, c.most+1); !hasFault(err, c.code) {
				t.Errorf("%d are taken: %v", c.most+1, err)
			}
			if err := c.try(d, c.most); hasFault(err, c.code) {
				t.Errorf("%d are too many: %v", c.most, err)
			}
		})
	}
}

// A limitDesk is a register with one programme and one tavolo.
type limitDesk struct {
	t     *testing.T
	x     *domain.Executor
	vault domain.Vault
}

func newLimitDesk(t *testing.T) *limitDesk {
	store := memory.New(time.Now)
	d := &limitDesk{t, &domain.Executor{Store: store}, domain.Vault{Keys: memory.NewKeys(), Log: store}}
	opened := carryOut[*domain.Programma](d, domain.OpenProgramma{Programma: "p", Title: "Programma"})
	if err := errors.Join(opened, d.plan(func(*domain.PlanTavolo) {})); err != nil {
		t.Fatal(err)
	}
	return d
}

// plan plans a tavolo, otherwise than usual.
func (d *limitDesk) plan(otherwise func(*domain.PlanTavolo)) error {
	c := &domain.PlanTavolo{Tavolo: "t", Subject: "Tavolo", When: domain.When{Day: "2022-05-25"}, Mode: domain.Mixed}
	otherwise(c)
	return carryOut[*domain.Tavolo](d, c)
}

// meet introduces a person.
func (d *limitDesk) meet(v domain.Values) error {
	_, err := d.vault.Introduce(d.t.Context(), limitMeta(), "of-the-command", v)
	return err
}

// carryOut carries out a command.
func carryOut[S domain.State[T], T any](d *limitDesk, c domain.Command[S]) error {
	_, err := domain.Execute(d.t.Context(), d.x, c, limitMeta())
	return err
}

func limitMeta() domain.Meta {
	return domain.Meta{At: time.Date(2022, 4, 21, 9, 0, 0, 0, time.UTC), Actor: domain.ActorSystem, Command: uuid.New()}
}

// hasFault reports whether an error says that some field has a fault.
func hasFault(err error, code string) bool {
	e, ok := errors.AsType[*domain.Error](err)
	return ok && slices.ContainsFunc(e.Fields, func(f domain.Field) bool { return f.Code == code })
}

func letters(n int) string { return strings.Repeat("x", n) }
