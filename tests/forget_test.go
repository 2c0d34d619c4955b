package tests_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
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
	"unicode/utf16"

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

// A trace is bytes that must not be found, with what they are of.
type trace struct {
	what  string
	bytes []byte
}

// tracesOf returns a text in the forms in which it may lie somewhere.
func tracesOf(text string) []trace {
	plain, _ := json.Marshal(text)
	var wide []byte
	for _, c := range utf16.Encode([]rune(text)) {
		wide = binary.LittleEndian.AppendUint16(wide, c)
	}
	list := []trace{
		{text, []byte(text)}, {text + " in JSON", bytes.Trim(plain, `"`)}, {text + " in JSON, escaped", []byte(strings.Trim(fmt.Sprintf("%+q", text), `"`))},
		{text + " in UTF-16", wide}, {text + " folded", []byte(strings.ToLower(text))}, {text + " in hexadecimal", []byte(hex.EncodeToString([]byte(text)))},
	}
	return append(list, encoded(text, []byte(text))...)
}

// encoded returns bytes in base64, as they look at each of the three places at which
// they can begin.
func encoded(what string, raw []byte) (list []trace) {
	for skip := range 3 {
		if len(raw) < skip+9 {
			break
		}
		whole := raw[skip : skip+(len(raw)-skip)/3*3]
		list = append(list, trace{what + " in base64", []byte(base64.RawStdEncoding.EncodeToString(whole))}, trace{what + " in base64url", []byte(base64.RawURLEncoding.EncodeToString(whole))})
	}
	return list
}

// rawTraces returns bytes as they are, in hexadecimal and in base64.
func rawTraces(what string, raw []byte) []trace {
	return append([]trace{{what, raw}, {what + " in hexadecimal", []byte(hex.EncodeToString(raw))}}, encoded(what, raw)...)
}

// found returns which traces are where below a folder, or in a file.
func found(t *testing.T, root string, traces []trace) (places []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // gone while it was being served
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		for _, one := range traces {
			if bytes.Contains(content, one.bytes) {
				places = append(places, filepath.Base(name)+": "+one.what)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return places
}

// A victim is a person about to be forgotten, with everything that must be gone.
type victim struct {
	id     domain.PersonID
	values []trace // what the person said
	sealed []trace // how it lies in the log
	keys   []trace
}

// victimOf reads what is held of a person from a data folder that nobody serves.
func victimOf(t *testing.T, data string, id domain.PersonID) victim {
	t.Helper()
	v := victim{id: id}
	for _, values := range zebedeo {
		for _, text := range []string{values.GivenName, values.FamilyName, values.Email, values.Phone, values.Function} {
			v.values = append(v.values, tracesOf(text)...)
		}
	}
	offline(t, data, func(store *bolt.Store, ring *keyring.Ring) {
		for entry, err := range store.ReadStream(t.Context(), domain.PersonaStream(id), 0) {
			if err != nil {
				t.Fatal(err)
			}
			rec, err := entry.Record()
			if err != nil {
				t.Fatal(err)
			}
			d := rec.Event.(domain.PersonDescribed)
			key, err := ring.Key(d.Key)
			if err != nil {
				t.Fatal(err)
			}
			v.sealed = append(v.sealed, rawTraces("sealed values", d.Sealed)...)
			v.keys = append(append(v.keys, rawTraces("the key", key.Seal[:])...), rawTraces("the salt", key.Salt[:])...)
		}
	})
	if len(v.sealed) == 0 {
		t.Fatal("nothing is held of the person")
	}
	return v
}

// offline opens the log and the keys of a data folder.
func offline(t *testing.T, data string, do func(*bolt.Store, *keyring.Ring)) {
	t.Helper()
	ring, err := keyring.Open(filepath.Join(data, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	store, err := bolt.Open(data, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	do(store, ring)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := ring.Close(); err != nil {
		t.Fatal(err)
	}
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

// TestForgottenLeavesNoTrace forgets a person and reads every byte of the data folder,
// while it is served and afterwards, and of a backup made before.
func TestForgottenLeavesNoTrace(t *testing.T) {
	t.Parallel()
	data, shelf := t.TempDir(), t.TempDir()
	s := serve(t, data)
	id := dutiful(s)
	s.stop() // with a snapshot
	v := victimOf(t, data, id)
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

// TestWhatWasBegunIsFinished ends the forgetting between any two of its steps: the
// next start finishes it.
func TestWhatWasBegunIsFinished(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	id := dutiful(s)
	s.stop()
	v := victimOf(t, data, id)
	for name, steps := range map[string][]func(*testing.T, *bolt.Store, *keyring.Ring, *victim){
		"the fact alone":       {factStored},
		"and the key":          {factStored, keyDestroyed},
		"and the values":       {factStored, keyDestroyed, valuesRemoved},
		"the values, no key":   {factStored, valuesRemoved},
		"described meanwhile":  {factStored, keyDestroyed, describedAgain},
		"described, key alive": {factStored, describedAgain},
	} {
		t.Run(name, func(t *testing.T) {
			mine := t.TempDir()
			if err := os.CopyFS(mine, os.DirFS(data)); err != nil {
				t.Fatal(err)
			}
			v := v
			old, err := os.ReadFile(filepath.Join(mine, "snapshot"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(mine, "snapshot.new"), string(old[:len(old)/2])) // cut off while it was written
			offline(t, mine, func(store *bolt.Store, ring *keyring.Ring) {
				for _, step := range steps {
					step(t, store, ring, &v)
				}
			})
			s := serve(t, mine)
			s.erased()
			v.gone(t, mine)
			for _, left := range []string{"snapshot", "snapshot.new"} {
				if now, err := os.ReadFile(filepath.Join(mine, left)); err == nil && bytes.HasPrefix(old, now) {
					t.Errorf("%s is of before", left)
				}
			}
			if roster := s.must(http.MethodGet, "/tavoli/prova/roster", "", ""); !strings.Contains(roster, "persona rimossa "+domain.ShortID(id)) {
				t.Errorf("the roster shows %s", roster)
			}
			if report := s.must(http.MethodPost, "/admin/rebuild", "", ""); !strings.Contains(report, `"equal":true`) {
				t.Errorf("the read models differ from those made anew: %s", report)
			}
			s.stop()
			v.gone(t, mine)
		})
	}
}

func meta() domain.Meta {
	return domain.Meta{At: time.Now(), Actor: domain.ActorSystem, Command: uuid.New()}
}

func factStored(t *testing.T, store *bolt.Store, ring *keyring.Ring, v *victim) {
	keys, err := domain.Vault{Keys: ring, Log: store}.KeysOf(t.Context(), v.id)
	if err != nil {
		t.Fatal(err)
	}
	forget := &domain.ForgetPerson{Subject: v.id, Reason: "richiesta", LegalBasis: "art. 17"}
	forget.Find(domain.Ties{}, keys)
	if _, err := domain.Execute[*domain.Identita](t.Context(), &domain.Executor{Store: store}, forget, meta()); err != nil {
		t.Fatal(err)
	}
}

func keyDestroyed(t *testing.T, store *bolt.Store, ring *keyring.Ring, v *victim) {
	keys, err := domain.Vault{Keys: ring, Log: store}.KeysOf(t.Context(), v.id)
	if err == nil {
		err = ring.Destroy(t.Context(), keys...)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func valuesRemoved(t *testing.T, store *bolt.Store, _ *keyring.Ring, v *victim) {
	if err := store.Forget(t.Context(), domain.PersonaStream(v.id)); err != nil {
		t.Fatal(err)
	}
}

// describedAgain seals values of a forgotten person under another key, as a command
// might that was under way on another node.
func describedAgain(t *testing.T, store *bolt.Store, ring *keyring.Ring, v *victim) {
	id, key, err := ring.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rev := domain.NoStream
	for entry, err := range store.ReadStream(t.Context(), domain.PersonaStream(v.id), 0) {
		if err != nil {
			t.Fatal(err)
		}
		rec, err := entry.Record()
		if err != nil {
			t.Fatal(err)
		}
		rev = rec.Revision
	}
	sealed := []byte("sealed once more, whatever it says")
	event := domain.PersonDescribed{Person: v.id, Key: id, Sealed: sealed, Context: uuid.New()}
	data, schema, err := domain.Encode(event)
	if err != nil {
		t.Fatal(err)
	}
	draft := domain.Draft{ID: uuid.New(), Type: event.Name(), Schema: schema, EffectiveAt: time.Now(), Actor: domain.ActorSystem, Command: uuid.New(), Data: data}
	if _, err := store.Append(t.Context(), domain.Batch{Stream: domain.PersonaStream(v.id), After: rev, Events: []domain.Draft{draft}}); err != nil {
		t.Fatal(err)
	}
	v.sealed = append(v.sealed, rawTraces("sealed again", sealed)...)
	v.keys = append(append(v.keys, rawTraces("the other key", key.Seal[:])...), rawTraces("the other salt", key.Salt[:])...)
}

// TestACopyOfTheKeysIsNoWayBack puts back a copy of the keyring made before somebody
// was forgotten: the next start destroys the keys again.
func TestACopyOfTheKeysIsNoWayBack(t *testing.T) {
	t.Parallel()
	data, shelf := t.TempDir(), t.TempDir()
	s := serve(t, data)
	id := dutiful(s)
	log, keys := filepath.Join(shelf, "log"), filepath.Join(shelf, "keys")
	runs(t, "backup", log, "--keys", keys, "--data", data)
	s.stop()
	v := victimOf(t, data, id)
	s = serve(t, data)
	s.must(http.MethodPost, "/people/"+id.String()+"/forgetting", "gone", toForget)
	later := filepath.Join(shelf, "later")
	runs(t, "backup", later, "--data", data)
	s.stop()
	other := filepath.Join(t.TempDir(), "restored")
	runs(t, "restore", later, "--keys", keys, "--data", other)
	if len(found(t, other, v.keys)) == 0 {
		t.Error("the copy does not hold the key: the test shows nothing")
	}
	s = serve(t, other)
	s.erased()
	v.gone(t, other)
	s.stop()
	v.gone(t, other)
	if out := runs(t, "check", "--data", other); !strings.Contains(out, "all is well") {
		t.Errorf("check says %s", out)
	}
}

// killsWhileForgetting is how often the program is killed, each time a little later.
const killsWhileForgetting = 8

// TestKilledWhileForgetting kills the program at any moment while it forgets
// somebody: whoever was forgotten by then is gone after the next start.
func TestKilledWhileForgetting(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	dutiful(s)
	forgotten := 0
	for round := range killsWhileForgetting {
		raw, err := json.Marshal(zebedeo[0])
		if err != nil {
			t.Fatal(err)
		}
		var made struct{ Participant uuid.UUID }
		body := strings.Replace(string(raw), "{", `{"distinct":true,`, 1)
		if err := json.Unmarshal([]byte(s.must(http.MethodPost, "/tavoli/prova/registrations", fmt.Sprint("kill", round), body)), &made); err != nil {
			t.Fatal(err)
		}
		s.stop()
		v := victimOf(t, data, made.Participant)
		s = serve(t, data)
		answered := make(chan string, 1)
		go func() {
			_, answer, _ := s.ask(context.Background(), http.MethodPost, "/people/"+v.id.String()+"/forgetting", "forget", toForget)
			answered <- answer
		}()
		select {
		case answer := <-answered:
			answered <- answer
		case <-time.After(time.Duration(round*round) * 400 * time.Microsecond): // the moment is the point
		}
		s.kill()
		done := strings.Contains(<-answered, `"erased":true`)
		s = serve(t, data)
		if list := s.must(http.MethodGet, "/retention/forgotten?limit=1000", "", ""); strings.Contains(list, v.id.String()) {
			forgotten++
			eventually(t, "it is finished", func() bool { return len(found(t, data, append(v.sealed, v.keys...))) == 0 })
		} else if done {
			t.Errorf("round %d: it was said to be erased and is not", round)
		}
	}
	t.Logf("%d of %d were forgotten when the program was killed", forgotten, killsWhileForgetting)
	s.stop()
	if out := runs(t, "check", "--data", data); !strings.Contains(out, "all is well") {
		t.Errorf("check says %s", out)
	}
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
