package projections

import (
	"fmt"
	"strings"

	"tavoli/domain"
)

// This file tells in Italian and in English what happens to a tavolo.

// Words as people read them.
var (
	modeWords  = map[domain.Mode]string{domain.InPresence: "in presenza", domain.Online: "online", domain.Mixed: "in modalità mista"}
	fieldWords = map[domain.RectifiedField]string{
		domain.RectifySchedule: "Rettificata la data", domain.RectifySubject: "Rettificato l'oggetto", domain.RectifyPlace: "Rettificata la sede",
		domain.RectifyPlatform: "Rettificata la piattaforma", domain.RectifyMode: "Rettificata la modalità",
		domain.RectifyProtocol: "Rettificato il protocollo", domain.RectifyOrdinal: "Rettificato il numero d'ordine",
	}
	roleWords = map[domain.SpeakerRole]string{
		domain.Speaker: "relatore", domain.Coordinator: "coordinatore", domain.Greeting: "saluti istituzionali", domain.Author: "autore di materiali",
	}
	materialWords = map[domain.MaterialKind]string{
		domain.MaterialProgramme: "programma", domain.MaterialInvitation: "nota d'invito", domain.MaterialSlides: "presentazione",
		domain.MaterialVideo: "video", domain.MaterialNote: "nota", domain.MaterialOther: "materiale",
	}
)

// said returns the word for something, or the thing itself where there is none.
func said[K ~string](words map[K]string, key K) string {
	if w, ok := words[key]; ok {
		return w
	}
	return string(key)
}

// tellTavolo tells when and how a tavolo is held, and how far it has come.
func (t *teller) tellTavolo(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.TavoloPlanned:
		return t.planned(e), ""
	case domain.TavoloAnnounced:
		return t.announced(e), ""
	case domain.TavoloConvened:
		return t.convened(e), ""
	case domain.TavoloRescheduled:
		t.schedule(e.To)
		return t.say("Spostato il tavolo: era previsto per il %s, è previsto per il %s", "Tavolo moved: it was planned for %s, it is planned for %s", e.From, e.To), e.Reason
	case domain.TavoloRectified:
		return t.rectified(e), e.Reason
	case domain.TavoloCalledOff:
		t.set("/state", string(domain.CalledOff))
		return t.say("Annullato il tavolo", "Tavolo called off"), e.Reason
	case domain.RegistrationsOpened:
		t.set("/registrations_open", true)
		return t.say("Aperte le iscrizioni", "Registrations opened"), ""
	case domain.RegistrationsClosed:
		t.set("/registrations_open", false)
		return t.say("Chiuse le iscrizioni", "Registrations closed"), e.Reason
	case domain.TavoloOpened:
		t.set("/state", string(domain.Open))
		return t.say("Aperti i lavori del tavolo", "The meeting began"), ""
	case domain.TavoloClosed:
		t.set("/state", string(domain.Closed))
		return t.say("Chiusi i lavori del tavolo", "The meeting ended"), ""
	}
	return "", ""
}

func (t *teller) planned(e domain.TavoloPlanned) string {
	t.set("/state", string(domain.Planned))
	t.set("/programma", string(e.Programma))
	t.set("/ordinal", e.Ordinal)
	t.set("/subject", e.Subject)
	t.schedule(e.Schedule)
	t.set("/mode", string(e.Mode))
	t.set("/place", e.Place)
	t.set("/platform", e.Platform)
	t.seats(e.Seats)
	title := t.say("il tavolo", "the tavolo")
	if e.Ordinal > 0 {
		title = t.say("il %d° tavolo", "tavolo no. %d", e.Ordinal)
	}
	return t.say("Pianificato %s «%s» per il %s, %s", "Planned %s “%s” for %s, %s", title, e.Subject, e.Schedule, t.in(said(modeWords, e.Mode)))
}

// schedule notes when the tavolo is held.
func (t *teller) schedule(s domain.Schedule) {
	t.set("/day", string(s.Day))
	t.set("/starts_at", moment(s.StartsAt))
	t.set("/ends_at", moment(s.EndsAt))
}

// seats notes how many may take part.
func (t *teller) seats(s domain.Seats) {
	for path, n := range map[string]*int{"/seats/in_presence": s.InPresence, "/seats/online": s.Online} {
		if n == nil {
			t.set(path, nil)
			continue
		}
		t.set(path, fmt.Sprint(*n)) // as text: no seats is not no limit
	}
}

func (t *teller) announced(e domain.TavoloAnnounced) string {
	n := t.number("/announcements")
	t.set("/announcements", n+1)
	at := fmt.Sprintf("/announcements/%d", n)
	t.set(at+"/title", e.Title)
	t.set(at+"/released_on", string(e.ReleasedOn))
	t.set(at+"/schedule", e.Schedule.String())
	t.set(at+"/document", e.Document)
	if s := t.text("/state"); s == string(domain.Planned) || s == "" {
		t.set("/state", string(domain.Announced))
	}
	return t.say("Annunciato il tavolo con comunicato del %s, con la data %s", "Tavolo announced by a release of %s, with the date %s", e.ReleasedOn, e.Schedule)
}

func (t *teller) convened(e domain.TavoloConvened) string {
	t.set("/state", string(domain.Convened))
	t.set("/convened_on", string(e.SentOn))
	protocol := t.say("senza protocollo", "without a protocol reference")
	if e.Protocol != nil {
		t.protocol(*e.Protocol)
		protocol = e.Protocol.Text
	}
	return t.say("Convocato il tavolo per il %s con lettera del %s (%s)", "Tavolo convened for %s by a letter of %s (%s)", e.Schedule, e.SentOn, protocol)
}

func (t *teller) protocol(p domain.Protocol) {
	t.set("/protocol", p.Text)
	t.set("/protocol_number", p.Number)
	t.set("/protocol_date", string(p.Date))
}

func (t *teller) rectified(e domain.TavoloRectified) string {
	switch e.Field {
	case domain.RectifySchedule:
		if e.Schedule != nil {
			t.schedule(*e.Schedule)
		}
	case domain.RectifyProtocol:
		t.protocol(domain.ParseProtocol(e.Right))
	case domain.RectifyOrdinal:
		n := 0
		if _, err := fmt.Sscanf(e.Right, "%d", &n); err == nil {
			t.set("/ordinal", n)
		}
	default:
		t.set("/"+string(e.Field), e.Right)
	}
	text := t.say("%s: era scritto %s, è %s", "%s: it said %s, it is %s", t.in(said(fieldWords, e.Field)), t.quoted(e.Wrong, e.Field), t.quoted(e.Right, e.Field))
	if e.Document != "" {
		text += t.say(" (in: %s)", " (in: %s)", e.Document)
	}
	return text
}

// quoted returns a text within marks, dates and numbers as they are.
func (t *teller) quoted(text string, f domain.RectifiedField) string {
	switch {
	case text == "":
		return t.say("nulla", "nothing")
	case f == domain.RectifySchedule || f == domain.RectifyOrdinal:
		return text
	case f == domain.RectifyMode:
		return t.in(said(modeWords, domain.Mode(text)))
	}
	return "«" + text + "»"
}

// tellProgramme tells who speaks about what, and what is published.
func (t *teller) tellProgramme(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.AgendaSet:
		return t.agenda(e), ""
	case domain.SpeakerInvited:
		at := "/speakers/" + e.Person.String()
		t.set(at+"/role", string(e.Role))
		t.set(at+"/topic", e.Topic)
		t.set(at+"/ente", enteText(e.Ente))
		return t.say("Invito a %s (%s)", "%s invited to speak (%s)", t.name(e.Person), t.in(said(roleWords, e.Role))), ""
	case domain.SpeakerWithdrawn:
		for _, field := range []string{"/role", "/topic", "/ente"} {
			t.set("/speakers/"+e.Person.String()+field, nil)
		}
		return t.say("Ritirato l'intervento di %s", "The talk of %s withdrawn", t.name(e.Person)), e.Reason
	case domain.SeatsSet:
		t.seats(e.Seats)
		return t.say("Fissati i posti: ", "Seats set: ") + t.seatsText(e.Seats), ""
	case domain.AttendanceRuleSet:
		t.set("/attendance_rule/percent", e.Rule.Percent)
		t.set("/attendance_rule/minutes", e.Rule.Minutes)
		t.set("/attendance_rule/basis", e.Rule.Basis)
		return t.say("Fissata la regola di frequenza: ", "Attendance rule set: ") + t.ruleText(e.Rule), ""
	case domain.GroupFormed:
		return t.group(e), ""
	case domain.MaterialPublished:
		return t.material(e), ""
	}
	return "", ""
}

func (t *teller) agenda(e domain.AgendaSet) string {
	lines := make([]string, len(e.Items))
	for i, item := range e.Items {
		lines[i] = strings.TrimSpace(item.At + " " + item.Title)
		if item.Speaker != nil {
			lines[i] += " (" + t.name(*item.Speaker) + ")"
		}
	}
	t.setList("/agenda", lines)
	return t.say("Fissato l'ordine del giorno (%s)", "Agenda set (%s)", t.counted(len(lines), "punto", "punti", "item", "items"))
}

func (t *teller) group(e domain.GroupFormed) string {
	at := "/groups/" + e.Group
	members := make([]string, len(e.Members))
	for i, m := range e.Members {
		members[i] = m.String()
	}
	t.set(at+"/title", e.Title)
	t.setList(at+"/members", members)
	return t.say("Formato il gruppo di lavoro «%s» (%s)", "Working group formed: “%s” (%s)", e.Title, t.counted(len(members), "componente", "componenti", "member", "members"))
}

func (t *teller) material(e domain.MaterialPublished) string {
	at := "/materials/" + e.Material.String()
	t.set(at+"/title", e.Title)
	t.set(at+"/kind", string(e.Kind))
	t.set(at+"/url", e.URL)
	t.set(at+"/sha256", e.SHA256)
	t.set(at+"/on", string(e.On))
	return t.say("Pubblicato «%s» (%s)", "Published: “%s” (%s)", e.Title, t.in(said(materialWords, e.Kind)))
}

func (t *teller) seatsText(s domain.Seats) string {
	of := func(n *int, mode string) string {
		if n == nil {
			return t.say("senza limite ", "without limit ") + mode
		}
		return fmt.Sprintf("%d %s", *n, mode)
	}
	return of(s.InPresence, t.in("in presenza")) + ", " + of(s.Online, "online")
}

func (t *teller) ruleText(r domain.AttendanceRule) string {
	var parts []string
	if r.Percent > 0 {
		parts = append(parts, t.say("almeno il %d%% della durata", "at least %d%% of its length", r.Percent))
	}
	if r.Minutes > 0 {
		parts = append(parts, t.say("almeno %s", "at least %s", t.counted(r.Minutes, "minuto", "minuti", "minute", "minutes")))
	}
	text := strings.Join(parts, t.say(" e ", " and "))
	if r.Basis != "" {
		text += " (" + r.Basis + ")"
	}
	return text
}

// enteText returns the key of an ente, or nothing.
func enteText(ref *domain.EnteRef) string {
	if ref == nil {
		return ""
	}
	return ref.String()
}
