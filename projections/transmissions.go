package projections

import (
	"fmt"
	"slices"

	"tavoli/domain"
)

// reports is what is held of the reports of a programme: how they are laid out, and
// what was sent.
type reports struct {
	mapping *mapping // nil: the built-in one
	sent    []Transmission
}

type mapping struct {
	set domain.ReportMappingSet
	Trace
}

// A Transmission is a report of a quarter that was sent.
type Transmission struct {
	Number     int                     `json:"number"`
	Quarter    domain.Quarter          `json:"quarter"`
	Position   domain.Position         `json:"position,string"` // of the register, as it was reported
	Parameters domain.ReportParameters `json:"parameters"`
	Mapping    domain.Position         `json:"mapping,string"` // where the mapping was set; 0: the built-in one
	Digest     string                  `json:"digest"`
	Files      []domain.ReportFile     `json:"files"`
	Reference  string                  `json:"reference,omitempty"`
	Reason     string                  `json:"reason,omitempty"`
	Recorded   Trace                   `json:"recorded"`
	Reopened   *Reopening              `json:"reopened,omitempty"` // it is no longer the last word
}

// A Reopening is the decision that a quarter is to be sent once more.
type Reopening struct {
	Reason string `json:"reason"`
	Trace
}

func (r *reports) mapped(e domain.ReportMappingSet, rec *domain.Record) {
	if r.mapping = nil; len(e.Columns) > 0 || e.Rows != domain.RowsPresent {
		r.mapping = &mapping{e, trace(rec)}
	}
}

func (r *reports) transmitted(e domain.ReportTransmitted, rec *domain.Record) {
	r.sent = append(r.sent, Transmission{
		Number: e.Number, Quarter: e.Quarter, Position: e.Position, Parameters: e.Parameters, Mapping: e.Mapping, Digest: e.Digest,
		Files: slices.Clone(e.Files), Reference: e.Reference, Reason: e.Reason, Recorded: trace(rec),
	})
}

func (r *reports) reopened(e domain.QuarterReopened, rec *domain.Record) {
	for i := range r.sent {
		if t := &r.sent[i]; t.Quarter == e.Quarter && t.Number == e.Transmission {
			t.Reopened = &Reopening{e.Reason, trace(rec)}
		}
	}
}

// A ReportMapping is how the table of persons of a programme's reports is laid out.
type ReportMapping struct {
	Programma domain.ProgrammaID    `json:"programma"`
	Title     string                `json:"title,omitempty"`
	BuiltIn   bool                  `json:"built_in,omitempty"` // no columns were set
	Position  domain.Position       `json:"position,string"`    // where it was set; 0: it was not
	Rows      domain.ReportRows     `json:"rows"`
	Columns   []domain.ReportColumn `json:"columns"`
	Revision  domain.Revision       `json:"revision"` // of the programme
}

// mapping returns the mapping that stands.
func (row *programma) mapping() ReportMapping {
	built := domain.BuiltInMapping()
	a := ReportMapping{Programma: row.id, BuiltIn: true, Rows: built.Rows, Columns: built.Columns, Revision: row.revision}
	if m := row.reports.mapping; m != nil {
		a.Title, a.Position, a.Rows = m.set.Title, m.Position, m.set.Rows
		if len(m.set.Columns) > 0 {
			a.BuiltIn, a.Columns = false, slices.Clone(m.set.Columns)
		}
	}
	return a
}

// Mapping answers how the table of persons of a programme's reports is laid out.
func (p *Programmi) Mapping(id domain.ProgrammaID) (ReportMapping, error) {
	row, ok := p.by[id]
	if !ok || !row.opened {
		return ReportMapping{}, domain.ErrNoProgramma
	}
	return row.mapping(), nil
}

// Transmissions answers what was sent of a quarter of a programme, oldest first;
// without a quarter, of all.
func (p *Programmi) Transmissions(id domain.ProgrammaID, quarter domain.Quarter) ([]Transmission, error) {
	row, ok := p.by[id]
	if !ok || !row.opened {
		return nil, domain.ErrNoProgramma
	}
	list := []Transmission{}
	for _, t := range row.reports.sent {
		if quarter == "" || t.Quarter == quarter {
			t.Files = append([]domain.ReportFile{}, t.Files...)
			list = append(list, t)
		}
	}
	return list, nil
}

// Transmission answers what was sent of a quarter under a number.
func (p *Programmi) Transmission(id domain.ProgrammaID, quarter domain.Quarter, number int) (Transmission, error) {
	list, err := p.Transmissions(id, quarter)
	if err != nil {
		return Transmission{}, err
	}
	for _, t := range list {
		if t.Number == number {
			return t, nil
		}
	}
	return Transmission{}, domain.ErrNoTransmission
}

// tellReports tells how reports are laid out and what was sent.
func (t *teller) tellReports(event domain.Event) (summary, reason string) {
	switch e := event.(type) {
	case domain.ReportMappingSet:
		names := make([]string, len(e.Columns))
		for i, c := range e.Columns {
			names[i] = fmt.Sprintf("%s = %s", c.Name, columnText(c))
		}
		t.set("/report_mapping/title", e.Title)
		t.set("/report_mapping/rows", string(e.Rows))
		t.setList("/report_mapping/columns", names)
		if len(e.Columns) == 0 {
			return t.say("Ripreso il tracciato di serie della scheda operatori", "Built-in layout of the table of persons taken up again"), ""
		}
		return t.say("Stabilito il tracciato della scheda operatori: %d colonne", "Layout of the table of persons set: %d columns", len(e.Columns)), ""
	case domain.ReportTransmitted:
		at := fmt.Sprintf("/reports/%s/%d", e.Quarter, e.Number)
		t.set(at+"/position", fmt.Sprint(uint64(e.Position)))
		t.set(at+"/digest", e.Digest)
		t.set(at+"/reference", e.Reference)
		for _, f := range e.Files {
			t.set(at+"/files/"+f.Name, f.SHA256)
		}
		return t.say("Trasmessa la relazione del trimestre %s, trasmissione n. %d%s", "Report of the quarter %s sent, transmission no. %d%s", e.Quarter, e.Number, underReference(e.Reference)), e.Reason
	case domain.QuarterReopened:
		t.set(fmt.Sprintf("/reports/%s/%d/reopened", e.Quarter, e.Transmission), true)
		return t.say("Riaperto il trimestre %s dopo la trasmissione n. %d", "Quarter %s reopened after transmission no. %d", e.Quarter, e.Transmission), e.Reason
	}
	return "", ""
}

func underReference(text string) string {
	if text == "" {
		return ""
	}
	return " («" + text + "»)"
}

// columnText says what a column is filled from.
func columnText(c domain.ReportColumn) string {
	text := string(c.Source)
	if c.Constant != nil {
		text = fmt.Sprintf("«%s»", *c.Constant)
	}
	for _, code := range c.Codes {
		text += fmt.Sprintf(", %s→%s", code.From, code.To)
	}
	return text
}
