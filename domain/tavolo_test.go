package domain_test

import (
	"testing"

	"github.com/google/uuid"

	"tavoli/domain"
)

var (
	meeting   = hours("13:00", "15:00") // 15.00-17.00 in Italy
	planned   = domain.TavoloPlanned{Tavolo: t6, Ordinal: 6, Subject: "Dall'accoglienza all'inclusione", Schedule: meeting, Mode: domain.Mixed, Place: "Sala Bonsignore"}
	announced = domain.TavoloAnnounced{Tavolo: t6, ReleasedOn: "2022-04-21", Schedule: meeting}
	convened  = domain.TavoloConvened{Tavolo: t6, SentOn: "2022-05-10", Schedule: meeting}
	opened    = domain.TavoloOpened{Tavolo: t6}
	closed    = domain.TavoloClosed{Tavolo: t6}
	calledOff = domain.TavoloCalledOff{Tavolo: t6, Reason: "sciopero"}
	speaker   = domain.SpeakerInvited{Tavolo: t6, Person: dario, Role: domain.Speaker}
)

func plan(change func(*domain.PlanTavolo)) func(*domain.Executor, domain.Meta) (domain.Result, error) {
	return do[*domain.Tavolo](func() *domain.PlanTavolo {
		c := &domain.PlanTavolo{Tavolo: t6, Ordinal: 6, Subject: "Dall'accoglienza all'inclusione", Mode: domain.Mixed, Place: "Sala Bonsignore",
			When: domain.When{Day: "2022-05-25", From: "15:00", To: "17:00", Weekday: "mercoledì"}}
		change(c)
		return c
	})
}

func TestPlanTavolo(t *testing.T) {
	webinar := planned
	webinar.Ordinal, webinar.Programma = 0, "3031"
	dayOnly := planned
	dayOnly.Schedule = domain.Schedule{Day: "2022-05-25"}
	bad := func(name, field string, change func(*domain.PlanTavolo)) scenario {
		return scenario{name: name, do: plan(change), field: field}
	}
	run(t, []scenario{
		{name: "a meeting on the calendar", do: plan(func(*domain.PlanTavolo) {}), yield: given(planned)},
		{name: "with offsets instead of hours", do: plan(func(c *domain.PlanTavolo) {
			c.When = domain.When{StartsAt: "2022-05-25T15:00:00+02:00", EndsAt: "2022-05-25T15:00:00Z"}
		}), yield: given(planned)},
		{name: "in local time", do: plan(func(c *domain.PlanTavolo) {
			c.When = domain.When{StartsAt: "2022-05-25T15:00", EndsAt: "2022-05-25T17:00", Weekday: "Wednesday"}
		}), yield: given(planned)},
		{name: "hours not known yet", do: plan(func(c *domain.PlanTavolo) { c.When = domain.When{Day: "2022-05-25"} }), yield: given(dayOnly)},
		{name: "the same again is nothing", past: given(planned), do: plan(func(*domain.PlanTavolo) {})},
		{name: "another of the same id", past: given(planned), do: plan(func(c *domain.PlanTavolo) { c.Subject = "Altro" }), err: domain.ErrTavoloExists},
		{name: "of a programme, without an ordinal", past: given(domain.ProgrammaOpened{Programma: "3031", Title: "COOPERA"}),
			do: plan(func(c *domain.PlanTavolo) { c.Programma, c.Ordinal = "3031", 0 }), yield: given(webinar)},
		bad("an unknown programme", "/programma unknown-programma", func(c *domain.PlanTavolo) { c.Programma = "3032" }),
		bad("no id", "/id bad-id", func(c *domain.PlanTavolo) { c.Tavolo = "" }),
		bad("an id of other letters", "/id bad-id", func(c *domain.PlanTavolo) { c.Tavolo = "Però" }),
		bad("no subject", "/subject required", func(c *domain.PlanTavolo) { c.Subject = " " }),
		bad("a subject on two lines", "/subject bad-characters", func(c *domain.PlanTavolo) { c.Subject = "a\nb" }),
		bad("a negative ordinal", "/ordinal out-of-range", func(c *domain.PlanTavolo) { c.Ordinal = -1 }),
		bad("an unknown mode", "/mode not-allowed", func(c *domain.PlanTavolo) { c.Mode = "hybrid" }),
		bad("negative seats", "/seats/online out-of-range", func(c *domain.PlanTavolo) { c.Seats.Online = new(-1) }),
		bad("a day that does not exist", "/day bad-day", func(c *domain.PlanTavolo) { c.When = domain.When{Day: "2022-02-30"} }),
		bad("no day at all", "/day required", func(c *domain.PlanTavolo) { c.When = domain.When{} }),
		bad("hours without a day", "/day required", func(c *domain.PlanTavolo) { c.When = domain.When{From: "15:00"} }),
		bad("the wrong weekday", "/weekday weekday-mismatch", func(c *domain.PlanTavolo) { c.Weekday = "martedì" }),
		bad("a weekday there is not", "/weekday weekday-mismatch", func(c *domain.PlanTavolo) { c.Weekday = "caturday" }),
		bad("an end before the start", "/ends_at ends-before-start", func(c *domain.PlanTavolo) { c.To = "14:00" }),
		bad("an end without a start", "/ends_at start-missing", func(c *domain.PlanTavolo) { c.From = "" }),
		bad("longer than a day", "/ends_at too-long", func(c *domain.PlanTavolo) {
			c.When = domain.When{StartsAt: "2022-05-25T15:00", EndsAt: "2022-05-26T15:01"}
		}),
		bad("a start given twice", "/from given-twice", func(c *domain.PlanTavolo) { c.StartsAt = "2022-05-25T15:00" }),
		bad("a start on another day", "/day day-mismatch", func(c *domain.PlanTavolo) {
			c.When = domain.When{Day: "2022-05-24", StartsAt: "2022-05-25T15:00"}
		}),
		bad("an hour the clocks skip", "/from bad-time", func(c *domain.PlanTavolo) { c.When = domain.When{Day: "2022-03-27", From: "02:30"} }),
		bad("an hour that comes twice", "/from bad-time", func(c *domain.PlanTavolo) { c.When = domain.When{Day: "2022-10-30", From: "02:30"} }),
		bad("an hour there is not", "/from bad-time", func(c *domain.PlanTavolo) { c.When = domain.When{Day: "2022-03-27", From: "25:00"} }),
	})
}

func TestHoursOnBothSidesOfTheClockChange(t *testing.T) {
	at := func(day domain.Day, utcStart string) domain.TavoloPlanned {
		e := planned
		e.Schedule = domain.Schedule{Day: day, StartsAt: new(utc(utcStart))}
		return e
	}
	on := func(day domain.Day, hour string) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return plan(func(c *domain.PlanTavolo) { c.When = domain.When{Day: day, From: hour} })
	}
	run(t, []scenario{
		{name: "the day before", do: on("2022-03-26", "15:00"), yield: given(at("2022-03-26", "2022-03-26T14:00:00Z"))},
		{name: "before two in the night", do: on("2022-03-27", "01:59"), yield: given(at("2022-03-27", "2022-03-27T00:59:00Z"))},
		{name: "after three in the night", do: on("2022-03-27", "03:00"), yield: given(at("2022-03-27", "2022-03-27T01:00:00Z"))},
		{name: "the day after", do: on("2022-03-28", "15:00"), yield: given(at("2022-03-28", "2022-03-28T13:00:00Z"))},
	})
}

func TestConveneAndAnnounce(t *testing.T) {
	letter := is[*domain.Tavolo](domain.ConveneTavolo{Tavolo: t6, Protocol: "Prot. n. 0227/15/03/22"})
	sent := domain.TavoloConvened{Tavolo: t6, Protocol: &domain.Protocol{Text: "Prot. n. 0227/15/03/22", Number: "0227", Date: "2022-03-15"}, SentOn: "2022-03-15", Schedule: meeting}
	release := is[*domain.Tavolo](domain.AnnounceTavolo{Tavolo: t6, ReleasedOn: "2022-04-21"})
	run(t, []scenario{
		{name: "a letter with a protocol", past: given(planned), do: letter, yield: given(sent)},
		{name: "a letter without one", past: given(planned), do: is[*domain.Tavolo](domain.ConveneTavolo{Tavolo: t6}),
			yield: given(domain.TavoloConvened{Tavolo: t6, SentOn: "2022-05-20", Schedule: meeting})},
		{name: "a reference that cannot be read", past: given(planned), do: is[*domain.Tavolo](domain.ConveneTavolo{Tavolo: t6, Protocol: "n.n."}),
			yield: given(domain.TavoloConvened{Tavolo: t6, Protocol: &domain.Protocol{Text: "n.n."}, SentOn: "2022-05-20", Schedule: meeting})},
		{name: "the same letter twice", past: given(planned, sent), do: letter},
		{name: "another letter", past: given(planned, convened), do: letter, err: domain.ErrTavoloConvened},
		{name: "nothing planned", do: letter, err: domain.ErrNoTavolo},
		{name: "called off", past: given(planned, calledOff), do: letter, err: domain.ErrTavoloCalledOff},
		{name: "after it is closed", past: given(planned, convened, opened, closed), do: letter, err: domain.ErrTavoloClosed},
		{name: "a letter sent on no day", past: given(planned), do: is[*domain.Tavolo](domain.ConveneTavolo{Tavolo: t6, SentOn: "2022-02-29"}), field: "/sent_on bad-day"},
		{name: "a release", past: given(planned), do: release, yield: given(announced)},
		{name: "the same release twice", past: given(planned, announced), do: release},
		{name: "a second release", past: given(planned, announced), do: is[*domain.Tavolo](domain.AnnounceTavolo{Tavolo: t6, ReleasedOn: "2022-05-02"}),
			yield: given(domain.TavoloAnnounced{Tavolo: t6, ReleasedOn: "2022-05-02", Schedule: meeting})},
		{name: "a release of nothing", do: release, err: domain.ErrNoTavolo},
	})
}

func TestRescheduleAndRectify(t *testing.T) {
	april := domain.Schedule{Day: "2022-04-25", StartsAt: new(utc("2022-04-25T13:00:00Z")), EndsAt: new(utc("2022-04-25T15:00:00Z"))}
	wrong := planned
	wrong.Schedule = april
	may := domain.When{Day: "2022-05-25", From: "15:00", To: "17:00", Weekday: "mercoledì"}
	rectify := is[*domain.Tavolo](domain.RectifyTavolo{Tavolo: t6, Field: domain.RectifySchedule, When: may, Document: "comunicato del 21 aprile", Reason: "refuso nel titolo"})
	rectified := domain.TavoloRectified{Tavolo: t6, Field: domain.RectifySchedule, Wrong: "2022-04-25 15:00-17:00", Right: "2022-05-25 15:00-17:00",
		Schedule: &meeting, Document: "comunicato del 21 aprile", Reason: "refuso nel titolo"}
	move := is[*domain.Tavolo](domain.RescheduleTavolo{Tavolo: t6, When: may, Reason: "sala occupata"})
	right := func(field domain.RectifiedField, text string) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Tavolo](domain.RectifyTavolo{Tavolo: t6, Field: field, Right: text, Reason: "refuso"})
	}
	run(t, []scenario{
		{name: "a date that was published wrongly", past: given(wrong, announced), do: rectify, yield: given(rectified)},
		{name: "even after the meeting", past: given(wrong, convened, opened, closed), do: rectify, yield: given(rectified)},
		{name: "twice", past: given(wrong, announced, rectified), do: rectify, err: domain.ErrNothingRectified},
		{name: "before anything was published", past: given(wrong), do: rectify, err: domain.ErrNotPublished},
		{name: "of nothing", do: rectify, err: domain.ErrNoTavolo},
		{name: "against its weekday", past: given(wrong, announced), do: is[*domain.Tavolo](domain.RectifyTavolo{Tavolo: t6, Field: domain.RectifySchedule, Reason: "refuso",
			When: domain.When{Day: "2022-05-25", Weekday: "martedì"}}), field: "/weekday weekday-mismatch"},
		{name: "a place", past: given(planned, announced), do: right(domain.RectifyPlace, "Sala Gialla"),
			yield: given(domain.TavoloRectified{Tavolo: t6, Field: domain.RectifyPlace, Wrong: "Sala Bonsignore", Right: "Sala Gialla", Reason: "refuso"})},
		{name: "an ordinal", past: given(planned, announced), do: right(domain.RectifyOrdinal, "7"),
			yield: given(domain.TavoloRectified{Tavolo: t6, Field: domain.RectifyOrdinal, Wrong: "6", Right: "7", Reason: "refuso"})},
		{name: "an ordinal that is no number", past: given(planned, announced), do: right(domain.RectifyOrdinal, "sesto"), field: "/right out-of-range"},
		{name: "a mode there is not", past: given(planned, announced), do: right(domain.RectifyMode, "ibrido"), field: "/right not-allowed"},
		{name: "nothing said", past: given(planned, announced), do: right(domain.RectifySubject, ""), field: "/right required"},
		{name: "an unknown field", past: given(planned, announced), do: right("weather", "sole"), field: "/field not-allowed"},
		{name: "without a reason", past: given(planned, announced), do: is[*domain.Tavolo](domain.RectifyTavolo{Tavolo: t6, Field: domain.RectifyPlace, Right: "x"}), field: "/reason required"},
		{name: "a place with hours", past: given(planned, announced), do: is[*domain.Tavolo](domain.RectifyTavolo{Tavolo: t6, Field: domain.RectifyPlace, Right: "x", Reason: "y", When: may}), field: "/day not-allowed"},

		{name: "moving the meeting", past: given(wrong, announced), do: move,
			yield: given(domain.TavoloRescheduled{Tavolo: t6, From: april, To: meeting, Reason: "sala occupata"})},
		{name: "moving it to where it is", past: given(planned), do: move},
		{name: "moving what has begun", past: given(wrong, convened, opened), do: move, err: domain.ErrTavoloOpen},
		{name: "moving what is closed", past: given(wrong, convened, opened, closed), do: move, err: domain.ErrTavoloClosed},
		{name: "moving what was called off", past: given(wrong, calledOff), do: move, err: domain.ErrTavoloCalledOff},
		{name: "moving without a reason", past: given(wrong), do: is[*domain.Tavolo](domain.RescheduleTavolo{Tavolo: t6, When: may}), field: "/reason required"},
	})
}

func TestOpenCloseCallOff(t *testing.T) {
	open := is[*domain.Tavolo](domain.OpenTavolo{Tavolo: t6})
	shut := is[*domain.Tavolo](domain.CloseTavolo{Tavolo: t6})
	off := is[*domain.Tavolo](domain.CallOffTavolo{Tavolo: t6, Reason: "sciopero"})
	run(t, []scenario{
		{name: "opened after the letter", past: given(planned, convened), do: open, yield: given(opened)},
		{name: "opened after the release", past: given(planned, announced), do: open, yield: given(opened)},
		{name: "opened before both", past: given(planned), do: open, err: domain.ErrTavoloNotConvened},
		{name: "opened twice", past: given(planned, convened, opened), do: open},
		{name: "opened after the end", past: given(planned, convened, opened, closed), do: open, err: domain.ErrTavoloClosed},
		{name: "opened although called off", past: given(planned, convened, calledOff), do: open, err: domain.ErrTavoloCalledOff},
		{name: "closed", past: given(planned, convened, opened), do: shut, yield: given(closed)},
		{name: "closed twice", past: given(planned, convened, opened, closed), do: shut},
		{name: "closed before it began", past: given(planned, convened), do: shut, err: domain.ErrTavoloNotOpen},
		{name: "called off", past: given(planned, convened), do: off, yield: given(calledOff)},
		{name: "called off twice", past: given(planned, calledOff), do: off},
		{name: "called off after the end", past: given(planned, convened, opened, closed), do: off, err: domain.ErrTavoloClosed},
		{name: "called off without a reason", past: given(planned), do: is[*domain.Tavolo](domain.CallOffTavolo{Tavolo: t6}), field: "/reason required"},
	})
}

func TestAgendaSpeakersMaterials(t *testing.T) {
	invite := func(role domain.SpeakerRole, ente *domain.EnteRef) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return do[*domain.Tavolo](func() *domain.InviteSpeaker {
			return &domain.InviteSpeaker{Tavolo: t6, Person: as(dario), Role: role, Ente: ente}
		})
	}
	agenda := []domain.AgendaItem{{At: "15:00", Title: "Saluti"}, {At: "15:10", Title: "Relazione", Speaker: &dario}}
	set := func(items ...domain.AgendaItem) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Tavolo](domain.SetAgenda{Tavolo: t6, Items: items})
	}
	slides := func(meta uuid.UUID) domain.MaterialPublished {
		return domain.MaterialPublished{Tavolo: t6, Material: meta, Title: "Slide", Kind: domain.MaterialSlides, URL: "https://example.org/slide.pdf", Authors: []domain.PersonID{dario}}
	}
	publish := func(change func(*domain.PublishMaterial)) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		c := domain.PublishMaterial{Tavolo: t6, Title: "Slide", Kind: domain.MaterialSlides, URL: "https://example.org/slide.pdf", Authors: []domain.PersonID{dario}}
		change(&c)
		return is[*domain.Tavolo](c)
	}
	run(t, []scenario{
		{name: "a speaker", past: given(planned), do: invite("", nil), yield: given(speaker)},
		{name: "a speaker of an ente", past: given(planned, domain.EnteRegistered{Ente: alcamo, Official: "Alcamo"}), do: invite(domain.Greeting, &alcamo),
			yield: given(domain.SpeakerInvited{Tavolo: t6, Person: dario, Ente: &alcamo, Role: domain.Greeting})},
		{name: "a speaker of an unknown ente", past: given(planned), do: invite("", &alcamo), field: "/ente unknown-ente"},
		{name: "a speaker twice", past: given(planned, speaker), do: invite("", nil), err: domain.ErrSpeaker},
		{name: "an unknown role", past: given(planned), do: invite("clown", nil), field: "/role not-allowed"},
		{name: "a speaker who does not come", past: given(planned, speaker), do: is[*domain.Tavolo](domain.WithdrawSpeaker{Tavolo: t6, Person: dario}),
			yield: given(domain.SpeakerWithdrawn{Tavolo: t6, Person: dario})},
		{name: "nobody who does not come", past: given(planned), do: is[*domain.Tavolo](domain.WithdrawSpeaker{Tavolo: t6, Person: dario}), err: domain.ErrNoSpeaker},
		{name: "an agenda", past: given(planned, speaker), do: set(agenda...), yield: given(domain.AgendaSet{Tavolo: t6, Items: agenda})},
		{name: "the same agenda", past: given(planned, speaker, domain.AgendaSet{Tavolo: t6, Items: agenda}), do: set(agenda...)},
		{name: "an agenda with a stranger", past: given(planned), do: set(agenda...), field: "/items/1/speaker unknown-speaker"},
		{name: "an empty agenda", past: given(planned), do: set(), field: "/items out-of-range"},
		{name: "an agenda at no hour", past: given(planned), do: set(domain.AgendaItem{At: "24:00", Title: "x"}), field: "/items/0/at bad-hour"},
		{name: "material", past: given(planned, speaker), do: publish(func(*domain.PublishMaterial) {}),
			yield: given(slides(domain.DerivedID(uuid.NewSHA1(uuid.Nil, []byte("TestAgendaSpeakersMaterials/material")), "material")))},
		{name: "material twice", past: given(planned, speaker, slides(uuid.New())), do: publish(func(*domain.PublishMaterial) {})},
		{name: "material at no address", past: given(planned, speaker), do: publish(func(c *domain.PublishMaterial) { c.URL = "javascript:alert(1)" }), field: "/url bad-url"},
		{name: "material with a secret in its address", past: given(planned, speaker), do: publish(func(c *domain.PublishMaterial) { c.URL = "https://u:p@example.org/" }), field: "/url bad-url"},
		{name: "material by a stranger", past: given(planned), do: publish(func(*domain.PublishMaterial) {}), field: "/authors/0 unknown-speaker"},
		{name: "a working group", past: given(planned, convened, registered(anna, domain.Online)), do: is[*domain.Tavolo](domain.FormGroup{Tavolo: t6, Group: "g1", Title: "Minori", Members: []domain.PersonID{anna}}),
			yield: given(domain.GroupFormed{Tavolo: t6, Group: "g1", Title: "Minori", Members: []domain.PersonID{anna}})},
		{name: "a working group with a stranger", past: given(planned, convened), do: is[*domain.Tavolo](domain.FormGroup{Tavolo: t6, Group: "g1", Title: "Minori", Members: []domain.PersonID{anna}}),
			field: "/members/0 not-registered"},
	})
}

func TestAttendanceRuleIsFrozenOnceConvened(t *testing.T) {
	set := is[*domain.Tavolo](domain.SetAttendanceRule{Tavolo: t6, Percent: 75, Basis: "avviso FAMI"})
	rule := domain.AttendanceRuleSet{Tavolo: t6, Rule: domain.AttendanceRule{Percent: 75, Basis: "avviso FAMI"}}
	run(t, []scenario{
		{name: "before", past: given(planned), do: set, yield: given(rule)},
		{name: "the same again", past: given(planned, rule, convened), do: set},
		{name: "after the release only", past: given(planned, announced), do: set, yield: given(rule)},
		{name: "after the letter", past: given(planned, convened), do: set, err: domain.ErrRuleFrozen},
		{name: "more than all", past: given(planned), do: is[*domain.Tavolo](domain.SetAttendanceRule{Tavolo: t6, Percent: 101}), field: "/percent out-of-range"},
		{name: "no rule at all", past: given(planned), do: is[*domain.Tavolo](domain.SetAttendanceRule{Tavolo: t6}), field: "/percent required"},
	})
}
