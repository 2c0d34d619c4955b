package main

// These tests are about what no command shows by itself: how files are read, and
// that the papers name every command and flag.

import (
	"bytes"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
)

func TestReadLines(t *testing.T) {
	for _, c := range []struct{ name, file, fault string }{
		{"nothing", "", ""},
		{"comments and blank lines", "\ufeff# a\n\n  \n\t# b\n", ""},
		{"a line without an end", `{"key":"a","request":"POST /x"}`, ""},
		{"carriage returns", "{\"key\":\"a\",\"request\":\"POST /x\"}\r\n", ""},
		{"a reference", `{"key":"a.b","request":"POST /x"}` + "\n" + `{"key":"c","request":"POST /x/${a.b.id}/y","body":{"p":"${a.b.id}"}}`, ""},
		{"not JSON", "nonsense", "f:1: non è un oggetto JSON · is not a JSON object"},
		{"a list", "[]", "f:1: non è un oggetto JSON · is not a JSON object"},
		{"cut off", `{"key":"a"`, "f:1: non è il JSON atteso · is not JSON"},
		{"two objects", `{"key":"a","request":"POST /x"}{}`, "f:1: qualcosa segue l'oggetto · something follows the object"},
		{"an unknown field", `{"key":"a","request":"POST /x","bdoy":{}}`, `unknown field "bdoy"`},
		{"a field twice", `{"key":"a","key":"b","request":"POST /x"}`, "f:1: key: è indicato due volte · is given twice"},
		{"a wrong type", `{"key":1,"request":"POST /x"}`, "f:1: "},
		{"no key", `{"request":"POST /x"}`, "f:1: key: da 1 a 200"},
		{"a bad key", `{"key":"a b","request":"POST /x"}`, "f:1: key: da 1 a 200"},
		{"a key twice", `{"key":"a","request":"POST /x"}` + "\n\n" + `{"key":"a","request":"POST /x"}`, `f:3: key: "a" è già a f:1 · stands at f:1 already`},
		{"no request", `{"key":"a"}`, "f:1: request: servono metodo e percorso"},
		{"a question", `{"key":"a","request":"GET /x"}`, "f:1: request: servono metodo e percorso"},
		{"a query", `{"key":"a","request":"POST /x?y=z"}`, "f:1: request: servono metodo e percorso"},
		{"a body that is none", `{"key":"a","request":"POST /x","body":[1]}`, "f:1: body: deve essere un oggetto"},
		{"a bad time", `{"key":"a","request":"POST /x","effective_at":"25 maggio"}`, "f:1: effective_at: "},
		{"a time that does not exist", `{"key":"a","request":"POST /x","effective_at":"2022-03-27T02:30"}`, "the clocks went forward"},
		{"a reference to nothing", `{"key":"a","request":"POST /x/${b.id}"}`, `f:1: ${b.id}: nessuna riga precedente ha la chiave · no earlier line has the key "b"`},
		{"a reference to itself", `{"key":"a","request":"POST /x/${a.id}"}`, "no earlier line"},
		{"a reference without a field", `{"key":"a","request":"POST /x"}` + "\n" + `{"key":"b","request":"POST /x/${a}"}`, "no earlier line"},
		{"not UTF-8", "{\"key\":\"a\",\"request\":\"POST /\xff\"}", "f:1: non è UTF-8"},
		{"too long", `{"key":"` + strings.Repeat("a", maxLine) + `"}`, "f:1: la riga supera 1048576 byte · the line is longer"},
	} {
		t.Run(c.name, func(t *testing.T) { faulty(t, c.fault, c.file, readLines) })
	}
}

// faulty fails unless a file is read without a fault, or with the one that is meant.
func faulty(t *testing.T, want, file string, read func(string, io.Reader) ([]line, error)) {
	t.Helper()
	_, err := read("f", strings.NewReader(file))
	switch {
	case want == "" && err != nil:
		t.Errorf("got %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v, want %q", err, want)
	case want != "" && exitCode(err) != exitRefused:
		t.Errorf("it ends with %d, want %d", exitCode(err), exitRefused)
	}
}

func TestReadLinesTellsAllFaults(t *testing.T) {
	_, err := readLines("f", strings.NewReader(strings.Repeat("nonsense\n", 100)))
	if n := strings.Count(err.Error(), "f:"); n != maxFaults {
		t.Errorf("%d faults are told, want %d", n, maxFaults)
	}
}

func TestReadEnti(t *testing.T) {
	for _, c := range []struct{ name, file, fault string }{
		{"comuni as ISTAT has them", "codice_istat,denominazione,codice_belfiore,sigla,provincia_storica\n082053,Palermo,G273,PA,Palermo\n", ""},
		{"other bodies", "\ufeffkind;code;name;province\nassociazione;x-1;\"Uno; e due\";PA\n", ""},
		{"nothing", "", "f:1: non è una tabella"},
		{"no names", "kind,code\n", "f:1: servono una colonna"},
		{"an unknown column", "kind,code,name,colour\n", `f:1: colonna sconosciuta · unknown column "colour"`},
		{"a column twice", "kind,code,name,denominazione\n", "f:1: due colonne indicano · two columns mean name"},
		{"too few cells", "kind,code,name\ncomune,G273\n", "f:2: "},
		{"a bad code", "kind,code,name\n\ncomune,Palermo,Palermo\n", `f:3: kind, code: non indicano un ente · name no ente: "comune/Palermo"`},
		{"no name", "kind,code,name\ncomune,G273,\n", "f:2: name: è obbligatorio"},
		{"an ente twice", "kind,code,name\ncomune,G273,Palermo\ncomune,G273,Palermo\n", "f:3: l'ente è già a · the ente stands already at f:2"},
		{"not UTF-8", "kind,code,name\ncomune,G273,Forl\xec\n", "f:2: non è UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			faulty(t, c.fault, c.file, func(name string, r io.Reader) ([]line, error) { return readEnti(name, r, "") })
		})
	}
}

func TestTheProgrammeIsWellFormed(t *testing.T) {
	for name, read := range map[string]func() ([]line, error){"coopera": cooperaLines, "demo": demoLines} {
		lines, err := read()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		seen := make(map[string]bool)
		for _, l := range lines {
			for _, m := range reference.FindAllStringSubmatch(l.Request+string(l.Body), -1) {
				if key, _ := splitReference(m[1]); !seen[key] {
					t.Errorf("%s: %s: %s comes later", name, l.at, key)
				}
			}
			seen[l.Key] = true
		}
	}
}

func FuzzReadLines(f *testing.F) {
	f.Add(`{"key":"a","request":"POST /x","effective_at":"2022-05-25T15:00","body":{}}`)
	f.Add("# a\n{\"key\":\"a\",\"request\":\"POST /x\"}\n{\"key\":\"b\",\"request\":\"POST /${a.id}\",\"body\":{\"c\":\"${a.id}\"}}")
	f.Fuzz(func(t *testing.T, file string) {
		lines, err := readLines("f", strings.NewReader(file))
		if err != nil {
			return
		}
		for _, l := range lines {
			if l.at.number < 1 || l.at.number > strings.Count(file, "\n")+1 {
				t.Errorf("a line stands at %s", l.at)
			}
			if method, path := l.parts(); method == "" || !strings.HasPrefix(path, "/") {
				t.Errorf("a request is %q", l.Request)
			}
			if body := bytes.TrimSpace(l.body()); body[0] != '{' || body[len(body)-1] != '}' {
				t.Errorf("a body is %q", body)
			}
		}
	})
}

func FuzzReadEnti(f *testing.F) {
	f.Add("kind,code,name\ncomune,G273,Palermo\n")
	f.Add("codice_istat;denominazione;codice_belfiore;sigla\n082053;Palermo;G273;PA\n")
	f.Fuzz(func(t *testing.T, file string) {
		lines, err := readEnti("f", strings.NewReader(file), "")
		for _, l := range lines {
			if err == nil && (l.Request != "POST /enti" || len(l.Body) == 0) {
				t.Errorf("got %+v", l)
			}
		}
	})
}

// TestPapersNameEveryFlag compares docs/cli.md with the program.
func TestPapersNameEveryFlag(t *testing.T) {
	raw, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	paper := string(raw)
	for _, c := range commands() {
		if !strings.Contains(paper, "`tavoli "+strings.TrimSpace(c.name+" "+c.args)+"`") {
			t.Errorf("docs/cli.md does not explain tavoli %s %s", c.name, c.args)
		}
		fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
		c.bind(fs)
		fs.VisitAll(func(f *flag.Flag) {
			if !strings.Contains(paper, "`--"+f.Name+"`") {
				t.Errorf("docs/cli.md does not explain --%s of tavoli %s", f.Name, c.name)
			}
		})
	}
}
