package pages

import (
	"fmt"
	"net/url"

	"tavoli/domain"
	"tavoli/projections"
)

// A chore is how a kind of task is told, where it is done, and by whom.
type chore struct {
	kind      projections.TaskKind
	one, many text // with the number in it; many empty: there is one at most
	at        string
	roles     []domain.Role
}

// chores are all of them. What is about a tavolo is done below its page.
var chores = []chore{
	{projections.TaskLetters, text{"Una lettera non è partita: guardare perché", "One letter could not be sent: look why"}, text{"%d lettere non sono partite: guardare perché", "%d letters could not be sent: look why"}, "/segreteria/lettere?stato=parked", rStaff},
	{projections.TaskAdhesions, text{"Una richiesta di adesione attende una decisione", "One request to join is to be decided"}, text{"%d richieste di adesione attendono una decisione", "%d requests to join are to be decided"}, "/segreteria/adesioni?stato=requested", rStaff},
	{projections.TaskAnnounce, text{"Annunciare o convocare", "Announce or convene"}, text{}, "", rStaff},
	{projections.TaskConvene, text{"Convocare", "Convene"}, text{}, "", rStaff},
	{projections.TaskWaiting, text{"Una persona attende un posto", "One person waits for a seat"}, text{"%d persone attendono un posto", "%d people wait for a seat"}, "/iscritti?stato=waiting", rDesks},
	{projections.TaskOffers, text{"Un posto offerto attende risposta", "One seat that is offered is not taken up yet"}, text{"%d posti offerti attendono risposta", "%d seats that are offered are not taken up yet"}, "/iscritti?stato=waiting", rDesks},
	{projections.TaskPending, text{"Un'iscrizione attende la conferma dell'indirizzo", "One registration waits for its address to be confirmed"}, text{"%d iscrizioni attendono la conferma dell'indirizzo", "%d registrations wait for their address to be confirmed"}, "/iscritti?stato=pending", rDesks},
	{projections.TaskTwice, text{"Un nome risulta iscritto due volte", "One name is registered twice"}, text{"%d nomi risultano iscritti due volte", "%d names are registered twice"}, "/doppioni", rDesks},
	{projections.TaskClose, text{"Chiudere i lavori", "Close the meeting"}, text{}, "", rStaff},
	{projections.TaskRecord, text{"Registrare le presenze", "Record presences"}, text{}, "/iscritti", rDesks},
	{projections.TaskStays, text{"Una presenza non ha l'ora di uscita", "One presence has no end"}, text{"%d presenze non hanno l'ora di uscita", "%d presences have no end"}, "/iscritti?stato=present", rDesks},
	{projections.TaskEvidence, text{"Su un documento depositato non poggia ancora alcuna presenza", "No presence rests yet on one document"}, text{"Su %d documenti depositati non poggia ancora alcuna presenza", "No presence rests yet on %d documents"}, "/prove", rDesks},
	{projections.TaskJudge, text{"Convalidare le presenze: resta una persona", "Judge the attendance: one person is left"}, text{"Convalidare le presenze: restano %d persone", "Judge the attendance: %d people are left"}, "/iscritti?stato=present", rStaff},
	{projections.TaskPublish, text{"Pubblicare i materiali", "Publish the materials"}, text{}, "/materiale", rStaff},
}

// A taskGroup is what is left to do about a tavolo, or besides.
type taskGroup struct {
	At, Title string // of the tavolo; empty: it is about none
	Tasks     []taskLink
}

// A taskLink leads to where a task is done.
type taskLink struct{ At, What string }

// tasks asks what is left to do that the visitor may do.
func (v *visit) tasks() (groups []taskGroup, err error) {
	var list struct {
		Items []projections.Task `json:"items"`
	}
	err = v.ask("/tasks", nil, &list)
	for _, t := range list.Items {
		at := ""
		if t.Tavolo != "" {
			at = "/segreteria/tavoli/" + url.PathEscape(string(t.Tavolo))
		}
		link, mine := v.chore(t, at)
		if !mine {
			continue
		}
		if n := len(groups); n == 0 || groups[n-1].At != at {
			group := taskGroup{At: at}
			if at != "" {
				group.Title = v.called(t.Ordinal, t.Day, t.Subject)
			}
			groups = append(groups, group)
		}
		last := &groups[len(groups)-1]
		last.Tasks = append(last.Tasks, link)
	}
	return groups, err
}

// chore tells a task, if the visitor may do it.
func (v *visit) chore(t projections.Task, at string) (taskLink, bool) {
	for _, c := range chores {
		if c.kind != t.Kind || !v.Is(c.roles...) {
			continue
		}
		what := c.one.in(v.Lang)
		if many := c.many.in(v.Lang); t.Count > 1 && many != "" {
			what = fmt.Sprintf(many, t.Count)
		}
		return taskLink{at + c.at, what}, true
	}
	return taskLink{}, false
}
