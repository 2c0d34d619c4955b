package main

import (
	"archive/zip"
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// A story is entries of one tavolo, told one after the other.
type story struct {
	entries   [][]byte
	revisions map[string]int
}

func (s *story) tell(stream, kind, data string) {
	if s.revisions == nil {
		s.revisions = make(map[string]int)
	}
	s.entries = append(s.entries, fact(len(s.entries), stream, s.revisions[stream], kind, data))
	s.revisions[stream]++
}

func (s *story) tavolo(kind, data string)   { s.tell("tavolo-t", kind, `{"tavolo":"t",`+data+`}`) }
func (s *story) presenze(kind, data string) { s.tell("presenze-t", kind, `{"tavolo":"t",`+data+`}`) }

// secret is what the salts of the story follow from.
const saltOf = "0123456789abcdef0123456789abcdef"

func commitment(values string) string {
	mac := hmac.New(sha256.New, []byte(saltOf))
	mac.Write([]byte(values))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

const rossi = `{"family_name":"Rossi","given_name":"Anna"}`

// meetingOfTwo is a tavolo of two hours at which Anna Rossi was for 75 minutes.
func meetingOfTwo() *story {
	s := new(story)
	s.tavolo("TavoloPlanned", `"subject":"Accoglienza","schedule":{"day":"2022-05-25","starts_at":"2022-05-25T13:00:00Z","ends_at":"2022-05-25T15:00:00Z"},"mode":"mixed","seats":{}`)
	s.tavolo("TavoloConvened", `"sent_on":"2022-05-10","schedule":{"day":"2022-05-25"}`)
	s.tavolo("ParticipantRegistered", `"participant":"`+somebody+`","commitments":{"identity":"`+commitment(rossi)+`"},"ente":{"kind":"comune","code":"A176"},"capacity":"delegate","mode":"online"`)
	s.tavolo("ParticipantWaitlisted", `"participant":"`+another+`","capacity":"other","mode":"in-presence"`)
	s.tavolo("WaitlistPromoted", `"participant":"`+another+`","mode":"in-presence","cause":"more-seats"`)
	s.tavolo("ModeChanged", `"participant":"`+somebody+`","mode":"in-presence","was":"online"`)
	s.tavolo("ParticipantWithdrawn", `"participant":"`+another+`"`)
	s.tavolo("TavoloRescheduled", `"from":{"day":"2022-05-25"},"to":{"day":"2022-05-25","starts_at":"2022-05-25T13:30:00Z","ends_at":"2022-05-25T15:00:00Z"},"reason":"sala"`)
	stay := func(n int, from, to string) {
		s.presenze("PresenceRecorded", fmt.Sprintf(`"presence":"00000000-0000-5000-8000-%012d","participant":"%s","mode":"in-presence","from":"2022-05-25T%sZ","source":"desk"%s`, n, somebody, from, to))
	}
	s.presenze("EvidenceFiled", `"sha256":"`+sumOf(sheetOf)+`","size":10,"media_type":"text/plain","kind":"signature-sheet","title":"Foglio firme"`)
	stay(1, "13:00:00", `,"to":"2022-05-25T14:00:00Z"`) // 30 within the hours
	stay(2, "13:50:00", "")
	s.presenze("PresenceEnded", `"presence":"00000000-0000-5000-8000-000000000002","to":"2022-05-25T14:45:30Z"`) // 45 more
	stay(3, "13:00:00", `,"to":"2022-05-25T16:00:00Z"`)
	s.presenze("PresenceAnnulled", `"presence":"00000000-0000-5000-8000-000000000003","reason":"scambio"`)
	stay(4, "14:50:00", "")
	s.presenze("PresenceValidated", `"participant":"`+somebody+`","minutes":75,"required":60,"attended":true,"rule":{"minutes":60},"presences":[]`)
	return s
}

const (
	registerJSON = `{"tavolo":"t","rows":[` +
		`{"participant":"` + another + `","ente":null,"capacity":"other","mode":"in-presence","state":"withdrawn","presences":[],"minutes":null,"validated":null},` +
		`{"participant":"` + somebody + `","ente":{"kind":"comune","code":"A176"},"capacity":"delegate","mode":"in-presence","state":"registered","presences":[` +
		`{"from":"2022-05-25T13:00:00Z","to":"2022-05-25T14:00:00Z"},{"from":"2022-05-25T13:50:00Z","to":"2022-05-25T14:45:30Z"},{"from":"2022-05-25T14:50:00Z","to":null}],"minutes":75,"validated":true}]}`
	registerCSV = "\ufeff" + heads + "\r\n" +
		another + ";;;;;;;altro;in presenza;ritirato;;;\r\n" +
		somebody + ";Rossi;Anna;;comune;A176;Alcamo;delegato;in presenza;iscritto;2022-05-25T13:00:00Z/2022-05-25T14:00:00Z 2022-05-25T13:50:00Z/2022-05-25T14:45:30Z 2022-05-25T14:50:00Z/;75;sì\r\n"
)

// sheetOf is the document of the story.
const sheetOf = "firme: Anna"

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func disclosureLine(values string) string {
	return fmt.Sprintf(`{"index":2,"event":"00000002-0000-5000-8000-000000000000","person":"%s","group":"identity","pointer":"/commitments/identity","values":%s,"salt":"%s","commitment":"%s"}`+"\n",
		somebody, values, base64.StdEncoding.EncodeToString([]byte(saltOf)), commitment(rossi))
}

// told is the dossier of the story.
func told(t testing.TB, s signer, st *story, change func(f files)) string {
	t.Helper()
	f := dossier(t, s, st.entries)
	f["registers/t.json"], f["registers/t.csv"], f[disclosuresFile] = []byte(registerJSON), []byte(registerCSV), []byte(disclosureLine(rossi))
	f["evidence/"+sumOf(sheetOf)] = []byte(sheetOf)
	if change != nil {
		change(f)
	}
	f.list(t, len(st.entries), rootOf(t, st.entries), "all")
	return f.zip(t, zip.Store)
}

func TestReplay(t *testing.T) {
	s := newSigner(t, 1)
	path := told(t, s, meetingOfTwo(), nil)
	code, out := verify("replay", path, "--key", s.vkey)
	if code != exitOK {
		t.Fatalf("exit %d\n%s", code, out)
	}
	for _, want := range []string{"Accoglienza", "2 iscrizioni, 1 presenti, 75 minuti", "Rossi Anna", "75 min", "validata: sì", "Esito: tutto torna"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if code, out := verify("replay", path, "--tavolo", "t", "--lang", "en"); code != exitOK || !strings.Contains(out, "all is well") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if code, _ := verify("replay", path, "--tavolo", "x"); code != exitMismatch {
		t.Errorf("of another tavolo: exit %d", code)
	}
}

// TestRegistersThatSayOtherwise changes registers, and the list of files with them.
func TestRegistersThatSayOtherwise(t *testing.T) {
	s := newSigner(t, 1)
	swap := func(name, old, new string) func(files) {
		return func(f files) {
			changed := strings.Replace(string(f[name]), old, new, 1)
			if changed == string(f[name]) {
				t.Fatalf("%s does not hold %q", name, old)
			}
			f[name] = []byte(changed)
		}
	}
	for _, c := range []struct {
		name   string
		change func(f files)
		failed string
	}{
		{"nothing", func(files) {}, ""},
		{"a document", func(f files) { f["evidence/"+sumOf(sheetOf)] = []byte("firme: Ugo") }, "evidence"},
		{"a document nobody filed", func(f files) { f["evidence/"+sumOf("x")] = []byte("x") }, "filed"},
		{"minutes", swap("registers/t.json", `"minutes":75`, `"minutes":90`), "register"},
		{"minutes for people", swap("registers/t.csv", ";75;", ";90;"), "register"},
		{"state", swap("registers/t.json", "withdrawn", "registered"), "register"},
		{"mode", swap("registers/t.csv", "in presenza;iscritto", "online;iscritto"), "register"},
		{"capacity", swap("registers/t.csv", "delegato", "referente"), "register"},
		{"ente", swap("registers/t.csv", "A176", "G273"), "register"},
		{"an hour", swap("registers/t.csv", "T13:50", "T13:40"), "register"},
		{"validated", swap("registers/t.csv", ";sì\r", ";no\r"), "register"},
		{"somebody else", swap("registers/t.json", another, "00000000-0000-5000-8000-000000000001"), "register"},
		{"a name", swap("registers/t.csv", "Rossi", "Russo"), "register"},
		{"a name for somebody", swap("registers/t.csv", another+";", another+";Bianchi"), "register"},
		{"forgotten", swap("registers/t.csv", "Rossi;Anna", "persona rimossa P-FC0F;"), ""},
		{"the register removed", func(f files) { delete(f, "registers/t.csv"); delete(f, "registers/t.json") }, "register"},
		{"half of the register removed", func(f files) { delete(f, "registers/t.json") }, "register"},
		{"a row removed", swap("registers/t.csv", another+";;;;;;;altro;in presenza;ritirato;;;\r\n", ""), "register"},
		{"a disclosure of other values", func(f files) {
			f[disclosuresFile] = []byte(disclosureLine(`{"family_name":"Russo","given_name":"Anna"}`))
		}, "disclosures register"},
		{"a disclosure of nobody's", swap(disclosuresFile, `"index":2`, `"index":99`), "disclosures register"},
		{"a disclosure of another event", swap(disclosuresFile, "00000002-", "00000003-"), "disclosures register"},
		{"a disclosure of another person", swap(disclosuresFile, somebody, another), "disclosures register"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := told(t, s, meetingOfTwo(), c.change)
			if _, failed := checksOf(t, "replay", path, "--key", s.vkey); strings.Join(failed, " ") != c.failed {
				t.Errorf("failed %v, want %q", failed, c.failed)
			}
			want := strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(c.failed, "register"), "filed"))
			if _, failed := checksOf(t, "disclosures", path, "--key", s.vkey); strings.Join(failed, " ") != want {
				t.Errorf("disclosures: failed %v, want %q", failed, want)
			}
		})
	}
}

// TestWhichRegistersBelong tells by the facts alone which registers a dossier must hold.
func TestWhichRegistersBelong(t *testing.T) {
	m := &meeting{id: "t", planned: true, programma: "3031", schedule: schedule{Day: "2022-05-25"}}
	for _, c := range []struct {
		scope scope
		want  bool
	}{
		{scope{"tavolo", "t"}, true}, {scope{"tavolo", "u"}, false}, {scope{"programma", "3031"}, true}, {scope{"programma", "x"}, false},
		{scope{"quarter", "2022-Q2"}, true}, {scope{"quarter", "2022-Q1"}, false}, {scope{"quarter", "2021-Q2"}, false}, {scope{"registro", "tavoli"}, true},
	} {
		if got := c.scope.holds(m); got != c.want {
			t.Errorf("%v: %v, want %v", c.scope, got, c.want)
		}
	}
	for day, want := range map[string]string{"2022-01-01": "2022-Q1", "2022-03-31": "2022-Q1", "2022-04-01": "2022-Q2", "2022-12-31": "2022-Q4", "": "", "2022-x1-01": ""} {
		if got := quarterOf(day); got != want {
			t.Errorf("%s is in %q, want %q", day, got, want)
		}
	}
}

// TestGapsAndUnknownFacts shows that what cannot be followed is said.
func TestGapsAndUnknownFacts(t *testing.T) {
	s := newSigner(t, 1)
	gap := meetingOfTwo()
	gap.revisions["tavolo-t"]++
	gap.tavolo("TavoloOpened", `"x":1`)
	strange := meetingOfTwo()
	strange.tavolo("TavoloTurnedOver", `"x":1`)
	broken := meetingOfTwo()
	broken.entries = append(broken.entries, []byte(`{"stream":"tavolo-t"}`))
	for name, c := range map[string]struct {
		story  *story
		failed string
	}{"a gap": {gap, "streams"}, "an unknown fact": {strange, "understood"}, "no fact": {broken, "understood"}} {
		if _, failed := checksOf(t, "replay", told(t, s, c.story, nil), "--key", s.vkey); strings.Join(failed, " ") != c.failed {
			t.Errorf("%s: failed %v, want %q", name, failed, c.failed)
		}
	}
}

// TestEveryStoredFactIsUnderstood reads every version of every fact the register
// has ever stored about a tavolo: a new one must be given a meaning here, too.
func TestEveryStoredFactIsUnderstood(t *testing.T) {
	file, err := os.Open("../../domain/testdata/events.golden")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	x, n := newReenactment(), 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		parts := strings.SplitN(lines.Text(), " ", 3)
		var data map[string]json.RawMessage
		if err := json.Unmarshal([]byte(parts[2]), &data); err != nil {
			t.Fatal(err)
		}
		if data["tavolo"] == nil || strings.Contains(elsewhere, parts[0]) {
			continue
		}
		raw := strings.Replace(string(fact(n, "tavolo-t", n, parts[0], parts[2])), `"schema":1`, `"schema":`+parts[1], 1)
		if err := x.take(int64(n), []byte(raw)); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n < 30 || len(x.unknown) > 0 || len(x.broken) > 0 {
		t.Errorf("%d facts, unknown %v, broken %v", n, x.unknown, x.broken)
	}
}

// elsewhere are facts that name a tavolo but are of other streams.
const elsewhere = "LetterQueued JoinLinkSealed HoldPlaced HoldLifted DossierMade PersonalDataDisclosed RoleGranted AttestatoIssued AttestatoRevoked AttestatoReissued ReportTransmitted"

func TestEntry(t *testing.T) {
	good := string(fact(1, "tavolo-t", 0, "TavoloOpened", `{"tavolo":"t"}`))
	if e, err := readEntry([]byte(good)); err != nil || e.Type != "TavoloOpened" || e.Stream != "tavolo-t" || streamOf([]byte(good)) != e.Stream {
		t.Fatalf("%+v, %v", e, err)
	}
	for name, bad := range map[string]string{
		"nothing": "", "no object": "1", "two": good + good, "a space": " " + good, "data twice": strings.Replace(good, `"data":{`, `"data":{"a":1},"data":{`, 1),
		"another order": strings.Replace(good, `"schema":1,"stream":"tavolo-t"`, `"stream":"tavolo-t","schema":1`, 1), "something after": strings.TrimSuffix(good, "}") + `,"x":1}`,
		"no schema": strings.Replace(good, `"schema":1`, `"schema":0`, 1), "no data": strings.Replace(good, `{"tavolo":"t"}`, `1`, 1),
	} {
		if e, err := readEntry([]byte(bad)); err == nil {
			t.Errorf("%s: %q is read as %+v", name, bad, e)
		}
	}
}
