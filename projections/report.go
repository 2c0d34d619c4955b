package projections

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"tavoli/domain"
)

// ReportForm is the version of what a report says and how it is laid out. A report
// is the same bytes again as long as it is the same.
const ReportForm = 1

// A ReportQuery asks for the report of a quarter of a programme.
type ReportQuery struct {
	Programma domain.ProgrammaID
	Quarter   domain.Quarter
	Personal  bool // values of persons, where the mapping asks for them

	EffectiveAt *time.Time // told in the answer; the models are fed accordingly
}

// A Figure is a number of a report with what it counts.
type Figure struct {
	Key          string `json:"key"`
	LabelIt      string `json:"label_it"`
	LabelEn      string `json:"label_en"`
	Value        int    `json:"value"`
	DefinitionIt string `json:"definition_it"`
	DefinitionEn string `json:"definition_en"`
}

// A QuarterReport is what is reported of a quarter to whoever funds the programme.
type QuarterReport struct {
	Programma    domain.ProgrammaID      `json:"programma"`
	Title        string                  `json:"title"`
	Acronym      string                  `json:"acronym,omitempty"`
	Fund         string                  `json:"fund,omitempty"`
	FundingBlock string                  `json:"funding_block"` // of the day of the newest fact; empty: none is approved
	Quarter      domain.Quarter          `json:"quarter"`
	From         domain.Day              `json:"from"`
	To           domain.Day              `json:"to"`
	Position     domain.Position         `json:"position,string"`
	RecordedAt   time.Time               `json:"recorded_at"`            // of the newest fact up to there
	EffectiveAt  *time.Time              `json:"effective_at,omitempty"` // what had happened by then; absent: all of it
	Parameters   domain.ReportParameters `json:"parameters"`
	Figures      []Figure                `json:"figures"`
	Tavoli       []ReportTavolo          `json:"tavoli"`      // by day, hour, ordinal and id
	ByKind       []ReportGroup           `json:"by_kind"`     // of the ente
	ByMode       []ReportGroup           `json:"by_mode"`     // mixed: partly in presence, partly online
	ByCapacity   []ReportGroup           `json:"by_capacity"` // as what they took part
	ByProvince   []ReportGroup           `json:"by_province"` // of the ente
	ByEnte       []ReportGroup           `json:"by_ente"`
	Network      []NetworkMember         `json:"network"`
	Operators    Operators               `json:"operators"`
	Digest       string                  `json:"digest"` // SHA-256 of all before as JSON, without values of persons
}

// Figures of a tavolo or a group, defined beside those of the quarter.
const (
	FigureTavoli        = "tavoli"
	FigureRegistrations = "registrations"
	FigurePresences     = "presences"
	FigurePersons       = "persons"
	FigureNew           = "persons_new"
	FigureToDate        = "persons_to_date"
	FigureMinutes       = "minutes"
	FigureEnti          = "enti"
	FigureComuni        = "comuni"
	FigureProvince      = "province"
	FigureGuests        = "guests"
)

// A ReportTavolo is a tavolo of the quarter with its figures. Persons count once.
type ReportTavolo struct {
	Tavolo  domain.TavoloID `json:"tavolo"`
	Ordinal int             `json:"ordinal,omitempty"`
	Subject string          `json:"subject"`
	Times
	Mode          domain.Mode        `json:"mode"`
	State         domain.TavoloState `json:"state"`
	Registrations int                `json:"registrations"`
	Presences     int                `json:"presences"`
	InPresence    int                `json:"in_presence"` // of the presences
	Online        int                `json:"online"`
	Both          int                `json:"both"` // partly in presence, partly online
	Minutes       int                `json:"minutes"`
	Enti          int                `json:"enti"`
	Comuni        int                `json:"comuni"`
	Province      int                `json:"province"`
	Guests        int                `json:"guests"`
}

// A ReportGroup is the figures of those who have something in common.
type ReportGroup struct {
	Key       string `json:"key"` // "none": nothing is known
	Label     string `json:"label"`
	Persons   int    `json:"persons"`
	Presences int    `json:"presences"`
	Minutes   int    `json:"minutes"`
	Enti      int    `json:"enti"`
}

// A NetworkMember is a body's part in the network of a programme during a quarter.
type NetworkMember struct {
	EnteName
	Role      NetworkRole `json:"role"`
	Of        *EnteName   `json:"of,omitempty"`      // for whom an ente gestore runs a project
	Project   string      `json:"project,omitempty"` // and which
	Since     domain.Day  `json:"since,omitempty"`
	Until     domain.Day  `json:"until,omitempty"`
	Presences int         `json:"presences"` // of those who came on its behalf
}

// A NetworkRole is what a body is in the network of a programme.
type NetworkRole string

// The roles there are, in the order in which they are shown.
const (
	NetworkCapofila NetworkRole = "capofila"
	NetworkPartner  NetworkRole = "partner"
	NetworkMembers  NetworkRole = "coordinamento"
	NetworkGestore  NetworkRole = "ente-gestore"
)

var networkRoles = []NetworkRole{NetworkCapofila, NetworkPartner, NetworkMembers, NetworkGestore}

// Operators is the table of persons, laid out by the programme's mapping: a row for
// each person and tavolo.
type Operators struct {
	Mapping  domain.Position   `json:"mapping,string"` // where it was set; 0: the built-in one
	Title    string            `json:"title,omitempty"`
	Included domain.ReportRows `json:"included"` // who has a row
	Columns  []OperatorColumn  `json:"columns"`
	Rows     []OperatorRow     `json:"rows"` // by tavolo, name of the ente, person
}

// A CellKind says how the texts of a column are to be read.
type CellKind string

// The kinds there are.
const (
	TextCell   CellKind = "text"
	NumberCell CellKind = "number"
	DayCell    CellKind = "day"  // 2022-05-25
	TimeCell   CellKind = "time" // 2022-05-25T13:00:00Z
)

// An OperatorColumn is a column of the table of persons.
type OperatorColumn struct {
	Name     string              `json:"name"`
	Source   domain.ReportSource `json:"source,omitempty"` // absent: a constant
	Kind     CellKind            `json:"kind"`
	Personal bool                `json:"personal,omitempty"` // empty unless the caller may see values of persons
}

// An OperatorRow is a person at a tavolo.
type OperatorRow struct {
	Tavolo domain.TavoloID `json:"tavolo"`
	Person domain.PersonID `json:"person"`
	Cells  []string        `json:"cells"`
}

// QuarterReport answers what is reported of a quarter. [QuarterReport.At] completes it.
// Whatever is asked again at the same position is answered with the same bytes.
func (m *Models) QuarterReport(q ReportQuery) (QuarterReport, error) {
	from, to := q.Quarter.Days()
	if from == "" {
		return QuarterReport{}, badQuery("/quarter", "bad-quarter", "must be a quarter as in 2022-Q2")
	}
	row, ok := m.Programmi.by[q.Programma]
	if !ok || !row.opened {
		return QuarterReport{}, domain.ErrNoProgramma
	}
	r := newReporting(m, row, from, to)
	r.collect()
	layout := row.mapping()
	personal := q.Personal && (domain.ReportMappingSet{Columns: layout.Columns}).Personal()
	_, recorded := m.Marks.Newest()
	a := QuarterReport{
		Programma: row.id, Title: row.title, Acronym: row.acronym, Fund: row.fund, Quarter: q.Quarter, From: from, To: to,
		RecordedAt: recorded, EffectiveAt: q.EffectiveAt, Parameters: domain.ReportParameters{Personal: personal, Form: ReportForm},
		Figures: r.figures(), Tavoli: r.tavoli,
		ByKind: r.byKind(), ByMode: r.byMode(), ByCapacity: r.byCapacity(), ByProvince: r.byProvince(), ByEnte: r.byEnte(),
		Network: r.network(), Operators: r.operators(layout, q.Quarter, personal),
	}
	if block, ok := m.Programmi.answer(row).BlockOn(domain.DayOf(recorded)); ok {
		a.FundingBlock = block.Text
	}
	return a, nil
}

// At returns the report with the position at which it was asked, and with its digest.
// That is taken of the report without values of persons, as it is told to somebody
// who may not see them: it stays the same when they are forgotten.
func (a QuarterReport) At(position domain.Position) (QuarterReport, error) {
	a.Position, a.Digest = position, ""
	digest, err := a.withoutPersons().digest()
	a.Digest = digest
	return a, err
}

// withoutPersons returns the report without values of persons.
func (a QuarterReport) withoutPersons() QuarterReport {
	if !a.Parameters.Personal {
		return a
	}
	a.Parameters.Personal = false
	rows := make([]OperatorRow, len(a.Operators.Rows))
	for i, row := range a.Operators.Rows {
		row.Cells = slices.Clone(row.Cells)
		for n, c := range a.Operators.Columns {
			if c.Personal {
				row.Cells[n] = ""
			}
		}
		rows[i] = row
	}
	a.Operators.Rows = rows
	return a
}

// digest returns the SHA-256 of the report as JSON, up to the digest itself.
func (a QuarterReport) digest() (string, error) {
	data, err := EncodeJSON(a)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(bytes.TrimSuffix(data, []byte(`,"digest":""}`)), '}'))
	return hex.EncodeToString(sum[:]), nil
}
