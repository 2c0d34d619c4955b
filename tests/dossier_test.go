package tests_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/dossier"
	"tavoli/adapters/keyring"
	"tavoli/adapters/ledger"
	"tavoli/adapters/memory"
	"tavoli/domain"
)

// TestAudit plays an audit with the real programs: a register, a checkpoint handed
// out, a correction, and then everything an auditor can be told that is not so.
func TestAudit(t *testing.T) {
	t.Parallel()
	data, shelf := t.TempDir(), t.TempDir()
	file := func(name string) string { return filepath.Join(shelf, name) }
	s := serve(t, data)
	presence := s.meeting()
	runs(t, "audit", "checkpoint", "--sign", "--out", file("kept"), "--data", data)
	key := strings.TrimSpace(runs(t, "audit", "key", "--data", data))
	before := strings.TrimSpace(s.head())
	s.must(http.MethodPost, "/tavoli/prova/presences/"+presence+"/annulment", "annul", `{"reason":"orario di un'altra persona"}`)
	s.must(http.MethodPost, "/tavoli/prova/presences", "again", `{"participant":"`+s.participant(0)+`","from":"2022-05-25T15:30","to":"2022-05-25T17:00","source":"statement"}`)
	runs(t, "audit", "dossier", "--data", data, "--out", file("now.zip"), "--disclosures", "tavolo", "--purpose", "controllo")
	runs(t, "audit", "dossier", "--data", data, "--out", file("then.zip"), "--position", before)
	s.stop()

	now := file("now.zip")
	verify(t, "log", now, "--key", key).is(t, "log", "")
	verify(t, "consistency", file("kept"), now, "--key", key).is(t, "consistency", "")
	verify(t, "disclosures", now, "--key", key).is(t, "disclosures", "")
	told := verify(t, "replay", now, "--key", key).is(t, "replay", "")
	if got := told.minutes("Prova Anna"); got != 90 {
		t.Errorf("after the correction Anna was there for %d minutes, want 90\n%s", got, told.text)
	}
	asThen := verify(t, "replay", file("then.zip"), "--key", key).is(t, "replay of then", "")
	if got := asThen.minutes(""); got != 120 {
		t.Errorf("before the correction she was there for %d minutes, want 120\n%s", got, asThen.text)
	}
	t.Run("export", func(t *testing.T) { exported(t, data, file("kept"), key) })
	t.Run("attacks", func(t *testing.T) { attackDossier(t, now, file("kept"), key, filepath.Join(data, "keys")) })
}

// exported checks what the register hands out beside dossiers: its log as static
// files, a proof, and a proof that two checkpoints agree.
func exported(t *testing.T, data, kept, key string) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	runs(t, "audit", "export", "--sign", "--out", file("log"), "--data", data)
	verify(t, "log", file("log"), "--key", key).is(t, "log of an export", "")
	verify(t, "replay", file("log"), "--key", key).is(t, "replay of an export", "")
	verify(t, "consistency", kept, file("log"), "--key", key).is(t, "consistency of an export", "")
	runs(t, "audit", "proof", "--stream", "presenze-prova", "--out", file("a.tlog-proof"), "--data", data)
	verify(t, "proof", file("a.tlog-proof"), "--entry", file("log"), "--key", key).is(t, "a proof", "")
	write(t, file("a.json"), runs(t, "audit", "proof", "--stream", "presenze-prova", "--json", "--data", data))
	verify(t, "proof", file("a.json"), "--key", key).is(t, "a proof as JSON", "")
	s := serve(t, data)
	from := strings.Split(string(read(t, kept)), "\n")[1]
	write(t, file("hashes"), s.must(http.MethodGet, "/audit/consistency?from="+from, "", ""))
	s.stop()
	verify(t, "consistency", kept, file("log/checkpoint"), "--proof", file("hashes"), "--key", key).is(t, "two checkpoints", "")
}

// minutes returns how long a person was there, as far as the facts tell.
func (v verdict) minutes(name string) int {
	for _, tavolo := range v.Tavoli {
		for _, r := range tavolo.Rows {
			if r.Name == name && r.Minutes != nil {
				return *r.Minutes
			}
		}
	}
	return -1
}

// meeting plays a tavolo of two hours, and returns the presence of who was first.
func (s *server) meeting() (presence string) {
	s.t.Helper()
	s.must(http.MethodPost, "/tavoli", "plan", `{"id":"prova","subject":"Prova","starts_at":"2022-05-25T15:00","ends_at":"2022-05-25T17:00","mode":"mixed"}`)
	s.must(http.MethodPost, "/tavoli/prova/attendance-rule", "rule", `{"percent":75,"basis":"avviso"}`)
	s.must(http.MethodPost, "/tavoli/prova/convocation", "convene", `{"sent_on":"2022-05-10"}`)
	for i, name := range []string{"Anna", "Ugo", "Ida"} {
		s.must(http.MethodPost, "/tavoli/prova/registrations", "register-"+name, fmt.Sprintf(`{"given_name":"%s","family_name":"Prova","function":"funzionaria","mode":"online"}`, name))
		if i == 2 {
			s.must(http.MethodPost, "/tavoli/prova/registrations/"+s.participant(2)+"/withdrawal", "withdraw", `{"reason":"impegni"}`)
		}
	}
	s.must(http.MethodPost, "/tavoli/prova/opening", "open", `{}`)
	made := s.must(http.MethodPost, "/tavoli/prova/presences", "came", `{"participant":"`+s.participant(0)+`","from":"2022-05-25T14:50","to":"2022-05-25T17:00","source":"platform"}`)
	s.must(http.MethodPost, "/tavoli/prova/closing", "close", `{}`)
	var p struct {
		Presence string `json:"presence"`
	}
	if err := json.Unmarshal([]byte(made), &p); err != nil || p.Presence == "" {
		s.t.Fatalf("%v in %s", err, made)
	}
	return p.Presence
}

// participant returns the nth who registered: Anna, Ugo, Ida.
func (s *server) participant(n int) string {
	s.t.Helper()
	var list struct {
		Items []struct {
			Participant string `json:"participant"`
			GivenName   string `json:"given_name"`
		} `json:"items"`
	}
	answer := s.must(http.MethodGet, "/tavoli/prova/roster?state=all&at_least="+s.head(), "", "")
	if err := json.Unmarshal([]byte(answer), &list); err != nil {
		s.t.Fatal(err)
	}
	for _, i := range list.Items {
		if i.GivenName == []string{"Anna", "Ugo", "Ida"}[n] {
			return i.Participant
		}
	}
	s.t.Fatalf("participant %d is not in %s", n, answer)
	return ""
}

// head returns the newest position there is.
func (s *server) head() string {
	s.t.Helper()
	var end struct {
		Position string `json:"position"`
	}
	lines := strings.Split(strings.TrimSpace(s.must(http.MethodGet, "/audit/events", "", "")), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &end); err != nil {
		s.t.Fatal(err)
	}
	return end.Position
}

// attackDossier changes a dossier as somebody would who wants another truth, keeping the
// list of files true. The last attack is of whoever holds the keys of the register.
func attackDossier(t *testing.T, path, kept, key, keys string) {
	honest := open(t, path)
	entries := honest.entries()
	find := func(what string) int {
		i := slices.IndexFunc(entries, func(e []byte) bool { return bytes.Contains(e, []byte(what)) })
		if i < 0 {
			t.Fatalf("no entry tells of %s", what)
		}
		return i
	}
	came, annulled := find(`"PresenceRecorded"`), find(`"PresenceAnnulled"`)
	for _, c := range []struct {
		name   string
		change func(list [][]byte) [][]byte
		failed string // of consistency; log fails without it
	}{
		{"one payload byte changed", func(l [][]byte) [][]byte {
			l[came] = bytes.Replace(l[came], []byte(`"from":"2022-05-25T12:50`), []byte(`"from":"2022-05-25T12:00`), 1)
			return l
		}, "consistency root tiles"},
		{"the last event removed", func(l [][]byte) [][]byte { return l[:len(l)-1] }, "root tiles"},
		{"the correction removed", func(l [][]byte) [][]byte { return slices.Delete(l, annulled, annulled+1) }, "root tiles"},
		{"two swapped", func(l [][]byte) [][]byte { l[came], l[came+1] = l[came+1], l[came]; return l }, "consistency root tiles"},
		{"a back-dated insert", func(l [][]byte) [][]byte { return slices.Insert(l, came, l[came]) }, "consistency root tiles"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := open(t, path)
			o.put(t, c.change(slices.Clone(entries)))
			file := o.pack(t)
			if v := verify(t, "log", file, "--key", key); v.code != 1 || !strings.Contains(v.failed, "root") {
				t.Errorf("log: exit %d, failed %q\n%s", v.code, v.failed, v.text)
			}
			if v := verify(t, "consistency", kept, file, "--key", key); !strings.HasSuffix(v.failed, c.failed) && v.failed != c.failed {
				t.Errorf("consistency: failed %q, want %q", v.failed, c.failed)
			}
		})
	}
	t.Run("everything rewritten and signed again", func(t *testing.T) {
		ring, err := keyring.Open(keys)
		if err != nil {
			t.Fatal(err)
		}
		defer ring.Close()
		forged := slices.Clone(entries)
		forged[came] = bytes.Replace(forged[came], []byte(`"from":"2022-05-25T12:50`), []byte(`"from":"2022-05-25T14:50`), 1)
		m := maker(t, freeze(nil, forged), memory.NewKeys(), ring.Secret)
		file := makeDossier(t, m, dossier.Request{Position: domain.Position(len(forged))})
		verify(t, "log", file, "--key", key).is(t, "log of the forgery", "")
		verify(t, "replay", file, "--key", key).is(t, "replay of the forgery", "")
		verify(t, "consistency", kept, file, "--key", key).is(t, "consistency of the forgery", "consistency")
	})
}

// TestDossiersAreReproducible makes the same dossier from the running server, from the
// data folder, and from another store with the same log.
func TestDossiersAreReproducible(t *testing.T) {
	t.Parallel()
	data, other, shelf := t.TempDir(), filepath.Join(t.TempDir(), "restored"), t.TempDir()
	file := func(name string) string { return filepath.Join(shelf, name) }
	s := serve(t, data)
	s.meeting()
	s.must(http.MethodPost, "/audit/keys/rotation", "rotate", `{"reason":"prova"}`)
	at := s.head()
	s.must(http.MethodPost, "/tavoli", "later", `{"id":"dopo","subject":"Dopo","day":"2023-05-25","mode":"online"}`)
	take := func(name, data string, more ...string) []byte {
		t.Helper()
		runs(t, append([]string{"audit", "dossier", "--data", data, "--position", at, "--out", file(name)}, more...)...)
		raw, err := os.ReadFile(file(name))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	for i, params := range [][]string{
		{"--disclosures", "all", "--purpose", "controllo"},
		{"--tavolo", "prova", "--entries", "scope", "--disclosures", "tavolo"},
		{"--quarter", "2022-Q2"},
	} {
		name := fmt.Sprintf("%d-", i)
		first := take(name+"a", data, params...)
		if again := take(name+"b", data, params...); !bytes.Equal(first, again) {
			t.Errorf("%v: not the same twice", params)
		}
	}
	runs(t, "backup", file("log"), "--keys", file("keys"), "--data", data)
	s.stop()
	runs(t, "restore", file("log"), "--keys", file("keys"), "--data", other)
	if err := os.MkdirAll(filepath.Join(other, "dossiers"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(other, "dossiers", "1234.part"), "what a crash left behind")
	for i, folder := range []string{data, other} {
		if again := take(fmt.Sprintf("again-%d", i), folder, "--disclosures", "all", "--purpose", "controllo"); !bytes.Equal(again, read(t, file("0-a"))) {
			t.Errorf("%s: not the same from another process", folder)
		}
	}
	for _, folder := range []string{data, other} {
		if left, err := filepath.Glob(filepath.Join(folder, "dossiers", "*")); err != nil || len(left) > 0 {
			t.Errorf("left behind are %v, %v", left, err)
		}
	}
	if r := run(t, "audit", "dossier", "--data", data, "--out", file("0-a")); r.code != 3 {
		t.Errorf("over another file: exit %d\n%s", r.code, r.errors)
	}
	if r := run(t, "audit", "dossier", "--data", data, "--tavolo", "nessuno", "--out", file("none")); r.code != 4 {
		t.Errorf("of no tavolo: exit %d\n%s", r.code, r.errors)
	}
	if _, err := os.Stat(file("none")); err == nil {
		t.Error("something half done is there")
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestDossierOfTheDemonstration compares the registers that the read models show of
// the whole programme with what the auditor's program makes of the facts.
func TestDossierOfTheDemonstration(t *testing.T) {
	t.Parallel()
	data, shelf := t.TempDir(), t.TempDir()
	runs(t, "import", "demo", "--data", data)
	for i, params := range [][]string{{"--disclosures", "all"}, {"--programma", "3031", "--entries", "scope", "--disclosures", "tavolo"}, {"--quarter", "2022-Q1", "--disclosures", "tavolo"}} {
		file := filepath.Join(shelf, fmt.Sprintf("%d.zip", i))
		runs(t, append([]string{"audit", "dossier", "--data", data, "--out", file}, params...)...)
		v := verify(t, "replay", file).is(t, fmt.Sprint(params), "")
		registers := 0
		for _, c := range v.Checks {
			if c.Name == "register" {
				registers++
			}
		}
		if want := []int{7, 7, 3}[i]; registers != want {
			t.Errorf("%v: %d registers were compared, want %d", params, registers, want)
		}
		if o := open(t, file); i == 2 && o["registers/coopera-6.csv"] != nil {
			t.Error("a tavolo of May is in the first quarter")
		}
	}
}

// TestRandomHistories holds what the auditor's program makes of random histories to
// what the read models show of them.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		d := newRandomDesk(t, seed)
		for range 200 {
			d.step()
		}
		head, err := d.store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m := maker(t, d.store, d.keys, d.secret)
		for _, at := range []domain.Position{head, head / 2} {
			file := makeDossier(t, m, dossier.Request{Position: at, Disclosures: domain.TavoloNames})
			verify(t, "replay", file).is(t, fmt.Sprintf("seed %d at %d", seed, at), "")
		}
	}
}

// A randomDesk does whatever comes to mind.
type randomDesk struct {
	t       *testing.T
	r       *rand.Rand
	now     time.Time
	store   *memory.Store
	keys    *memory.Keys
	exec    *domain.Executor
	persons []domain.PersonID
	came    []domain.PresenceID
	refused int
}

func newRandomDesk(t *testing.T, seed uint64) *randomDesk {
	t.Helper()
	d := &randomDesk{t: t, r: rand.New(rand.NewPCG(seed, 1)), now: time.Date(2022, 5, 1, 8, 0, 0, 0, time.UTC), keys: memory.NewKeys()}
	d.store = memory.New(func() time.Time { return d.now })
	d.exec = &domain.Executor{Store: d.store}
	vkey, err := ledger.Secret(d.secret).VKey(1)
	if err != nil {
		t.Fatal(err)
	}
	do[*domain.Registro](d, domain.IntroduceLedgerKey{Number: 1, VKey: vkey})
	do[*domain.Ente](d, domain.RegisterEnte{Kind: domain.Comune, Code: "A176", Official: "Alcamo", Province: "TP"})
	for _, id := range []domain.TavoloID{"a", "b"} {
		when := domain.When{Day: "2022-05-25"}
		if id == "a" {
			when = domain.When{StartsAt: "2022-05-25T15:00", EndsAt: "2022-05-25T17:00"}
		}
		two := 2
		do[*domain.Tavolo](d, &domain.PlanTavolo{Tavolo: id, Subject: "=Prova; «" + string(id) + "»", When: when, Mode: domain.Mixed, Seats: domain.Seats{InPresence: &two}})
		do[*domain.Tavolo](d, domain.SetAttendanceRule{Tavolo: id, Minutes: 30, Basis: "avviso"})
		do[*domain.Tavolo](d, domain.AnnounceTavolo{Tavolo: id, Title: "Tavolo"})
	}
	return d
}

// secret is the installation's.
func (d *randomDesk) secret(purpose string) [32]byte { return sha256.Sum256([]byte(purpose)) }

func do[S domain.State[T], T any](d *randomDesk, cmd domain.Command[S]) domain.Result {
	d.t.Helper()
	meta := domain.Meta{At: d.now, Actor: domain.ActorSystem, Command: uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, d.r.Uint64()))}
	res, err := domain.Execute(d.t.Context(), d.exec, cmd, meta)
	if err != nil {
		d.refused++ // most of what comes to mind makes no sense
	}
	return res
}

// clock returns a moment around the meeting, to the second.
func (d *randomDesk) clock() domain.Moment {
	at := time.Date(2022, 5, 25, 12, 30, 0, 0, time.UTC).Add(time.Duration(d.r.IntN(3*3600)) * time.Second)
	return domain.Moment(at.Format(time.RFC3339))
}

// step does one thing.
func (d *randomDesk) step() {
	d.now = d.now.Add(time.Duration(d.r.IntN(1000)) * time.Millisecond)
	tavolo := []domain.TavoloID{"a", "b"}[d.r.IntN(2)]
	var person domain.PersonID
	if len(d.persons) > 0 {
		person = d.persons[d.r.IntN(len(d.persons))]
	}
	mode := []domain.Mode{domain.InPresence, domain.Online}[d.r.IntN(2)]
	switch d.r.IntN(14) {
	case 0, 1, 2:
		d.register(tavolo, mode)
	case 3:
		do[*domain.Tavolo](d, domain.ConfirmRegistration{Tavolo: tavolo, Participant: person})
	case 4:
		do[*domain.Tavolo](d, domain.WithdrawParticipant{Tavolo: tavolo, Participant: person})
	case 5:
		do[*domain.Tavolo](d, domain.ChangeMode{Tavolo: tavolo, Participant: person, Mode: mode})
	case 6:
		d.substitute(tavolo, person)
	case 7, 8, 9:
		d.attend(tavolo, person, mode)
	case 10:
		d.judge(tavolo, person)
	case 11:
		d.correct(tavolo)
	case 12:
		three := d.r.IntN(4)
		do[*domain.Tavolo](d, domain.SetSeats{Tavolo: tavolo, InPresence: &three})
	case 13:
		d.move(tavolo)
	}
}

func (d *randomDesk) persona() *domain.Persona {
	meta := domain.Meta{At: d.now, Actor: domain.ActorSystem, Command: uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, d.r.Uint64()))}
	names := []string{"Ànna", `"Ugo"`, "=1+1", "O'Brien; <b>", "'Ida", "Øyvind & Co"}
	p, err := domain.Vault{Keys: d.keys, Log: d.store}.Introduce(d.t.Context(), meta, "x", domain.Values{
		GivenName: names[d.r.IntN(len(names))], FamilyName: names[d.r.IntN(len(names))], Function: []string{"", "-sindaco", "R&D <it>"}[d.r.IntN(3)],
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func (d *randomDesk) register(tavolo domain.TavoloID, mode domain.Mode) {
	cmd := &domain.RegisterParticipant{Tavolo: tavolo, Person: domain.Introduced(d.persona()), Mode: mode}
	if d.r.IntN(2) == 0 {
		cmd.Ente = &domain.EnteRef{Kind: domain.Comune, Code: "A176"}
	}
	for _, e := range do[*domain.Tavolo](d, cmd).Events {
		switch e := e.(type) {
		case domain.ParticipantRegistered:
			d.persons = append(d.persons, e.Participant)
		case domain.ParticipantWaitlisted:
			d.persons = append(d.persons, e.Participant)
		}
	}
}

func (d *randomDesk) substitute(tavolo domain.TavoloID, person domain.PersonID) {
	cmd := &domain.SubstituteDelegate{Tavolo: tavolo, Participant: person, Person: domain.Introduced(d.persona()), Reason: "malattia"}
	for _, e := range do[*domain.Tavolo](d, cmd).Events {
		if e, ok := e.(domain.DelegateSubstituted); ok {
			d.persons = append(d.persons, e.By)
		}
	}
}

func (d *randomDesk) attend(tavolo domain.TavoloID, person domain.PersonID, mode domain.Mode) {
	cmd := &domain.RecordPresence{Tavolo: tavolo, Participant: person, Mode: mode, From: d.clock(), Source: domain.FromDesk}
	if d.r.IntN(2) == 0 {
		cmd.To = d.clock()
	}
	for _, e := range do[*domain.Presenze](d, cmd).Events {
		if e, ok := e.(domain.PresenceRecorded); ok {
			d.came = append(d.came, e.Presence)
		}
	}
}

func (d *randomDesk) judge(tavolo domain.TavoloID, person domain.PersonID) {
	do[*domain.Presenze](d, &domain.ValidatePresence{Tavolo: tavolo, Participant: person})
	do[*domain.Tavolo](d, domain.RefuseRegistration{Tavolo: tavolo, Participant: person, Reason: "estranea"})
}

func (d *randomDesk) correct(tavolo domain.TavoloID) {
	if len(d.came) == 0 {
		return
	}
	presence := d.came[d.r.IntN(len(d.came))]
	if d.r.IntN(2) == 0 {
		do[*domain.Presenze](d, domain.AnnulPresence{Tavolo: tavolo, Presence: presence, Reason: "scambio"})
		return
	}
	do[*domain.Presenze](d, domain.EndPresence{Tavolo: tavolo, Presence: presence, To: d.clock()})
}

func (d *randomDesk) move(tavolo domain.TavoloID) {
	hours := domain.When{StartsAt: "2022-05-25T15:30", EndsAt: "2022-05-25T17:30"}
	if d.r.IntN(2) == 0 {
		hours = domain.When{StartsAt: "2022-05-25T14:45", EndsAt: "2022-05-25T16:00"}
	}
	do[*domain.Tavolo](d, domain.RescheduleTavolo{Tavolo: tavolo, When: hours, Reason: "sala"})
}
