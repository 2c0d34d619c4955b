package domain_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tavoli/domain"
)

// letter returns a letter after some events.
func letter(events ...domain.Event) *domain.Letter {
	l := new(domain.Letter)
	for _, e := range events {
		l.Apply(e)
	}
	return l
}

func TestLetterScenarios(t *testing.T) {
	id, run := uuid.New(), uuid.New()
	queued := domain.LetterQueued{Delivery: id, Kind: domain.LetterConfirmation, LetterAbout: domain.AtTavolo(t6), Person: anna}
	begun := domain.LetterAttempted{Delivery: id, Attempt: 1, By: run}
	sent := domain.LetterSent{Delivery: id, Attempt: 1}
	later := utc("2022-05-25T14:30:00Z")
	for name, c := range map[string]struct {
		before  []domain.Event
		command domain.Command[*domain.Letter]
		want    domain.Event
		err     error
	}{
		"claim":                   {[]domain.Event{queued}, domain.AttemptLetter{Delivery: id, By: run}, begun, nil},
		"claim twice":             {[]domain.Event{queued, begun}, domain.AttemptLetter{Delivery: id, By: run}, nil, domain.ErrLetterElsewhere},
		"claim what is sent":      {[]domain.Event{queued, begun, sent}, domain.AttemptLetter{Delivery: id, By: run}, nil, domain.ErrLetterElsewhere},
		"claim nothing":           {nil, domain.AttemptLetter{Delivery: id, By: run}, nil, domain.ErrNoLetter},
		"sent":                    {[]domain.Event{queued, begun}, domain.SettleLetter{Delivery: id, Attempt: 1}, sent, nil},
		"sent twice":              {[]domain.Event{queued, begun, sent}, domain.SettleLetter{Delivery: id, Attempt: 1}, nil, domain.ErrLetterElsewhere},
		"sent without an attempt": {[]domain.Event{queued}, domain.SettleLetter{Delivery: id, Attempt: 1}, nil, domain.ErrLetterElsewhere},
		"later":                   {[]domain.Event{queued, begun}, domain.SettleLetter{Delivery: id, Attempt: 1, Why: domain.FaultRelay, RetryAt: later}, domain.LetterFailed{Delivery: id, Attempt: 1, Why: domain.FaultRelay, RetryAt: later}, nil},
		"never": {[]domain.Event{queued, begun}, domain.SettleLetter{Delivery: id, Attempt: 1, Why: domain.FaultRefused, Answer: "550 <anna@example.it>\r\nno"},
			domain.LetterParked{Delivery: id, Attempt: 1, Why: domain.FaultRefused, Answer: "550 ‹…› no"}, nil},
		"not due":               {[]domain.Event{queued}, domain.SettleLetter{Delivery: id, Why: domain.FaultNotDue}, domain.LetterParked{Delivery: id, Why: domain.FaultNotDue}, nil},
		"not due while it goes": {[]domain.Event{queued, begun}, domain.SettleLetter{Delivery: id, Why: domain.FaultNotDue}, nil, domain.ErrLetterElsewhere},
		"again":                 {[]domain.Event{queued, begun, sent}, domain.ResendLetter{Delivery: id, Reason: "persa"}, domain.LetterResent{Delivery: id, Reason: "persa"}, nil},
		"again while it waits":  {[]domain.Event{queued}, domain.ResendLetter{Delivery: id}, nil, domain.ErrLetterUnderWay},
		"again while it goes":   {[]domain.Event{queued, begun}, domain.ResendLetter{Delivery: id}, nil, domain.ErrLetterUnderWay},
		"again nothing":         {nil, domain.ResendLetter{Delivery: id}, nil, domain.ErrNoLetter},
	} {
		got, err := c.command.Decide(letter(c.before...), domain.Meta{})
		if !errors.Is(err, c.err) || c.err == nil && err != nil {
			t.Errorf("%s: got %v, want %v", name, err, c.err)
		}
		if c.want != nil && (len(got) != 1 || got[0] != c.want) || c.want == nil && len(got) > 0 {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestQueueLetterOnce(t *testing.T) {
	cmd := domain.QueueLetter{Kind: domain.LetterConfirmation, About: domain.AtTavolo(t6), Person: anna, Cause: uuid.New()}
	events, err := cmd.Decide(letter(), domain.Meta{})
	if err != nil || len(events) != 1 {
		t.Fatalf("got %v %v", events, err)
	}
	if again, err := cmd.Decide(letter(events...), domain.Meta{}); err != nil || len(again) > 0 {
		t.Errorf("got %v %v", again, err)
	}
	other := cmd
	other.Kind = domain.LetterReminder
	if cmd.Delivery() == other.Delivery() || cmd.Delivery() != domain.LetterFor(cmd.Cause, cmd.Kind, anna) {
		t.Error("the id does not follow from the cause, the kind and the person")
	}
	if _, err := (domain.QueueLetter{Kind: "telegram", About: domain.AtTavolo(t6), Person: anna}).Decide(letter(), domain.Meta{}); !errors.Is(err, domain.Invalid) {
		t.Errorf("got %v", err)
	}
}

func TestFillTemplate(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		values map[string]string
		want   string
	}{
		"names":                {"Gentile {nome},\n\nore {ore}", map[string]string{"nome": "Anna", "ore": "15"}, "Gentile Anna,\n\nore 15"},
		"a line of nothing":    {"a\nSede: {sede}\nb", nil, "a\nb"},
		"a heading of nothing": {"a\n\nLavori:\n{programma_lavori}\n\nb", nil, "a\n\nb"},
		"half a line":          {"{data} {ore}", map[string]string{"data": "oggi"}, "oggi "},
		"a name in a name":     {"{nome}", map[string]string{"nome": "{ore}", "ore": "15"}, "{ore}"},
		"windows":              {"a\r\nb", nil, "a\nb"},
	} {
		if c.values == nil {
			c.values = map[string]string{}
		}
		_, got := domain.LetterTemplate{Text: c.text}.Fill(c.values)
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if subject, _ := (domain.LetterTemplate{Subject: "Per {nome}"}).Fill(map[string]string{"nome": "A\r\nBcc: b@c.it"}); strings.ContainsAny(subject, "\r\n") {
		t.Errorf("got %q", subject)
	}
}

func TestBuiltInTemplates(t *testing.T) {
	for _, kind := range domain.LetterKinds {
		if err := kind.BuiltIn().Check(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestSetTemplate(t *testing.T) {
	state := new(domain.Templates)
	set := domain.SetTemplate{Kind: domain.LetterReminder, Subject: "Promemoria {tavolo}", Text: "Gentile {nome}"}
	for want := 1; want < 3; want++ {
		set.Text += "!"
		events, err := set.Decide(state, domain.Meta{})
		if err != nil || len(events) != 1 || events[0].(domain.TemplateSet).Version != want {
			t.Fatalf("got %v %v", events, err)
		}
		state.Apply(events[0])
		if again, err := set.Decide(state, domain.Meta{}); err != nil || len(again) > 0 {
			t.Errorf("got %v %v", again, err)
		}
	}
	for name, bad := range map[string]domain.SetTemplate{
		"unknown name": {Kind: domain.LetterReminder, Subject: "s", Text: "{telefono}"}, "no subject": {Kind: domain.LetterReminder, Text: "t"},
		"no text": {Kind: domain.LetterReminder, Subject: "s"}, "two lines": {Kind: domain.LetterReminder, Subject: "a\nb", Text: "t"}, "open brace": {Kind: domain.LetterReminder, Subject: "s", Text: "{nome"},
	} {
		if _, err := bad.Decide(state, domain.Meta{}); !errors.Is(err, domain.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := (domain.SetTemplate{Kind: "telegram", Subject: "s", Text: "t"}).Decide(state, domain.Meta{}); !errors.Is(err, domain.ErrNoLetterKind) {
		t.Errorf("got %v", err)
	}
}

func TestJoinLink(t *testing.T) {
	state := new(domain.Tavolo)
	state.Apply(domain.TavoloPlanned{Tavolo: t6, Subject: "s", Mode: domain.Mixed, Schedule: meeting})
	set := &domain.SetJoinLink{Tavolo: t6, URL: "https://example.org/j"}
	events, err := set.Decide(state, domain.Meta{})
	if err != nil || len(events) != 1 {
		t.Fatalf("got %v %v", events, err)
	}
	state.Apply(events[0])
	if again, err := set.Decide(state, domain.Meta{}); err != nil || len(again) > 0 {
		t.Errorf("got %v %v", again, err)
	}
	if _, err := (&domain.SetJoinLink{Tavolo: t6, Participant: &anna, URL: "https://example.org/a"}).Decide(state, domain.Meta{}); !errors.Is(err, domain.ErrNoRegistration) {
		t.Errorf("got %v", err)
	}
	if _, err := (&domain.SetJoinLink{Tavolo: t6, URL: "javascript:alert(1)"}).Decide(state, domain.Meta{}); !errors.Is(err, domain.Invalid) {
		t.Errorf("got %v", err)
	}
	state.Apply(domain.ParticipantRegistered{Tavolo: t6, Participant: anna, Capacity: domain.AsOther, Mode: domain.Online})
	state.Apply(domain.JoinLinkSet{Tavolo: t6, Participant: &anna, URL: "https://example.org/vecchio"}) // as it was told before
	if _, err := (&domain.SetJoinLink{Tavolo: t6, Participant: &anna, URL: "https://example.org/a"}).Decide(state, domain.Meta{}); err == nil {
		t.Error("an address that was not sealed was taken")
	}
	back := &domain.SetJoinLink{Tavolo: t6, Participant: &anna}
	if events, err := back.Decide(state, domain.Meta{}); err != nil || len(events) != 1 || events[0] != (domain.OwnJoinLinkSet{Tavolo: t6, Participant: anna}) {
		t.Errorf("got %v %v", events, err)
	}
	hall := new(domain.Tavolo)
	hall.Apply(domain.TavoloPlanned{Tavolo: t6, Subject: "s", Mode: domain.InPresence, Schedule: meeting})
	if _, err := set.Decide(hall, domain.Meta{}); !errors.Is(err, domain.ErrNotOnline) {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsHeardOfALetter(t *testing.T) {
	id, run := uuid.New(), uuid.New()
	queued := domain.LetterQueued{Delivery: id, Kind: domain.LetterConfirmation, LetterAbout: domain.AtTavolo(t6), Person: anna}
	begun, sent := domain.LetterAttempted{Delivery: id, Attempt: 1, By: run}, domain.LetterSent{Delivery: id, Attempt: 1}
	back := domain.LetterBounced{Delivery: id, Status: "5.1.1", Answer: "casella di ‹…› inesistente"}
	unknown := domain.LetterParked{Delivery: id, Attempt: 1, Why: domain.FaultUncertain}
	there := domain.LetterDelivered{Delivery: id}
	resent := domain.LetterResent{Delivery: id}
	came := domain.ReturnLetter{Delivery: id, Status: "5.1.1", Reason: "casella di <anna@example.it> inesistente"}
	earlier := came
	earlier.Sending = new(0)
	for name, c := range map[string]struct {
		before  []domain.Event
		command domain.Command[*domain.Letter]
		want    domain.Event
		err     error
	}{
		"back":                    {[]domain.Event{queued, begun, sent}, came, back, nil},
		"back twice":              {[]domain.Event{queued, begun, sent, back}, came, nil, nil},
		"back though uncertain":   {[]domain.Event{queued, begun, unknown}, came, back, nil},
		"back though it waits":    {[]domain.Event{queued}, came, nil, domain.ErrLetterNotSent},
		"back though never":       {[]domain.Event{queued, domain.LetterParked{Delivery: id, Why: domain.FaultNotDue}}, came, nil, domain.ErrLetterNotSent},
		"nothing back":            {nil, came, nil, domain.ErrNoLetter},
		"an earlier one":          {[]domain.Event{queued, begun, sent, resent, begun, sent}, earlier, nil, domain.ErrLetterAgain},
		"the newest":              {[]domain.Event{queued, begun, sent, resent, begun, sent}, came, back, nil},
		"again after it was back": {[]domain.Event{queued, begun, sent, back}, domain.ResendLetter{Delivery: id}, resent, nil},
		"no reason":               {[]domain.Event{queued, begun, sent}, domain.ReturnLetter{Delivery: id}, nil, domain.Invalid},
		"no status":               {[]domain.Event{queued, begun, sent}, domain.ReturnLetter{Delivery: id, Reason: "r", Status: "550"}, nil, domain.Invalid},
		"there":                   {[]domain.Event{queued, begun, sent}, domain.ReceiveLetter{Delivery: id}, there, nil},
		"there twice":             {[]domain.Event{queued, begun, sent, there}, domain.ReceiveLetter{Delivery: id}, nil, nil},
		"there after all":         {[]domain.Event{queued, begun, unknown}, domain.ReceiveLetter{Delivery: id}, there, nil},
		"there before it went":    {[]domain.Event{queued}, domain.ReceiveLetter{Delivery: id}, nil, domain.ErrLetterNotSent},
	} {
		got, err := c.command.Decide(letter(c.before...), domain.Meta{})
		if !errors.Is(err, c.err) || c.err == nil && err != nil {
			t.Errorf("%s: got %v, want %v", name, err, c.err)
		}
		if c.want != nil && (len(got) != 1 || got[0] != c.want) || c.want == nil && len(got) > 0 {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}
