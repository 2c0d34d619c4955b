package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/google/uuid"
)

// A quartered is a command about the report of a quarter.
type quartered struct {
	quarter   string
	programma string
}

func bindQuarter(fs *flag.FlagSet) *quartered {
	q := &quartered{}
	fs.StringVar(&q.quarter, "quarter", "", "il `trimestre`, come 2022-Q2 · the quarter, as 2022-Q2")
	fs.StringVar(&q.programma, "programma", "", "il `programma`; vuoto: l'unico che c'è · the programme; empty: the only one there is")
	return q
}

// path returns where the report is, or that no quarter was named.
func (q *quartered) path(command, rest string) (string, error) {
	if !quarterForm.MatchString(q.quarter) {
		return "", usageError("tavoli %[1]s: serve --quarter, come 2022-Q2 · --quarter is required, as 2022-Q2, not %[2]q", command, q.quarter)
	}
	return "/reports/quarters/" + q.quarter + rest, nil
}

// query returns the programme as a parameter.
func (q *quartered) query() url.Values {
	v := make(url.Values)
	set(v, "programma", q.programma)
	return v
}

// reportFormats are the forms of a report, each with what is asked for by Accept.
var reportFormats = map[string]string{
	"json": "application/json", "csv": "text/csv", "html": "text/html", "pdf": "application/pdf",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// A quarterReporting is a report to be written.
type quarterReporting struct {
	*quartered
	target *target
	moment *moment
	asked  map[string]*string
	out    string
}

func quarterReportCommand() command {
	about := "la relazione di un trimestre, com'è o com'era · the report of a quarter, as it is or was"
	return command{"report", "", about, func(fs *flag.FlagSet) action {
		r := &quarterReporting{quartered: bindQuarter(fs), target: bindTarget(fs), moment: bindMoment(fs), asked: make(map[string]*string)}
		r.asked["format"] = fs.String("format", "pdf", "la `forma`: pdf, xlsx, csv, html, json · the form: pdf, xlsx, csv, html, json")
		r.asked["position"] = fs.String("position", "", "il registro com'era a questa `posizione`; vuoto: com'è · the register as it was at this position; empty: as it is")
		r.asked["table"] = fs.String("table", "", "con csv: soltanto una `tabella`, come operators · with csv: one table only, as operators")
		r.asked["purpose"] = fs.String("purpose", "", "il `motivo` per cui si guardano dati personali; resta agli atti · why personal values are looked at; it is recorded")
		fs.StringVar(&r.out, "out", "", "il `file` da scrivere, che non deve esserci; vuoto: l'uscita del comando · the file to write, which must not be there; empty: standard output")
		return r.run
	}}
}

func (r *quarterReporting) run(ctx context.Context, p *program, _ []string) error {
	path, err := r.path("report", "")
	if err != nil {
		return err
	}
	media, known := reportFormats[*r.asked["format"]]
	if !known {
		return usageError("tavoli report: --format è pdf, xlsx, csv, html o json · is one of these")
	}
	q := r.moment.query()
	set(q, "programma", r.programma)
	for name, value := range r.asked {
		set(q, name, *value)
	}
	return r.target.with(ctx, p, func(c *client) error {
		if r.out == "" {
			return copyAnswer(ctx, p, c, call{method: http.MethodGet, path: path, query: c.current(q), accept: media})
		}
		body, err := fetch(ctx, c, path, c.current(q), media)
		if err != nil {
			return err
		}
		return newFile(r.out, func(w io.Writer) error {
			_, err := w.Write(body)
			return err
		})
	})
}

// fetch returns the whole of an answer.
func fetch(ctx context.Context, c *client, path string, q url.Values, accept string) ([]byte, error) {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: path, query: q, accept: accept})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// A sentFile is a file of a transmission.
type sentFile struct{ Name, Format, Table, SHA256 string }

// A sentReport is what people are shown of a transmission.
type sentReport struct {
	Number                    int
	Quarter, Position, Digest string
	Files                     []sentFile
}

func reportTransmitCommand() command {
	about := "registra che la relazione di un trimestre è trasmessa · records that the report of a quarter is sent"
	return command{"report transmit", "", about, func(fs *flag.FlagSet) action {
		q, t := bindQuarter(fs), bindTelling(fs)
		position := fs.String("position", "", "il registro com'era a questa `posizione`; vuoto: com'è · the register as it was at this position; empty: as it is")
		reference := fs.String("reference", "", "il `protocollo` della trasmissione · the protocol under which it is sent")
		reason := fs.String("reason", "", "il `motivo` di un'ulteriore trasmissione · why it is sent once more")
		formats := fs.String("formats", "", "le `forme` dei file trasmessi, con virgole; vuoto: tutte · the forms of the files, with commas; empty: all")
		out := fs.String("out", "", "la `cartella` in cui scrivere i file trasmessi · the folder to write the files to")
		return func(ctx context.Context, p *program, _ []string) error {
			path, err := q.path("report transmit", "/transmissions")
			if err != nil {
				return err
			}
			body := map[string]any{"programma": q.programma, "position": *position, "reference": *reference, "reason": *reason}
			if list := words(*formats); len(list) > 0 {
				body["formats"] = list
			}
			return t.target.with(ctx, p, func(c *client) error { return q.transmit(ctx, p, c, t, path, body, *out) })
		}
	}}
}

// transmit sends the command and writes the files that were sent.
func (q *quartered) transmit(ctx context.Context, p *program, c *client, t *telling, path string, body map[string]any, out string) error {
	for name, value := range body {
		if value == "" {
			delete(body, name)
		}
	}
	key := t.key
	if key == "" {
		key = uuid.NewString()
	}
	raw, err := c.tell(ctx, http.MethodPost, path, key, body)
	if err != nil {
		return err
	}
	var answer struct{ Transmission sentReport }
	if err := json.Unmarshal(raw, &answer); err != nil {
		return err
	}
	if out != "" {
		if err := q.writeFiles(ctx, c, answer.Transmission, out); err != nil {
			return err
		}
	}
	if t.json {
		return p.printRaw(raw)
	}
	return printTransmission(p, answer.Transmission)
}

// writeFiles makes the files of a transmission anew and writes them: only what has
// the hash that was recorded.
func (q *quartered) writeFiles(ctx context.Context, c *client, t sentReport, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, f := range t.Files {
		v := q.query()
		set(v, "position", t.Position)
		set(v, "format", f.Format)
		set(v, "table", f.Table)
		body, err := fetch(ctx, c, "/reports/quarters/"+t.Quarter, v, reportFormats[f.Format])
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != f.SHA256 {
			return fmt.Errorf("%s: non ha l'impronta registrata · does not have the hash that was recorded", f.Name)
		}
		if err := newFile(filepath.Join(dir, filepath.Base(f.Name)), func(w io.Writer) error { _, err := w.Write(body); return err }); err != nil {
			return err
		}
	}
	return nil
}

func printTransmission(p *program, t sentReport) error {
	if err := p.printf("%s, trasmissione n. %d, posizione %s\nimpronta %s\n", t.Quarter, t.Number, t.Position, t.Digest); err != nil {
		return err
	}
	var rows [][]string
	for _, f := range t.Files {
		rows = append(rows, []string{f.Name, f.SHA256})
	}
	return p.printTable("file sha256", rows)
}

func reportReopenCommand() command {
	about := "riapre un trimestre già trasmesso · lets a quarter that was sent be sent once more"
	return command{"report reopen", "", about, func(fs *flag.FlagSet) action {
		q, t := bindQuarter(fs), bindTelling(fs)
		reason := fs.String("reason", "", "il `motivo` · why")
		return func(ctx context.Context, p *program, _ []string) error {
			path, err := q.path("report reopen", "/reopening")
			if err != nil {
				return err
			}
			return t.post(ctx, p, path, map[string]any{"programma": q.programma, "reason": *reason}, func(map[string]any) string {
				return "trimestre riaperto · quarter reopened: " + q.quarter
			})
		}
	}}
}

func reportTransmissionsCommand() command {
	about := "che cosa è stato trasmesso di un trimestre · what was sent of a quarter"
	return command{"report transmissions", "", about, func(fs *flag.FlagSet) action {
		q, t, m := bindQuarter(fs), bindTarget(fs), bindMoment(fs)
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, _ []string) error {
			path, err := q.path("report transmissions", "/transmissions")
			if err != nil {
				return err
			}
			v := m.query()
			set(v, "programma", q.programma)
			return t.with(ctx, p, func(c *client) error {
				raw, err := c.get(ctx, path, c.current(v))
				if err != nil || *asJSON {
					return orPrint(p, raw, err)
				}
				var list struct{ Items []sentReport }
				if err := json.Unmarshal(raw, &list); err != nil {
					return err
				}
				for _, sent := range list.Items {
					if err := printTransmission(p, sent); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}}
}
