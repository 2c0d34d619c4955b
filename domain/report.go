package domain

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
)

// A Quarter is three months of a year: "2022-Q2".
type Quarter string

var quarterForm = regexp.MustCompile(`^(199\d|20\d\d|21\d\d)-Q[1-4]$`)

// Valid reports whether there is such a quarter, between 1990 and 2199.
func (q Quarter) Valid() bool { return quarterForm.MatchString(string(q)) }

// Days returns the first and the last day of the quarter in Italy; empty days
// where there is no such quarter.
func (q Quarter) Days() (from, to Day) {
	if !q.Valid() {
		return "", ""
	}
	year, n := string(q[:4]), q[6]-'1'
	return Day(year + [...]string{"-01-01", "-04-01", "-07-01", "-10-01"}[n]), Day(year + [...]string{"-03-31", "-06-30", "-09-30", "-12-31"}[n])
}

// QuarterOf returns the quarter a day lies in.
func QuarterOf(d Day) Quarter {
	if !d.Valid() {
		return ""
	}
	month, _ := strconv.Atoi(string(d[5:7])) // a valid day has one
	return Quarter(string(d[:4]) + "-Q" + strconv.Itoa((month-1)/3+1))
}

// A ReportFile is one file of a transmission, known by its hash: the register
// makes it anew, byte for byte, from the position and the parameters.
type ReportFile struct {
	Name   string `json:"name"`   // "2022-Q2.pdf"
	Format string `json:"format"` // csv, xlsx, html, pdf, json
	Table  string `json:"table,omitempty"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// ReportParameters are what a report was made with, beside its position.
type ReportParameters struct {
	Personal bool `json:"personal"` // personal values stand in it, as the mapping asks
	Form     int  `json:"form"`     // the version of how reports are laid out
}

// ReportTransmitted records that the report of a quarter was sent, as it was at a
// position. Its content is not kept: it is made anew from there.
type ReportTransmitted struct {
	Programma  ProgrammaID      `json:"programma"`
	Quarter    Quarter          `json:"quarter"`
	Number     int              `json:"number"` // from 1
	Position   Position         `json:"position,string"`
	Parameters ReportParameters `json:"parameters"`
	Mapping    Position         `json:"mapping,string"` // where the mapping was set; 0: the built-in one
	Digest     string           `json:"digest"`         // of what the report says, personal values apart
	Files      []ReportFile     `json:"files"`
	Reference  string           `json:"reference,omitempty"` // the protocol under which it was sent
	Reason     string           `json:"reason,omitempty"`    // of a further transmission
}

// QuarterReopened records that a quarter already sent is to be sent once more.
type QuarterReopened struct {
	Programma    ProgrammaID `json:"programma"`
	Quarter      Quarter     `json:"quarter"`
	Transmission int         `json:"transmission"` // the one that is no longer the last word
	Reason       string      `json:"reason"`
}

func (ReportMappingSet) Name() string  { return "ReportMappingSet" }
func (ReportTransmitted) Name() string { return "ReportTransmitted" }
func (QuarterReopened) Name() string   { return "QuarterReopened" }

var reportEvents = []kind{of[ReportMappingSet](), of[ReportTransmitted](), of[QuarterReopened]()}

// reported is what decisions need of the reports of a programme.
type reported struct {
	mapping  ReportMappingSet
	quarters map[Quarter]sent
}

// sent is how far a quarter has come.
type sent struct {
	last     ReportTransmitted
	reopened bool
}

func (r *reported) apply(e Event) {
	switch e := e.(type) {
	case ReportMappingSet:
		r.mapping = e
	case ReportTransmitted:
		if r.quarters == nil {
			r.quarters = make(map[Quarter]sent)
		}
		r.quarters[e.Quarter] = sent{last: e}
	case QuarterReopened:
		q := r.quarters[e.Quarter]
		q.reopened = true
		r.quarters[e.Quarter] = q
	}
}

// Refusals of commands on reports.
var (
	ErrQuarterTransmitted    = &Error{Kind: Refused, Code: "quarter-transmitted", Text: "the report of the quarter was transmitted already; a further transmission needs the quarter to be reopened"}
	ErrQuarterNotTransmitted = &Error{Kind: Refused, Code: "quarter-not-transmitted", Text: "the report of the quarter was not transmitted yet: there is nothing to reopen"}
	ErrNoTransmission        = &Error{Kind: NotFound, Code: "transmission-not-found", Text: "there is no such transmission of the quarter"}
	ErrReportTooLarge        = &Error{Kind: Invalid, Code: "report-too-large", Text: "the report has more rows than a file of this form holds; ask for another form"}
)

// TransmitReport records that the report of a quarter is sent. Sending what was
// sent last, under the same reference, changes nothing.
type TransmitReport struct {
	Programma  ProgrammaID      `json:"programma"`
	Quarter    Quarter          `json:"-"`
	Position   Position         `json:"-"`
	Parameters ReportParameters `json:"-"`
	Mapping    Position         `json:"-"`
	Digest     string           `json:"-"`
	Files      []ReportFile     `json:"-"`
	Reference  string           `json:"reference"`
	Reason     string           `json:"reason"`
}

// Stream implements [Command].
func (c TransmitReport) Stream() Stream { return c.Programma.Stream() }

// Decide implements [Command].
func (c TransmitReport) Decide(p *Programma, _ Meta) ([]Event, error) {
	was := p.reports.quarters[c.Quarter]
	fact := ReportTransmitted{
		c.Programma, c.Quarter, was.last.Number + 1, c.Position, c.Parameters, c.Mapping, c.Digest, c.Files, c.Reference, c.Reason,
	}
	var bad check
	bad.that(c.Quarter.Valid(), "/quarter", "bad-quarter", "must be a quarter as in 2022-Q2")
	bad.line(c.Reference, "/reference")
	if was.reopened {
		bad.reason(c.Reason)
	}
	bad.text(c.Reason, "/reason", MaxText)
	bad.that(c.Position >= was.last.Position, "/position", "out-of-range", "must not lie before the position of the last transmission, %d", was.last.Position)
	switch {
	case !p.exists():
		return nil, ErrNoProgramma
	case bad.err() != nil:
		return nil, bad.err()
	case was.last.Number > 0 && !was.reopened && was.last.same(fact):
		return nil, nil
	case was.last.Number > 0 && !was.reopened:
		return nil, ErrQuarterTransmitted
	}
	return []Event{fact}, nil
}

// same reports whether two transmissions sent the same.
func (e ReportTransmitted) same(o ReportTransmitted) bool {
	return e.Position == o.Position && e.Parameters == o.Parameters && e.Digest == o.Digest && e.Reference == o.Reference &&
		slices.Equal(e.Files, o.Files)
}

// ReopenQuarter lets the report of a quarter be sent once more. Reopening a quarter
// that is open changes nothing.
type ReopenQuarter struct {
	Programma ProgrammaID `json:"programma"`
	Quarter   Quarter     `json:"-"`
	Reason    string      `json:"reason"`
}

// Stream implements [Command].
func (c ReopenQuarter) Stream() Stream { return c.Programma.Stream() }

// Decide implements [Command].
func (c ReopenQuarter) Decide(p *Programma, _ Meta) ([]Event, error) {
	var bad check
	bad.that(c.Quarter.Valid(), "/quarter", "bad-quarter", "must be a quarter as in 2022-Q2")
	bad.reason(c.Reason)
	was := p.reports.quarters[c.Quarter]
	switch {
	case !p.exists():
		return nil, ErrNoProgramma
	case bad.err() != nil:
		return nil, bad.err()
	case was.last.Number == 0:
		return nil, ErrQuarterNotTransmitted
	case was.reopened:
		return nil, nil
	}
	return []Event{QuarterReopened{c.Programma, c.Quarter, was.last.Number, c.Reason}}, nil
}

// rowsOr returns which persons have rows; absent: those who were present.
func rowsOr(rows ReportRows) ReportRows { return cmp.Or(rows, RowsPresent) }
