package projections

import (
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// SampleContent answers what a letter of a kind may say, of nobody and about nothing
// there is: with it words can be looked at before anything has happened.
func (m *Models) SampleContent(kind domain.LetterKind, now time.Time) LetterContent {
	start := now.In(domain.Rome).AddDate(0, 0, 14)
	start = time.Date(start.Year(), start.Month(), start.Day(), 15, 0, 0, 0, domain.Rome)
	end := start.Add(2 * time.Hour)
	schedule := domain.Schedule{Day: domain.DayOf(start), StartsAt: &start, EndsAt: &end}
	before := domain.DayOf(start.AddDate(0, 0, -7))
	c := LetterContent{Kind: kind, About: domain.AtTavolo("esempio"), Person: uuid.Nil, Name: "Anna Esempio", Email: "anna.esempio@example.org", Online: true, Values: map[string]string{
		"nome": "Anna Esempio", "tavolo": "1° tavolo: Un esempio di tavolo", "oggetto": "Un esempio di tavolo", "data": longDay(schedule.Day), "ore": hoursOf(schedule),
		"modalita": held[domain.Mixed], "partecipazione": modeWords[domain.Online], "sede": "Palermo, Sala Esempio", "piattaforma": "Piattaforma di esempio", "protocollo": "Prot. n. 0001/01/01",
		"programma_lavori": "- 15:00 Saluti\n- 15:15 Interventi\n- 16:30 Domande", "relatori": "- Bruno Esempio, Comune di Esempio\n- Carla Esempio, relatrice",
		"posto": "3", "data_precedente": longDay(before) + ", 10:00-12:00", "motivo": "un motivo di esempio", "rettifica": "Rettificata la sede: non «Sala Sbagliata», ma «Sala Esempio»",
		"materiali": "- Presentazione https://example.org/presentazione.pdf", "ente": "Comune di Esempio", "scadenza": LongMoment(now.Add(24 * time.Hour)),
	}}
	if enters(kind) {
		c.Event = &LetterEvent{Cancel: kind == domain.LetterCalledOff, Schedule: schedule, Summary: c.Values["tavolo"], Place: "Palermo, Sala Esempio"}
	}
	if ofOne(kind) {
		c.Values["sede"] = ""
	}
	for _, one := range m.Programmi.List() {
		c.Blocks = append(c.Blocks, m.blocks(one.Programma, now)...)
	}
	return c
}
