package tests_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tavoli/domain"
)

var update = flag.Bool("update", false, "rewrite testdata/coopera/demo.jsonl")

const demoFile = "testdata/coopera/demo.jsonl"

const demoHead = `# Iscrizioni e presenze inventate per la dimostrazione. Nessuna di queste persone esiste.
# Invented registrations and presences for the demonstration. None of these people exists.
#
# Made by tests/coopera_demo_test.go (make golden); docs/import.md describes the format. It goes together with
# programme.jsonl, in the order in which the register would have learned of each line.
`

// TestDemoIsWhatItsGeneratorMakes keeps the demonstration and its generator together.
func TestDemoIsWhatItsGeneratorMakes(t *testing.T) {
	got := []byte(demoHead)
	for _, l := range invented(t) {
		line, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		got = append(append(got, line...), '\n')
	}
	if *update {
		if err := os.WriteFile(demoFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(demoFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the generator makes; run go test ./tests -run %s -update", demoFile, t.Name())
	}
}

// A demoLine is one line of the file.
type demoLine struct {
	Key       string         `json:"key"`
	Request   string         `json:"request"`
	Effective string         `json:"effective_at"`
	Known     string         `json:"known_at,omitempty"`
	Body      map[string]any `json:"body,omitempty"`
}

func (l demoLine) at() string { return max(l.Effective, l.Known) }

// A demoEnte is on whose behalf invented people come.
type demoEnte struct {
	Kind string `json:"kind"`
	Code string `json:"code"`
}

// A demoTavolo is how a tavolo of the programme is filled with invented people.
type demoTavolo struct {
	id       string
	rule     string // when the attendance rule is set: before the letter goes out
	opens    string // when the first registers
	day      string
	from, to string // the hours kept, invented where the documents have none
	hours    bool   // the documents have them
	people   int
	mixed    bool
}

var demoTavoli = []demoTavolo{
	{"webinar", "2021-12-01T10:00", "2021-12-01T13:00", "2021-12-07", "10:00", "13:00", true, 52, false},
	{"1", "2021-12-15T10:00", "2021-12-15T13:00", "2021-12-22", "10:00", "12:00", false, 36, false},
	{"2", "2022-01-24T10:00", "2022-01-24T13:00", "2022-01-31", "10:00", "12:00", false, 34, false},
	{"3", "2022-02-24T10:00", "2022-02-25T13:00", "2022-03-02", "15:00", "17:00", true, 44, false},
	{"4", "2022-03-14T10:00", "2022-03-15T13:00", "2022-03-24", "15:00", "17:00", true, 48, false},
	{"5", "2022-04-20T10:00", "2022-04-20T13:00", "2022-04-27", "10:00", "12:00", false, 32, false},
	{"6", "2022-04-20T11:00", "2022-04-28T09:00", "2022-05-25", "15:00", "17:00", true, 72, true},
}

// Seats of the mixed tavolo, and where they are raised.
const (
	roomSeats   = 24
	roomRaised  = 26
	onlineSeats = 60
)

// A demoPerson is invented.
type demoPerson struct {
	given, family string
	email         string
	ente          *demoEnte
	capacity      string
	known         string // the key of the first registration, once there is one
}

// An inventor writes the lines, always the same ones.
type inventor struct {
	*rand.Rand
	lines  []demoLine
	people []*demoPerson
}

func invented(t *testing.T) []demoLine {
	t.Helper()
	v := &inventor{Rand: rand.New(rand.NewPCG(3031, 2022))}
	v.open()
	v.populate(demoMembers(t), demoPartners(t))
	for _, tavolo := range demoTavoli {
		v.fill(tavolo)
	}
	v.appoint()
	v.correct()
	slices.SortStableFunc(v.lines, func(a, b demoLine) int { return strings.Compare(a.at(), b.at()) })
	return v.lines
}

// open says before all else that what follows is a demonstration. The register
// says so as long as it lives.
func (v *inventor) open() {
	v.add("opened", "/accounts", "2021-11-30T12:00", map[string]any{
		"account": string(domain.Demonstration), "label": "Dimostrazione: persone inventate, orologio simulato",
	})
}

// demoMembers reads the members of the coordinamento from the programme.
func demoMembers(t *testing.T) []demoEnte {
	t.Helper()
	var members []demoEnte
	for _, l := range demoProgramme(t) {
		if strings.HasSuffix(l.Request, "/adhesion") {
			part := strings.Split(l.Request, "/")
			members = append(members, demoEnte{part[2], part[3]})
		}
	}
	if len(members) != 26 {
		t.Fatalf("the programme has %d members, want 26", len(members))
	}
	return members
}

// demoPartners reads the partners of the programme.
func demoPartners(t *testing.T) []demoEnte {
	t.Helper()
	var partners []demoEnte
	for _, l := range demoProgramme(t) {
		if strings.HasSuffix(l.Request, "/partners") {
			ente, _ := l.Body["ente"].(map[string]any)
			partners = append(partners, demoEnte{ente["kind"].(string), ente["code"].(string)})
		}
	}
	if len(partners) != 10 {
		t.Fatalf("the programme has %d partners, want 10", len(partners))
	}
	return partners
}

// demoProgramme reads the programme.
func demoProgramme(t *testing.T) (lines []demoLine) {
	t.Helper()
	programme, err := os.ReadFile("testdata/coopera/programme.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(programme)) {
		if !strings.HasPrefix(text, "{") {
			continue
		}
		var l demoLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		lines = append(lines, l)
	}
	return lines
}

func (v *inventor) add(key, request, at string, body map[string]any) {
	v.addKnown(key, request, at, "", body)
}

func (v *inventor) addKnown(key, request, at, known string, body map[string]any) {
	v.lines = append(v.lines, demoLine{"demo-" + key, "POST " + request, at, known, body})
}

var (
	demoGiven  = []string{"Anna", "Mario", "Giulia", "Luca", "Sara", "Paolo", "Chiara", "Andrea", "Elena", "Marco", "Rosa", "Salvo", "Lucia", "Nino", "Carmela", "Vito"}
	demoFamily = []string{"Esempio", "Prova", "Finto", "Campione", "Inventato", "Dimostrativo"}
)

// populate invents enti gestori, their projects, and people: four for each member,
// two for each partner and each gestore, and some who come for nobody.
func (v *inventor) populate(members, partners []demoEnte) {
	for i := range members {
		for n := range 4 {
			capacity := "delegate"
			if n == 0 {
				capacity = "referente"
			}
			v.person(&members[i], capacity)
		}
	}
	for i := range partners {
		v.person(&partners[i], "delegate")
		v.person(&partners[i], "delegate")
	}
	for n := 1; n <= 6; n++ {
		gestore := demoEnte{"ente-gestore", fmt.Sprintf("esempio-%d", n)}
		v.gestore(gestore, members[n], n)
		v.person(&gestore, "ente-gestore")
		v.person(&gestore, "ente-gestore")
	}
	for range 8 {
		v.person(nil, "other")
	}
	v.Shuffle(len(v.people), func(i, j int) { v.people[i], v.people[j] = v.people[j], v.people[i] })
}

func (v *inventor) person(ente *demoEnte, capacity string) {
	n := len(v.people) + 1
	given, family := demoGiven[n%len(demoGiven)], demoFamily[n%len(demoFamily)]
	v.people = append(v.people, &demoPerson{
		given: given, family: fmt.Sprintf("%s %d", family, n),
		email: fmt.Sprintf("%s.%s.%d@example.org", strings.ToLower(given), strings.ToLower(family), n),
		ente:  ente, capacity: capacity,
	})
}

// gestore invents a body that runs a project for a member.
func (v *inventor) gestore(g, member demoEnte, n int) {
	project := fmt.Sprintf("Progetto SAI di prova %d", n)
	at := "/enti/" + member.Kind + "/" + member.Code
	v.add(g.Code, "/enti", "2021-12-01T00:30", map[string]any{"kind": g.Kind, "code": g.Code, "name": fmt.Sprintf("Cooperativa Sociale Esempio %d", n)})
	v.add(g.Code+"-project", at+"/sai-projects", "2021-12-01T00:40",
		map[string]any{"project": project, "category": []string{"ordinari", "minori", "dm-ds"}[n%3], "places": 10 + 5*n, "from": "2021-12-01"})
	v.add(g.Code+"-entrusted", at+"/gestori", "2021-12-01T00:50", map[string]any{"gestore": g, "project": project, "from": "2021-12-01"})
}

// clock returns day and hour as the file writes them, some minutes later.
func clock(day, hour string, minutes int) string {
	return clockAt(day+"T"+hour, minutes)
}

func clockAt(at string, minutes int) string {
	t, err := time.Parse("2006-01-02T15:04", at)
	if err != nil {
		panic(err)
	}
	return t.Add(time.Duration(minutes) * time.Minute).Format("2006-01-02T15:04")
}

// between returns the minutes from one moment to another.
func between(from, to string) int {
	a, _ := time.Parse("2006-01-02T15:04", from)
	b, _ := time.Parse("2006-01-02T15:04", to)
	return int(b.Sub(a) / time.Minute)
}

// A demoSeat is one registration for a tavolo.
type demoSeat struct {
	*demoPerson
	key  string
	mode string
	late bool // has to wait
	gone bool // withdrawn or refused
}

func (s demoSeat) participant() string { return "${demo-" + s.known + ".participant}" }

// fill lets people register for a tavolo, change their minds, and come.
func (v *inventor) fill(t demoTavolo) {
	v.rule(t)
	var seats []*demoSeat
	last := clock(t.day, "16:00", -24*60)
	step := between(t.opens, last) / t.people
	for i, n := range v.Perm(len(v.people))[:t.people] {
		seats = append(seats, v.register(t, v.people[n], i, clockAt(t.opens, i*step), seats))
	}
	for i, s := range seats {
		v.reconsider(t, s, i)
	}
	for i, s := range seats {
		if !s.gone && !s.late && v.IntN(100) < 86 {
			v.attend(t, s, i)
		}
	}
	v.add("guests-"+t.id, "/tavoli/coopera-"+t.id+"/guests", clock(t.day, t.from, 30),
		map[string]any{"mode": "online", "count": 3 + v.IntN(9), "source": "platform", "note": "collegati senza iscrizione"})
}

func (v *inventor) rule(t demoTavolo) {
	rule := map[string]any{"minutes": 60, "basis": "regola inventata per la dimostrazione"}
	if t.hours {
		rule = map[string]any{"percent": 70, "basis": "regola inventata per la dimostrazione"}
	}
	v.add("rule-"+t.id, "/tavoli/coopera-"+t.id+"/attendance-rule", t.rule, rule)
	if t.mixed {
		v.add("seats-"+t.id, "/tavoli/coopera-"+t.id+"/seats", clockAt(t.rule, 10), map[string]any{"in_presence": roomSeats, "online": onlineSeats})
		v.add("seats-raised-"+t.id, "/tavoli/coopera-"+t.id+"/seats", clock(t.day, "12:00", -3*24*60), map[string]any{"in_presence": roomRaised, "online": onlineSeats})
	}
}

// register lets a person register, by name the first time and as known afterwards.
func (v *inventor) register(t demoTavolo, p *demoPerson, i int, at string, before []*demoSeat) *demoSeat {
	s := &demoSeat{demoPerson: p, key: fmt.Sprintf("%s-%02d", t.id, i+1), mode: "online"}
	body := map[string]any{"capacity": p.capacity}
	if p.ente != nil {
		body["ente"] = *p.ente
	}
	if t.mixed {
		if v.IntN(100) < 45 {
			s.mode = "in-presence"
		}
		body["mode"] = s.mode
		s.late = s.mode == "in-presence" && inRoom(before) >= roomSeats
	}
	if p.known == "" {
		p.known = s.key
		body["given_name"], body["family_name"], body["email"] = p.given, p.family, p.email
		body["notice"] = "informativa-1"
	} else {
		body["participant"] = s.participant()
	}
	v.add(s.key, "/tavoli/coopera-"+t.id+"/registrations", at, body)
	return s
}

func inRoom(seats []*demoSeat) (n int) {
	for _, s := range seats {
		if s.mode == "in-presence" {
			n++
		}
	}
	return n
}

// reconsider is what happens to some registrations on the eve.
func (v *inventor) reconsider(t demoTavolo, s *demoSeat, i int) {
	at := clock(t.day, "17:00", -24*60+i)
	path := "/tavoli/coopera-" + t.id + "/registrations/" + s.participant()
	switch n := v.IntN(100); {
	case s.late && n < 30:
		v.add(s.key+"-mode", path+"/mode", at, map[string]any{"mode": "online"})
		s.late, s.mode = false, "online"
	case s.late:
	case n < 6:
		v.add(s.key+"-withdrawn", path+"/withdrawal", at, map[string]any{"reason": "impegno sopravvenuto"})
		s.gone = true
	case n == 7:
		v.add(s.key+"-refused", path+"/refusal", at, map[string]any{"reason": "iscrizione doppia"})
		s.gone = true
	case n < 30:
		v.add(s.key+"-confirmed", path+"/confirmation", at, nil)
	}
}

// attend records when a person was there: at the desk of the room as it happens,
// from the platform's report on the day after. Some leave early or come back.
func (v *inventor) attend(t demoTavolo, s *demoSeat, i int) {
	path := "/tavoli/coopera-" + t.id + "/presences"
	from := clock(t.day, t.from, v.IntN(20)-8)
	to := clock(t.day, t.to, v.IntN(16)-10)
	nextDay := clock(t.day, "09:00", 24*60+i)
	switch {
	case s.mode == "in-presence":
		v.add(s.key+"-in", path, from, map[string]any{"participant": s.participant(), "mode": s.mode, "from": from, "source": "desk"})
		v.add(s.key+"-out", path+"/${demo-"+s.key+"-in.presence}/end", to, map[string]any{"to": to})
	case i%11 == 5: // two spans
		v.platform(path, s, "-a", from, clock(t.day, t.from, 40), nextDay)
		v.platform(path, s, "-b", clock(t.day, t.from, 65), to, nextDay)
	case i%9 == 4: // too short
		v.platform(path, s, "-a", from, clock(t.day, t.from, 35), nextDay)
	default:
		v.platform(path, s, "-a", from, to, nextDay)
	}
	v.add(s.key+"-validated", "/tavoli/coopera-"+t.id+"/presences/validation", clock(t.day, "10:00", 7*24*60+i), map[string]any{"participant": s.participant()})
}

func (v *inventor) platform(path string, s *demoSeat, span, from, to, known string) {
	v.addKnown(s.key+span, path, to, known, map[string]any{"participant": s.participant(), "mode": s.mode, "from": from, "to": to, "source": "platform"})
}

// appoint names the referente of each member, after the members were made known.
func (v *inventor) appoint() {
	n := 0
	for _, p := range v.people {
		if p.capacity != "referente" || p.known == "" {
			continue
		}
		n++
		at := max(clock("2022-02-26", "09:00", n), v.when(p.known))
		v.add("referente-"+strings.ToLower(p.ente.Kind+"-"+p.ente.Code), "/enti/"+p.ente.Kind+"/"+p.ente.Code+"/referenti",
			at, map[string]any{"person": "${demo-" + p.known + ".participant}"})
	}
}

func (v *inventor) when(key string) string {
	i := slices.IndexFunc(v.lines, func(l demoLine) bool { return l.Key == "demo-"+key })
	return clockAt(v.lines[i].at(), 5)
}

// correct annuls some presences of the 6° tavolo: found wrong on 4 July 2022, and
// wrong from the first.
func (v *inventor) correct() {
	n := 0
	for _, l := range slices.Clone(v.lines) {
		if n == 3 || !strings.HasPrefix(l.Key, "demo-6-") || !strings.HasSuffix(l.Key, "-a") {
			continue
		}
		n++
		key := strings.TrimPrefix(l.Key, "demo-")
		v.addKnown(key+"-annulled", "/tavoli/coopera-6/presences/${"+l.Key+".presence}/annulment", l.Effective,
			clock("2022-07-04", "10:00", n), map[string]any{"reason": "il rapporto della piattaforma attribuiva il collegamento alla persona sbagliata"})
	}
}
