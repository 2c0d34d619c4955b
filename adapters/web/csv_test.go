package web_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// readSheet reads back what the CSV of a roster says, by the rule of docs/api.md.
func readSheet(t testing.TB, text string) (rows [][]string) {
	t.Helper()
	text, marked := strings.CutPrefix(text, "\ufeff")
	if !marked || !strings.HasSuffix(text, "\r\n") {
		t.Fatalf("no byte order mark, or no line break at the end: %q", text)
	}
	var row []string
	for text != "" {
		var cell, sep string
		cell, sep, text = readCell(t, text)
		if strings.HasPrefix(cell, "'") {
			cell = cell[1:]
		} else if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
			t.Fatalf("%q would be taken for a formula", cell)
		}
		if row = append(row, cell); sep == "\r\n" {
			rows, row = append(rows, row), nil
		}
	}
	return rows
}

// readCell takes one cell and what ends it off a text.
func readCell(t testing.TB, text string) (cell, sep, rest string) {
	t.Helper()
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		for {
			part, after, ok := strings.Cut(quoted, `"`)
			if !ok {
				t.Fatalf("a quote is not closed: %q", text)
			}
			cell += part
			if quoted, ok = strings.CutPrefix(after, `"`); !ok {
				text = after
				break
			}
			cell += `"`
		}
	} else {
		end := strings.IndexAny(text, ";\r")
		cell, text = text[:end], text[end:]
	}
	for _, sep := range []string{";", "\r\n"} {
		if rest, ok := strings.CutPrefix(text, sep); ok {
			return cell, sep, rest
		}
	}
	t.Fatalf("neither a cell nor a line ends at %q", text)
	return "", "", ""
}

func TestRosterAsCSV(t *testing.T) {
	r := newRegister(t)
	r.post("/enti", `{"kind":"comune","code":"G273","name":"Palermo; \"Città\"","province":"PA"}`)
	r.convened("t", `,"seats":{"online":1}`)
	r.post("/tavoli/t/registrations", `{"given_name":"=HYPERLINK(1)","family_name":"D'Angelò","email":"a@example.org","ente":{"kind":"comune","code":"G273"}}`)
	r.post("/tavoli/t/registrations", `{"given_name":"'Nino","family_name":"Zero"}`)
	a := r.get("/tavoli/t/roster?format=csv&contacts=true")
	if media := a.Header.Get("Content-Type"); !strings.HasPrefix(media, "text/csv; charset=utf-8") {
		t.Errorf("got %q", media)
	}
	rows := readSheet(t, string(a.Body))
	if len(rows) != 3 || rows[0][0] != "cognome" || rows[0][9] != "stato" {
		t.Fatalf("got %q", rows)
	}
	want := []string{"D'Angelò", "=HYPERLINK(1)", "", `Palermo; "Città"`, "comune", "G273", "PA", "delegato", "online", "iscritto"}
	if got := fmt.Sprintf("%q", rows[1][:10]); got != fmt.Sprintf("%q", want) {
		t.Errorf("got %s, want %q", got, want)
	}
	if rows[1][15] != "a@example.org" || rows[2][1] != "'Nino" || rows[2][9] != "in attesa" || rows[2][10] != "1" {
		t.Errorf("got %q", rows)
	}
}

func TestFormsOfARoster(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	for accept, want := range map[string]string{
		"": "application/json", "*/*": "application/json", "application/*": "application/json", "text/html, */*;q=0.1": "application/json",
		"text/csv": "text/csv", "text/csv, */*;q=0.1": "text/csv", "application/xml": "application/problem+json",
	} {
		if got := r.get("/tavoli/t/roster", header("Accept", accept)).Header.Get("Content-Type"); !strings.HasPrefix(got, want) {
			t.Errorf("%q: got %q, want %q", accept, got, want)
		}
	}
	r.get("/tavoli/t/roster?format=docx").is(406, "not-acceptable")
}

func TestCSVHoldsEveryLine(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	for i := range 1100 {
		r.post("/tavoli/t/registrations", fmt.Sprintf(`{"family_name":"Invitato %d"}`, i))
	}
	if rows := readSheet(t, string(r.get("/tavoli/t/roster", header("Accept", "text/csv")).Body)); len(rows) != 1101 {
		t.Errorf("got %d rows", len(rows))
	}
	names := make(map[string]bool)
	for path := "/tavoli/t/roster?limit=300"; ; {
		a := r.get(path)
		var page struct {
			Items []struct {
				Name string `json:"name"`
			} `json:"items"`
			NextCursor string `json:"next_cursor"`
		}
		if err := json.Unmarshal(a.Body, &page); err != nil {
			t.Fatal(err)
		}
		for _, l := range page.Items {
			names[l.Name] = true
		}
		if page.NextCursor == "" {
			break
		}
		path = "/tavoli/t/roster?limit=300&cursor=" + page.NextCursor
	}
	if len(names) != 1100 {
		t.Errorf("paging shows %d persons", len(names))
	}
}

// FuzzCSV registers anybody and reads the name back out of the CSV.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"=1+1", "'", "''x", "+39", "-x", "@x", `a"b;c`, "\u00a0x", "è", "a\u202eb", `"`, ";", "=\"x\""} {
		f.Add(seed, seed)
	}
	r := newRegister(f)
	n := 0
	f.Fuzz(func(t *testing.T, given, family string) {
		for _, s := range []string{given, family} {
			if !utf8.ValidString(s) || len(s) > 150 || strings.TrimSpace(s) == "" || strings.ContainsFunc(s, unicode.IsControl) {
				t.Skip("no name")
			}
		}
		n++
		r.t = t
		id := fmt.Sprintf("t-%d", n)
		r.convened(id, "")
		body, err := json.Marshal(map[string]string{"given_name": given, "family_name": family})
		if err != nil {
			t.Fatal(err)
		}
		if a := r.ask("POST", "/tavoli/"+id+"/registrations", string(body)); a.Status != 201 {
			return // refused names are no concern of the CSV
		}
		row := readSheet(t, string(r.get("/tavoli/"+id+"/roster?format=csv").Body))[1]
		if row[0] != strings.TrimSpace(family) || row[1] != strings.TrimSpace(given) {
			t.Errorf("wrote %q %q, read %q %q", family, given, row[0], row[1])
		}
	})
}
