package projections

import (
	"cmp"
	"slices"
	"strings"

	"tavoli/domain"
)

// A TaskKind is what is left to do.
type TaskKind string

// The kinds there are, in the order in which a tavolo meets them; those of no tavolo
// come first.
const (
	TaskLetters   TaskKind = "parked-letters"      // that could not be sent: somebody has to look
	TaskAdhesions TaskKind = "open-adhesions"      // requests to join that wait for an answer
	TaskAnnounce  TaskKind = "announce"            // neither announced nor convened
	TaskConvene   TaskKind = "convene"             // announced and not convened
	TaskWaiting   TaskKind = "waiting"             // people wait for a seat
	TaskOffers    TaskKind = "open-offers"         // seats that are offered and not taken up
	TaskPending   TaskKind = "unconfirmed"         // registrations whose address is not confirmed
	TaskTwice     TaskKind = "possible-duplicates" // names registered more than once
	TaskClose     TaskKind = "close"               // its day is over
	TaskRecord    TaskKind = "record-presences"    // it is over, and nobody is known to have come
	TaskStays     TaskKind = "open-presences"      // it is over, and presences have no end
	TaskEvidence  TaskKind = "unused-evidence"     // documents on which no presence rests yet
	TaskJudge     TaskKind = "judge-attendance"    // people who came and were not judged by its rule
	TaskPublish   TaskKind = "publish-materials"   // it is over, and nothing of it is published
)

// TaskKinds lists every kind.
var TaskKinds = []TaskKind{
	TaskLetters, TaskAdhesions, TaskAnnounce, TaskConvene, TaskWaiting, TaskOffers, TaskPending, TaskTwice,
	TaskClose, TaskRecord, TaskStays, TaskEvidence, TaskJudge, TaskPublish,
}

// A Task is something left to do, and about how many. It names nobody.
type Task struct {
	Kind    TaskKind        `json:"kind"`
	Count   int             `json:"count"`
	Tavolo  domain.TavoloID `json:"tavolo,omitempty"` // absent: it is about no tavolo
	Ordinal int             `json:"ordinal,omitempty"`
	Subject string          `json:"subject,omitempty"`
	Day     domain.Day      `json:"day,omitempty"`
}

// Tasks answers: what is left to do on a day? What is about no tavolo comes first, then
// the tavoli by day.
func (m *Models) Tasks(today domain.Day) []Task {
	list := []Task{}
	for kind, n := range map[TaskKind]int{TaskLetters: m.Letters.parked(), TaskAdhesions: m.Enti.undecided()} {
		if n > 0 {
			list = append(list, Task{Kind: kind, Count: n})
		}
	}
	slices.SortFunc(list, func(a, b Task) int {
		return cmp.Compare(slices.Index(TaskKinds, a.Kind), slices.Index(TaskKinds, b.Kind))
	})
	for _, row := range m.Calendar.ordered() {
		list = append(list, m.Rosters.tasks(row, today)...)
	}
	return list
}

// tasks lists what is left to do about a tavolo.
func (r *Rosters) tasks(t *tavolo, today domain.Day) (list []Task) {
	add := func(here bool, kind TaskKind, n int) {
		if here && n > 0 {
			list = append(list, Task{kind, n, t.id, t.ordinal, t.subject, t.schedule.Day})
		}
	}
	if t.state == domain.CalledOff {
		return nil
	}
	row := newRoster(t.id, 0)
	if i, ok := r.by[t.id]; ok {
		row = r.rows[i]
	}
	closed, coming := t.state == domain.Closed, t.schedule.Day >= today
	add(coming && t.state == domain.Planned, TaskAnnounce, 1)
	add(coming && t.state == domain.Announced, TaskConvene, 1)
	add(coming && !closed, TaskWaiting, row.count(isWaiting)-row.offers())
	add(coming && !closed, TaskOffers, row.offers())
	add(coming && !closed, TaskPending, row.count(isPending))
	if coming && !closed {
		add(true, TaskTwice, len(r.twice(row)))
	}
	add(!coming && !closed, TaskClose, 1)
	if closed {
		came, judged := row.came()
		unjudged := 0
		if t.rule != nil {
			unjudged = came - judged
		}
		add(came == 0, TaskRecord, 1)
		add(true, TaskStays, row.stays())
		add(came == 0 || unjudged > 0, TaskEvidence, row.unused())
		add(true, TaskJudge, unjudged)
		add(len(t.materials) == 0, TaskPublish, 1)
	}
	return list
}

// came counts the persons who came, and those of them who were judged.
func (row *roster) came() (n, judged int) {
	for i := range row.seats {
		if s := &row.seats[i]; s.here() {
			n++
			if s.judged() {
				judged++
			}
		}
	}
	return n, judged
}

// stays counts the presences that have no end.
func (row *roster) stays() (n int) {
	for i := range row.presences {
		if p := &row.presences[i]; !p.annulled && p.to == noTime {
			n++
		}
	}
	return n
}

// unused counts the documents on which no presence rests.
func (row *roster) unused() (n int) {
	for _, e := range row.evidence {
		used := slices.ContainsFunc(row.proofs.texts, func(named string) bool { return strings.Contains(named, e.SHA256) })
		if !used && e.Destroyed == nil {
			n++
		}
	}
	return n
}

// parked counts the letters that could not be sent, but for those of which nothing is
// left to say, or nobody to say it to.
func (l *Letters) parked() (n int) {
	parked, moot, gone := number(letterStates, domain.LetterIsParked), number(letterFaults, domain.FaultNotDue), number(letterFaults, domain.FaultForgotten)
	for i := range l.rows {
		if row := &l.rows[i]; row.state == parked && row.fault != moot && row.fault != gone {
			n++
		}
	}
	return n
}

// undecided counts the requests to join that wait for an answer.
func (n *Enti) undecided() (count int) {
	for i := range n.rows {
		for _, a := range n.rows[i].adesioni {
			if a.state == AdesioneOpen {
				count++
			}
		}
	}
	return count
}
