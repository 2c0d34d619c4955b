package tests_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/bolt"
	"tavoli/adapters/keyring"
	"tavoli/domain"
)

// This file looks at what is left on the disk of a person who was forgotten.

// zebedeo gave these values, rectified once. Each is unlike anything else on the disk.
var zebedeo = []domain.Values{
	{GivenName: "Zebedèo", FamilyName: `Quàranta "Due"`, Email: "zebedeo.unico@esempio-raro.it", Phone: "+39 0917654321", Function: "Custode del faro <vecchio>"},
	{GivenName: "Zebedèo Aurelio", FamilyName: `Quàranta "Due"`, Email: "aurelio.unico@esempio-raro.it", Phone: "+39 0911234567", Function: "Guardiano del faro"},
}

const toForget = `{"reason":"richiesta","legal_basis":"art. 17 Reg. (UE) 2016/679"}`

// dutiful sets up a tavolo of a programme whose retention is over, and registers
// zebedeo and some others there.
func dutiful(s *server) domain.PersonID {
	s.t.Helper()
	s.must(http.MethodPost, "/programmi", "p", `{"programma":"3031","title":"COOPERA"}`)
	s.must(http.MethodPost, "/programmi/3031/retention", "r", `{"reference_year":2010,"years":5,"basis":"art. 140"}`)
	s.must(http.MethodPost, "/tavoli", "plan", `{"id":"prova","programma":"3031","subject":"Prova","day":"2022-05-25","mode":"online"}`)
	s.must(http.MethodPost, "/tavoli/prova/registrations-opening", "open", `{}`)
	for n := range 20 {
		s.must(http.MethodPost, "/tavoli/prova/registrations", fmt.Sprint("other", n), fmt.Sprintf(`{"given_name":"Anna","family_name":"Altra %d"}`, n))
	}
	raw, _ := json.Marshal(zebedeo[0])
	var made struct{ Participant uuid.UUID }
	if err := json.Unmarshal([]byte(s.must(http.MethodPost, "/tavoli/prova/registrations", "z", string(raw))), &made); err != nil {
		s.t.Fatal(err)
	}
	raw, _ = json.Marshal(zebedeo[1])
	s.must(http.MethodPost, "/people/"+made.Participant.String()+"/rectification", "z2", strings.Replace(string(raw), "{", `{"reason":"secondo nome",`, 1))
	s.must(http.MethodGet, "/people?q=zebedeo", "", "")
	return made.Participant
}

// ownAddress is where zebedeo alone joins a tavolo online.
const ownAddress = "https://example.org/stanza?chiave=solo-per-zebedeo"

// written lets letters be written to a person, one of which tells where that person alone
// joins, and returns the file in which it lies.
func written(s *server, data string, id domain.PersonID) string {
	s.t.Helper()
	day := time.Now().AddDate(0, 0, 20).Format(time.DateOnly)
	s.must(http.MethodPost, "/tavoli", "plan2", `{"id":"avvenire","subject":"Avvenire","day":"`+day+`","from":"15:00","to":"17:00","mode":"online"}`)
	s.must(http.MethodPost, "/tavoli/avvenire/registrations-opening", "open2", `{}`)
	s.must(http.MethodPost, "/tavoli/avvenire/registrations", "again", fmt.Sprintf(`{"person":%q}`, id))
	s.must(http.MethodPost, "/tavoli/avvenire/join-link", "own", fmt.Sprintf(`{"participant":%q,"url":%q}`, id, ownAddress))
	s.must(http.MethodPost, "/tavoli/avvenire/letters", "join", `{"kind":"join-link"}`)
	var page struct {
		Items []struct{ Delivery uuid.UUID }
	}
	eventually(s.t, "the letter lies in the outbox", func() bool {
		err := json.Unmarshal([]byte(s.must(http.MethodGet, "/letters?kind=join-link&state=sent", "", "")), &page)
		return err == nil && len(page.Items) == 1
	})
	return filepath.Join(data, "outbox", page.Items[0].Delivery.String()+".eml")
}

// TestForgottenLeavesNoTrace forgets a person and reads every byte of the data folder,
// while it is served and afterwards, and of a backup made before.
func TestForgottenLeavesNoTrace(t *testing.T) {
	t.Parallel()
	data, shelf := t.TempDir(), t.TempDir()
	s := serve(t, data)
	id := dutiful(s)
	letter := written(s, data, id)
	if export := s.must(http.MethodGet, "/people/"+id.String()+"/export", "", ""); !strings.Contains(export, `"kind":"join-link"`) || !strings.Contains(export, ownAddress) {
		t.Errorf("the export is %s", export)
	}
	s.stop() // with a snapshot
	v := victimOf(t, data, id)
	if len(found(t, letter, v.values)) == 0 {
		t.Error("the letter in the outbox does not name the person")
	}
	s = serve(t, data)
	backup := filepath.Join(shelf, "log")
	runs(t, "backup", backup, "--data", data)
	v.standControl(t, data, backup)
	before := s.told()
	if answer := s.must(http.MethodPost, "/people/"+id.String()+"/forgetting", "gone", toForget); !strings.Contains(answer, `"erased":true`) {
		t.Errorf("it is not erased: %s", answer)
	}
	v.gone(t, data)
	if places := found(t, shelf, append(v.values, v.keys...)); len(places) > 0 {
		t.Errorf("the backup holds %v", places)
	}
	if _, err := os.Stat(letter); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the letter lies in the outbox still: %v", err)
	}
	before.compare(t, s.told())
	for _, path := range []string{"/tavoli/prova/roster?contacts=true", "/tavoli/prova/roster?known_at=40", "/people?q=zebedeo", "/people/" + id.String(), "/audit/trail/tavolo-prova"} {
		if answer := s.must(http.MethodGet, path, "", ""); strings.Contains(answer, "Zebed") || strings.Contains(answer, "unico@") {
			t.Errorf("%s shows %s", path, answer)
		}
	}
	if roster := s.must(http.MethodGet, "/tavoli/prova/roster", "", ""); !strings.Contains(roster, "persona rimossa "+domain.ShortID(id)) {
		t.Errorf("the roster does not show whom it cannot name: %s", roster)
	}
	if report := s.must(http.MethodPost, "/admin/rebuild", "", ""); !strings.Contains(report, `"equal":true`) {
		t.Errorf("the read models differ from those made anew: %s", report)
	}
	live := runs(t, "replay", "--data", data)
	s.stop()
	v.gone(t, data)
	if again := runs(t, "replay", "--data", data); again != live {
		t.Errorf("the digests are\n%snot\n%s", again, live)
	}
	if out := runs(t, "check", "--data", data); !strings.Contains(out, "all is well") {
		t.Errorf("check says %s", out)
	}
	v.gone(t, data)
}

// standControl shows that what is looked for could be found: the test can fail.
func (v victim) standControl(t *testing.T, data, backup string) {
	t.Helper()
	if len(found(t, filepath.Join(data, "events.db"), v.sealed)) == 0 || len(found(t, backup, v.sealed)) == 0 {
		t.Error("the sealed values are not found where they lie")
	}
	if len(found(t, filepath.Join(data, "keys"), v.keys)) == 0 {
		t.Error("the keys are not found where they lie")
	}
	plain := filepath.Join(t.TempDir(), "plain")
	raw, err := json.Marshal(zebedeo)
	if err != nil {
		t.Fatal(err)
	}
	write(t, plain, string(raw)+base64.StdEncoding.EncodeToString(raw))
	if len(found(t, plain, v.values)) < 10 {
		t.Errorf("values are not found in the plain: %v", found(t, plain, v.values))
	}
}

// gone reads every byte of a data folder.
func (v victim) gone(t *testing.T, data string) {
	t.Helper()
	if places := found(t, data, append(append(v.values, v.sealed...), v.keys...)); len(places) > 0 {
		t.Errorf("left on the disk: %v", places)
	}
}

// A telling is what a register tells whatever becomes of names.
type telling struct{ facts, counts, statistics string }

// told asks for the facts there are and what they add up to.
func (s *server) told() telling {
	s.t.Helper()
	var roster struct{ Counts json.RawMessage }
	if err := json.Unmarshal([]byte(s.must(http.MethodGet, "/tavoli/prova/roster", "", "")), &roster); err != nil {
		s.t.Fatal(err)
	}
	var statistics struct{ Items, Totals json.RawMessage }
	if err := json.Unmarshal([]byte(s.must(http.MethodGet, "/statistics/tavoli", "", "")), &statistics); err != nil {
		s.t.Fatal(err)
	}
	facts := s.must(http.MethodGet, "/audit/events", "", "")
	facts = facts[:strings.LastIndex(strings.TrimSpace(facts), "\n")+1] // without the line that ends the feed
	return telling{facts, string(roster.Counts), string(statistics.Items) + string(statistics.Totals)}
}

// compare holds what is told now to what was told before.
func (before telling) compare(t *testing.T, now telling) {
	t.Helper()
	if !strings.HasPrefix(now.facts, before.facts) || len(before.facts) < 1000 {
		t.Error("the facts of before are not what they were")
	}
	if now.counts != before.counts || now.statistics != before.statistics {
		t.Errorf("the counts were %s %s and are %s %s", before.counts, before.statistics, now.counts, now.statistics)
	}
}

// erased waits until a server says that nothing is left to erase.
func (s *server) erased() {
	s.t.Helper()
	eventually(s.t, "everything is erased", func() bool { return strings.Contains(s.log.String(), "msg=erased") })
}

// TestDestroyedEvidence destroys a document while the register is served, and another
// of which only the fact was stored when the process ended: neither is on the disk.
func TestDestroyedEvidence(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	dutiful(s)
	var hashes []string
	for _, content := range []string{"firme di maggio", "firme di giugno"} {
		var made struct{ SHA256 string }
		if err := json.Unmarshal([]byte(s.upload("/tavoli/prova/evidence?kind=scan&title=Foglio", content)), &made); err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, made.SHA256)
	}
	marks := []trace{{"the first", []byte("firme di maggio")}, {"the second", []byte("firme di giugno")}}
	if places := found(t, data, marks); len(places) != 2 {
		t.Fatalf("the documents are at %v", places)
	}
	if answer := s.must(http.MethodPost, "/tavoli/prova/evidence/"+hashes[0]+"/destruction", "gone", toForget); !strings.Contains(answer, `"erased":true`) {
		t.Errorf("it says %s", answer)
	}
	if places := found(t, data, marks[:1]); len(places) > 0 {
		t.Errorf("the first is at %v", places)
	}
	s.stop()
	offline(t, data, func(store *bolt.Store, _ *keyring.Ring) {
		cmd := &domain.DestroyEvidence{Tavolo: "prova", SHA256: hashes[1], Reason: "fine", LegalBasis: "art. 5"}
		if _, err := domain.Execute[*domain.Presenze](t.Context(), &domain.Executor{Store: store}, cmd, domain.Meta{At: time.Now(), Actor: domain.ActorSystem, Command: uuid.New()}); err != nil {
			t.Fatal(err)
		}
	})
	s = serve(t, data)
	eventually(t, "the second is gone", func() bool { return len(found(t, data, marks)) == 0 })
	s.stop()
	if out := runs(t, "check", "--data", data); !strings.Contains(out, "all is well") {
		t.Errorf("check says %s", out)
	}
}

// upload sends a file.
func (s *server) upload(path, content string) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/api/v1"+path, strings.NewReader(content))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminToken)
	req.Header.Set("Content-Type", "application/pdf")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		s.t.Fatalf("%d %s %v", resp.StatusCode, raw, err)
	}
	return string(raw)
}

// TestForgettingWithoutAServer does on the command line, in a folder nobody serves, what
// the data-protection officer asks for once a year.
func TestForgettingWithoutAServer(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	id := dutiful(s).String()
	s.stop()
	v := victimOf(t, data, uuid.MustParse(id))
	on := func(args ...string) string { return runs(t, append(args, "--data", data)...) }
	if out := on("person", "export", id, "--purpose", "art. 15"); !strings.Contains(out, "aurelio.unico@") {
		t.Errorf("the export is %s", out)
	}
	if out := on("person", "export", id, "--html"); !strings.Contains(out, "<h1>Dati personali di Zebedèo Aurelio") {
		t.Errorf("the page is %s", out)
	}
	if out := on("retention"); !strings.Contains(out, "2015-12-31") || !strings.Contains(out, "in scadenza al") || strings.Contains(out, "Zebedèo") {
		t.Errorf("retention says %s", out)
	}
	hold := strings.TrimSpace(strings.TrimPrefix(on("retention", "hold", "3031", "--reason", "controllo"), "sospensione · hold: "))
	if r := run(t, "forget", "--person", id, "--reason", "fine", "--legal-basis", "art. 5", "--data", data); r.code != 3 || !strings.Contains(r.errors, "hold-stands") {
		t.Errorf("it ended with %d: %s", r.code, r.errors)
	}
	on("retention", "lift", "3031", hold, "--reason", "concluso")
	on("retention", "set", "3031", "--reference-year", "2011", "--years", "5", "--basis", "art. 140")
	if out := on("forget", "--person", id, "--reason", "fine", "--legal-basis", "art. 5"); !strings.Contains(out, "persona rimossa · person forgotten: "+domain.ShortID(v.id)+"\n") {
		t.Errorf("it says %q", out)
	}
	v.gone(t, data)
	if r := run(t, "forget", "--reason", "fine", "--data", data); r.code != 2 {
		t.Errorf("of nobody it ended with %d", r.code)
	}
}
