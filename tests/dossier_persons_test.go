package tests_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestDossiersAndPersons takes dossiers of a register before and after somebody was
// forgotten: names are shown where they were asked for, to nobody else, and no more
// once the person is gone.
func TestDossiersAndPersons(t *testing.T) {
	t.Parallel()
	data, shelf := t.TempDir(), t.TempDir()
	s := serve(t, data)
	s.must(http.MethodPost, "/tavoli", "plan", `{"id":"prova","subject":"Prova","starts_at":"2022-05-25T15:00","ends_at":"2022-05-25T17:00","mode":"online"}`)
	s.must(http.MethodPost, "/tavoli/prova/convocation", "convene", `{"sent_on":"2022-05-10"}`)
	s.must(http.MethodPost, "/tavoli/prova/registrations", "register", `{"given_name":"Anna","family_name":"Segretissima","email":"anna@riservata.example","function":"Dirigente riservata","mode":"online"}`)
	s.must(http.MethodPost, "/tavoli/prova/evidence?kind=statement&title=Dichiarazione", "file", `{"firma":"Anna la Segretissima"}`)
	anna := s.participant(0)
	s.must(http.MethodPost, "/tavoli/prova/presences", "came", `{"participant":"`+anna+`","from":"2022-05-25T15:00","to":"2022-05-25T16:00","source":"desk"}`)
	n := 0
	take := func(params ...string) string {
		t.Helper()
		n++
		file := filepath.Join(shelf, fmt.Sprintf("%d.zip", n))
		runs(t, append([]string{"audit", "dossier", "--data", data, "--out", file}, params...)...)
		verify(t, "replay", file).is(t, fmt.Sprint(params), "")
		return file
	}
	const name, function, address, document = "Segretissima", "Dirigente riservata", "riservata.example", "la Segretissima"
	shows := func(file string, want map[string]bool) {
		t.Helper()
		raw := read(t, file)
		for text, shown := range want {
			if bytes.Contains(raw, []byte(text)) != shown {
				t.Errorf("%s: that %q is shown is not %v", filepath.Base(file), text, shown)
			}
		}
	}
	shows(take(), map[string]bool{name: false, function: false, address: false, document: false})
	shows(take("--disclosures", "tavolo"), map[string]bool{name: true, function: true, address: false, document: true})
	shows(take("--tavolo", "prova", "--entries", "scope", "--disclosures", "all", "--purpose", "controllo"), map[string]bool{name: true, address: false, document: true})
	s.must(http.MethodPost, "/people/"+anna+"/rectification", "rectify", `{"given_name":"Anna","family_name":"Segretissima Verdi","function":"Dirigente","reason":"cognome incompleto"}`)
	rectified := open(t, take("--disclosures", "tavolo"))
	if csv := rectified["registers/prova.csv"]; !bytes.Contains(csv, []byte(";Segretissima Verdi;Anna;Dirigente;")) {
		t.Errorf("after the rectification the register says\n%s", csv)
	}
	if log := runs(t, "audit", "disclosures", "--person", anna, "--data", data); strings.Count(log, "tavolo-prova") < 2 || !strings.Contains(log, "controllo") {
		t.Errorf("the reading log does not tell who took the name away:\n%s", log)
	}
	runs(t, "forget", "--person", anna, "--reason", "richiesta", "--legal-basis", "art. 17 Reg. (UE) 2016/679", "--data", data)
	gone := take("--disclosures", "tavolo")
	shows(gone, map[string]bool{"persona rimossa P-": true, function: false, address: false})
	if o := open(t, gone); bytes.Contains(o["disclosures.jsonl"], []byte(name)) || bytes.Contains(o["registers/prova.csv"], []byte(name)) || !bytes.Contains(o["registers/prova.csv"], []byte(";60;")) {
		t.Errorf("after forgetting:\n%s\n%s", o["registers/prova.csv"], o["disclosures.jsonl"])
	}
	s.stop()
}

// TestDossierOfThoseWhoCameByThemselves takes a dossier with the names of persons whom
// nobody but themselves registered, and of those a request to join speaks of.
func TestDossierOfThoseWhoCameByThemselves(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	s.must(http.MethodPost, "/enti", "ente", `{"kind":"comune","code":"G273","name":"Palermo","province":"PA"}`)
	s.must(http.MethodPost, "/tavoli", "plan", `{"id":"prova","subject":"Prova","day":"2199-05-25","from":"15:00","to":"17:00","mode":"online"}`)
	s.must(http.MethodPost, "/tavoli/prova/convocation", "convene", `{}`)
	s.must(http.MethodPost, "/tavoli/prova/admission", "admission", `{"confirm_email":true}`)
	asked := s.must(http.MethodPost, "/tavoli/prova/requests", "request", `{"notice":"1","people":[{"family_name":"Confermata","email":"a@example.org"},{"family_name":"Pendente","email":"b@example.org"}]}`)
	var party struct {
		People []struct{ Participant string }
	}
	if err := json.Unmarshal([]byte(asked), &party); err != nil {
		t.Fatal(err)
	}
	var issued struct{ Code string }
	if err := json.Unmarshal([]byte(s.must(http.MethodPost, "/tavoli/prova/registrations/"+party.People[0].Participant+"/code", "code", "")), &issued); err != nil {
		t.Fatal(err)
	}
	s.must(http.MethodPost, "/tavoli/prova/my-registration/confirmation", "confirm", `{"code":"`+issued.Code+`"}`)
	s.must(http.MethodPost, "/adhesions", "join", `{"notice":"1","ente":{"kind":"comune","code":"G273"},"referenti":[{"family_name":"Prima","email":"c@example.org"},{"family_name":"Seconda","email":"d@example.org"}]}`)
	for _, names := range []string{"tavolo", "all"} {
		file := filepath.Join(t.TempDir(), "dossier.zip")
		runs(t, "audit", "dossier", "--data", data, "--out", file, "--disclosures", names, "--purpose", "controllo")
		verify(t, "replay", file).is(t, names, "")
		verify(t, "disclosures", file).is(t, names, "")
		files := open(t, file)
		for _, name := range []string{"Confermata", "Pendente", "Prima", "Seconda"} {
			if shown, want := bytes.Contains(files["disclosures.jsonl"], []byte(name)), names == "all" || len(name) > 7; shown != want {
				t.Errorf("%s: that %s is shown is not %v", names, name, want)
			}
		}
	}
}
