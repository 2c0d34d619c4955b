package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

// Transmitting is what may be said of a transmission beside the command.
type Transmitting struct {
	Position string   `json:"position,omitempty" doc:"the register as it was there; absent: as it is now"`
	Formats  []string `json:"formats,omitempty" doc:"the files that are sent: csv, xlsx, html, pdf, json; absent: all that can hold so many rows"`
}

// Transmitted is what a transmission is answered with.
type Transmitted struct {
	Written
	Transmission projections.Transmission `json:"transmission"`
}

// transmitReport makes the files of a report, and records their hashes: what was sent
// can be made again from the position, byte for byte, and is not kept itself.
func transmitReport() action {
	read := newForm(typeOf[domain.TransmitReport](), typeOf[Transmitting](), typeOf[Beside]())
	a := action{body: read.types}
	a.do = func(c *call) error {
		cmd, how := new(domain.TransmitReport), new(Transmitting)
		d := &doing{call: c, beside: new(Beside)}
		if err := d.read(read, cmd, how, d.beside); err != nil {
			return err
		}
		if again, err := d.again(); again {
			return err
		}
		if err := d.makeFiles(cmd, how); err != nil {
			return err
		}
		if err := execute(d, cmd); err != nil {
			return err
		}
		number, err := d.numberOf(cmd)
		if err != nil {
			return err
		}
		return d.finish(func() (any, string) {
			return Transmitted{d.written(), number}, apiPath + "/reports/quarters/" + string(cmd.Quarter) + "/transmissions/" + strconv.Itoa(number.Number)
		})
	}
	return making[Transmitted](a)
}

// makeFiles makes the report that is sent and its files.
func (d *doing) makeFiles(cmd *domain.TransmitReport, how *Transmitting) error {
	cmd.Quarter = domain.Quarter(d.vars["quarter"])
	forms, err := formsOf(how.Formats)
	if err != nil {
		return err
	}
	rq, err := d.transmitted(cmd, how)
	if err != nil {
		return err
	}
	r, err := d.report(rq)
	if err != nil {
		return err
	}
	if r.Parameters.Personal {
		d.tells(domain.Stream(string(r.Programma.Stream())+"/reports/"+string(r.Quarter)), domain.AsExport)
		d.purpose = "trasmissione della relazione"
		if err := d.disclose(); err != nil {
			return err
		}
	}
	cmd.Programma, cmd.Position, cmd.Parameters, cmd.Mapping, cmd.Digest = r.Programma, r.Position, r.Parameters, r.Operators.Mapping, r.Digest
	cmd.Files, err = d.files(r, forms, len(how.Formats) == 0)
	return err
}

// transmitted returns which report is sent.
func (d *doing) transmitted(cmd *domain.TransmitReport, how *Transmitting) (rq reportQuestion, err error) {
	rq = reportQuestion{programma: cmd.Programma, quarter: cmd.Quarter, personal: d.sees()}
	if how.Position != "" {
		at, err := strconv.ParseUint(how.Position, 10, 64)
		if err != nil || at == 0 {
			return rq, invalid("/position", "bad-position", "must be a position as an answer gave it")
		}
		rq.when.KnownPosition = domain.Position(at)
	}
	rq.atLeast, err = d.s.Store.Head(d.ctx)
	return rq, err
}

// formsOf returns the forms in which files are asked for.
func formsOf(names []string) (forms []fileForm, err error) {
	for _, f := range reportForms {
		if len(names) == 0 || slices.Contains(names, f.name) {
			forms = append(forms, f)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(reportForms, func(f fileForm) bool { return f.name == name }) {
			return nil, invalid("/formats", "not-allowed", "must be some of json, csv, xlsx, html, pdf")
		}
	}
	return forms, nil
}

// files makes the files of a report and returns their hashes. Beside the whole as CSV
// stands the table of persons alone, which is what other systems take in. Where no
// form was asked for, those are left out that cannot hold so many rows.
func (c *call) files(r projections.QuarterReport, forms []fileForm, lenient bool) (list []domain.ReportFile, err error) {
	paper := papers.Quarter(r)
	add := func(name, table string, f fileForm, body []byte) {
		sum := sha256.Sum256(body)
		list = append(list, domain.ReportFile{Name: name + "." + f.name, Format: f.name, Table: table, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(body))})
	}
	for _, f := range forms {
		if f == jsonForm {
			add(paper.Name, "", f, encode(r))
			continue
		}
		body, err := c.render(f, paper)
		if lenient && errors.Is(err, domain.ErrReportTooLarge) {
			continue
		}
		if err != nil {
			return nil, err
		}
		add(paper.Name, "", f, body)
		if f != csvForm {
			continue
		}
		alone, _ := paper.Only(papers.Operators)
		if body, err = c.render(f, alone); err != nil {
			return nil, err
		}
		add(alone.Name, papers.Operators, f, body)
	}
	return list, nil
}

// numberOf returns the transmission that was made, or was there already.
func (d *doing) numberOf(cmd *domain.TransmitReport) (projections.Transmission, error) {
	return ask(d.call, d.result.Position, func(m *projections.Models) (projections.Transmission, error) {
		list, err := m.Programmi.Transmissions(cmd.Programma, cmd.Quarter)
		if err != nil {
			return projections.Transmission{}, err
		}
		for _, t := range slices.Backward(list) {
			if t.Recorded.Position <= d.result.Position {
				return t, nil
			}
		}
		return projections.Transmission{}, domain.ErrNoTransmission
	})
}

func reopenQuarter() action {
	return command(func(d *doing, c *domain.ReopenQuarter) (err error) {
		c.Quarter = domain.Quarter(d.vars["quarter"])
		c.Programma, err = latest(d.call, func(m *projections.Models) (domain.ProgrammaID, error) { return only(m, c.Programma) })
		return err
	}, nothing)
}

// onLine is a fault on a line of a template: "line 3: {telegramma} stands for nothing there is".
var onLine = regexp.MustCompile(`^line ([0-9]+): (\{.*) stands for nothing`)

// inColumn returns the text of a field's fault in Italian, with the column of a
// mapping, or the line of a template, it is in.
func inColumn(english, italian string) string {
	if at := onLine.FindStringSubmatch(english); at != nil {
		return "riga " + at[1] + ": " + at[2] + " " + italian
	}
	if !strings.HasPrefix(english, "column ") {
		return italian
	}
	named, _, ok := strings.Cut(english, ": ")
	if !ok {
		return italian
	}
	return "colonna" + strings.TrimPrefix(named, "column") + ": " + italian
}
