package domain_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

var (
	opened3031 = domain.ProgrammaOpened{Programma: "3031", Title: "COOPERA"}
	fiveYears  = domain.RetentionSet{Programma: "3031", ReferenceYear: 2023, Years: 5, Basis: "art. 82"}
	holdID     = uuid.NewSHA1(uuid.Nil, []byte("hold"))
	onAll      = domain.HoldPlaced{Programma: "3031", Hold: holdID, Reason: "controllo", Reference: "OLAF 12/2023"}
	onSix      = domain.HoldPlaced{Programma: "3031", Hold: holdID, Tavolo: t6, Reason: "controllo"}
	lifted     = domain.HoldLifted{Programma: "3031", Hold: holdID, Reason: "concluso"}
)

func TestRetention(t *testing.T) {
	set := func(year int, years *int, basis string) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Programma](domain.SetRetention{Programma: "3031", ReferenceYear: year, Years: years, Basis: basis})
	}
	run(t, []scenario{
		{name: "set", past: given(opened3031), do: set(2023, new(5), "art. 82"), yield: given(fiveYears)},
		{name: "the same again", past: given(opened3031, fiveYears), do: set(2023, new(5), "art. 82")},
		{name: "another", past: given(opened3031, fiveYears), do: set(2024, new(5), "art. 82"), yield: given(domain.RetentionSet{Programma: "3031", ReferenceYear: 2024, Years: 5, Basis: "art. 82"})},
		{name: "of no programme", do: set(2023, new(5), "art. 82"), err: domain.ErrNoProgramma},
		{name: "there is no default", past: given(opened3031), do: set(2023, nil, "art. 82"), field: "/years required"},
		{name: "none at all", past: given(opened3031), do: set(2023, new(0), "nessun obbligo"), yield: given(domain.RetentionSet{Programma: "3031", ReferenceYear: 2023, Basis: "nessun obbligo"})},
		{name: "without a rule", past: given(opened3031), do: set(2023, new(5), " "), field: "/basis required"},
		{name: "without a year", past: given(opened3031), do: set(0, new(5), "art. 82"), field: "/reference_year out-of-range"},
		{name: "below nothing", past: given(opened3031), do: set(2023, new(-1), "art. 82"), field: "/years out-of-range"},
	})
}

func TestHolds(t *testing.T) {
	lift := is[*domain.Programma](domain.LiftHold{Programma: "3031", Hold: holdID, Reason: "concluso"})
	run(t, []scenario{
		{name: "lift", past: given(opened3031, onAll), do: lift, yield: given(lifted)},
		{name: "lift twice", past: given(opened3031, onAll, lifted), do: lift, err: domain.ErrNoHold},
		{name: "lift without a reason", past: given(opened3031, onAll), do: is[*domain.Programma](domain.LiftHold{Programma: "3031", Hold: holdID}), field: "/reason required"},
		{name: "place without a reason", past: given(opened3031), do: is[*domain.Programma](domain.PlaceHold{Programma: "3031"}), field: "/reason required"},
		{name: "place on nonsense", past: given(opened3031), do: is[*domain.Programma](domain.PlaceHold{Programma: "3031", Tavolo: "A B", Reason: "x"}), field: "/tavolo bad-id"},
		{name: "place nowhere", do: is[*domain.Programma](domain.PlaceHold{Programma: "3031", Reason: "x"}), err: domain.ErrNoProgramma},
	})
	run(t, []scenario{{name: "place", past: given(opened3031), do: func(x *domain.Executor, meta domain.Meta) (domain.Result, error) {
		res, err := domain.Execute[*domain.Programma](t.Context(), x, domain.PlaceHold{Programma: "3031", Tavolo: t6, Reason: "controllo"}, meta)
		if placed := res.Events[0].(domain.HoldPlaced); placed.Hold != domain.DerivedID(meta.Command, "hold") {
			t.Errorf("the hold has the id %s", placed.Hold)
		} else {
			placed.Hold = holdID
			res.Events[0] = placed
		}
		return res, err
	}, yield: given(onSix)}})
}

// TestRetainUntil shows that the duty ends with the year, as it ends in Italy.
func TestRetainUntil(t *testing.T) {
	day := fiveYears.RetainUntil()
	if day != "2028-12-31" {
		t.Errorf("it ends on %s", day)
	}
	if got, want := day.End(), time.Date(2028, 12, 31, 23, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("it ends at %v, want %v", got, want)
	}
	if got, want := domain.Day("2022-03-27").End(), time.Date(2022, 3, 27, 22, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("the day on which the clocks go forward ends at %v, want %v", got, want)
	}
	if end := domain.Day("2022-02-30").End(); !end.IsZero() {
		t.Errorf("a day there is not ends at %v", end)
	}
}
