package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	"tavoli/adapters/web"
)

// A rosterShown is what people are shown of a roster.
type rosterShown struct {
	Tavolo, Subject, Day, Weekday, State, Mode string
	StartsAt                                   string `json:"starts_at"`
	EndsAt                                     string `json:"ends_at"`
	HoursKnown                                 bool   `json:"hours_known"`
	Items                                      []rosterLine
}

type rosterLine struct {
	Name, Capacity, Mode, State, Attendance string
	PlaceInLine                             int  `json:"place_in_line"`
	Minutes                                 *int `json:"minutes"`
	Ente                                    *struct{ Name string }
	Validated                               *struct{ Attended, Outdated bool }
}

// printRoster shows a roster to people.
func printRoster(p *program, raw []byte) error {
	var r rosterShown
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	if err := p.printf("%s · %s\n%s · %s · %s\n\n", r.Tavolo, oneLine(r.Subject), r.when(), web.InItalian(r.Mode), web.InItalian(r.State)); err != nil {
		return err
	}
	var rows [][]string
	for _, line := range r.Items {
		rows = append(rows, line.cells())
	}
	if err := p.printTable("nome ente veste modalità stato presenza minuti validata", rows); err != nil {
		return err
	}
	return p.printf("\n%d\n", len(rows))
}

// when returns day and hours, as far as they are known.
func (r rosterShown) when() string {
	if !r.HoursKnown {
		return r.Weekday + " " + r.Day
	}
	return r.Weekday + " " + inItaly(r.StartsAt) + "-" + clockOf(r.EndsAt)
}

func (l rosterLine) cells() []string {
	ente, minutes, validated, state := "", "", "", web.InItalian(l.State)
	if l.Ente != nil {
		ente = l.Ente.Name
	}
	if l.Minutes != nil {
		minutes = strconv.Itoa(*l.Minutes)
	}
	switch v := l.Validated; {
	case v == nil:
	case v.Outdated:
		validated = "superata"
	default:
		validated = map[bool]string{true: "sì", false: "no"}[v.Attended]
	}
	if l.PlaceInLine > 0 {
		state += fmt.Sprintf(" %d°", l.PlaceInLine)
	}
	return []string{l.Name, ente, web.InItalian(l.Capacity), web.InItalian(l.Mode), state, web.InItalian(l.Attendance), minutes, validated}
}

// clockOf returns the hour of a moment in Italy.
func clockOf(text string) string {
	local := inItaly(text)
	if len(local) < 5 {
		return local
	}
	return local[len(local)-5:]
}
