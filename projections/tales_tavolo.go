package projections

import (
	"fmt"
	"strings"

	"tavoli/domain"
)

// This file tells in Italian what happens to a tavolo.

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
		return fmt.Sprintf("Spostato il tavolo: era previsto per il %s, è previsto per il %s", e.From, e.To), e.Reason
	case domain.TavoloRectified:
		return t.rectified(e), e.Reason
	case domain.TavoloCalledOff:
		t.set("/state", string(domain.CalledOff))
		return "Annullato il tavolo", e.Reason
	case domain.RegistrationsOpened:
		t.set("/registrations_open", true)
		return "Aperte le iscrizioni", ""
	case domain.RegistrationsClosed:
		t.set("/registrations_open", false)
		return "Chiuse le iscrizioni", e.Reason
	case domain.TavoloOpened:
		t.set("/state", string(domain.Open))
		return "Aperti i lavori del tavolo", ""
	case domain.TavoloClosed:
		t.set("/state", string(domain.Closed))
		return "Chiusi i lavori del tavolo", ""
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
	title := "il tavolo"
	if e.Ordinal > 0 {
		title = fmt.Sprintf("il %d° tavolo", e.Ordinal)
	}
	return fmt.Sprintf("Pianificato %s «%s» per il %s, %s", title, e.Subject, e.Schedule, said(modeWords, e.Mode))
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
	return fmt.Sprintf("Annunciato il tavolo con comunicato del %s, con la data %s", e.ReleasedOn, e.Schedule)
}

func (t *teller) convened(e domain.TavoloConvened) string {
	t.set("/state", string(domain.Convened))
	t.set("/convened_on", string(e.SentOn))
	protocol := "senza protocollo"
	if e.Protocol != nil {
		t.protocol(*e.Protocol)
		protocol = e.Protocol.Text
	}
	return fmt.Sprintf("Convocato il tavolo per il %s con lettera del %s (%s)", e.Schedule, e.SentOn, protocol)
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
	text := fmt.Sprintf("%s: era scritto %s, è %s", said(fieldWords, e.Field), quoted(e.Wrong, e.Field), quoted(e.Right, e.Field))
	if e.Document != "" {
		text += fmt.Sprintf(" (in: %s)", e.Document)
	}
	return text
}

// quoted returns a text within marks, dates and numbers as they are.
func quoted(text string, f domain.RectifiedField) string {
	switch {
	case text == "":
		return "nulla"
	case f == domain.RectifySchedule || f == domain.RectifyOrdinal:
		return text
	case f == domain.RectifyMode:
		return said(modeWords, domain.Mode(text))
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
		return fmt.Sprintf("Invito a %s (%s)", t.name(e.Person), said(roleWords, e.Role)), ""
	case domain.SpeakerWithdrawn:
		for _, field := range []string{"/role", "/topic", "/ente"} {
			t.set("/speakers/"+e.Person.String()+field, nil)
		}
		return fmt.Sprintf("Ritirato l'intervento di %s", t.name(e.Person)), e.Reason
	case domain.SeatsSet:
		t.seats(e.Seats)
		return "Fissati i posti: " + seatsText(e.Seats), ""
	case domain.AttendanceRuleSet:
		t.set("/attendance_rule/percent", e.Rule.Percent)
		t.set("/attendance_rule/minutes", e.Rule.Minutes)
		t.set("/attendance_rule/basis", e.Rule.Basis)
		return "Fissata la regola di frequenza: " + ruleText(e.Rule), ""
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
	return fmt.Sprintf("Fissato l'ordine del giorno (%s)", counted(len(lines), "punto", "punti"))
}

func (t *teller) group(e domain.GroupFormed) string {
	at := "/groups/" + e.Group
	members := make([]string, len(e.Members))
	for i, m := range e.Members {
		members[i] = m.String()
	}
	t.set(at+"/title", e.Title)
	t.setList(at+"/members", members)
	return fmt.Sprintf("Formato il gruppo di lavoro «%s» (%s)", e.Title, counted(len(members), "componente", "componenti"))
}

func (t *teller) material(e domain.MaterialPublished) string {
	at := "/materials/" + e.Material.String()
	t.set(at+"/title", e.Title)
	t.set(at+"/kind", string(e.Kind))
	t.set(at+"/url", e.URL)
	t.set(at+"/sha256", e.SHA256)
	t.set(at+"/on", string(e.On))
	return fmt.Sprintf("Pubblicato «%s» (%s)", e.Title, said(materialWords, e.Kind))
}

// counted returns a number with its word.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func seatsText(s domain.Seats) string {
	of := func(n *int, mode string) string {
		if n == nil {
			return "senza limite " + mode
		}
		return fmt.Sprintf("%d %s", *n, mode)
	}
	return of(s.InPresence, "in presenza") + ", " + of(s.Online, "online")
}

func ruleText(r domain.AttendanceRule) string {
	var parts []string
	if r.Percent > 0 {
		parts = append(parts, fmt.Sprintf("almeno il %d%% della durata", r.Percent))
	}
	if r.Minutes > 0 {
		parts = append(parts, fmt.Sprintf("almeno %s", counted(r.Minutes, "minuto", "minuti")))
	}
	text := strings.Join(parts, " e ")
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
