package domain

import (
	"fmt"
	"slices"
	"strings"
)

// ReportRows says which persons have a row in the table of persons of a report.
type ReportRows string

// The choices there are.
const (
	RowsPresent    ReportRows = "present"    // those who were present
	RowsRegistered ReportRows = "registered" // those whose registration stands, too
)

// A ReportSource is what a column of the table of persons is filled from.
type ReportSource string

// The sources there are.
const (
	SourceRow         ReportSource = "row"
	SourceProgramma   ReportSource = "programma"
	SourceQuarter     ReportSource = "quarter"
	SourceTavolo      ReportSource = "tavolo"
	SourceOrdinal     ReportSource = "tavolo_ordinal"
	SourceSubject     ReportSource = "tavolo_subject"
	SourceTavoloMode  ReportSource = "tavolo_mode"
	SourceDay         ReportSource = "day"
	SourceStartsAt    ReportSource = "starts_at"
	SourceEndsAt      ReportSource = "ends_at"
	SourcePerson      ReportSource = "person"
	SourceCapacity    ReportSource = "capacity"
	SourceMode        ReportSource = "mode"
	SourceState       ReportSource = "state"
	SourceAttendance  ReportSource = "attendance"
	SourcePresentFrom ReportSource = "present_from"
	SourcePresentTo   ReportSource = "present_to"
	SourceMinutes     ReportSource = "minutes"
	SourceValidated   ReportSource = "validated"
	SourceEnteKind    ReportSource = "ente_kind"
	SourceEnteCode    ReportSource = "ente_code"
	SourceEnteName    ReportSource = "ente_name"
	SourceProvince    ReportSource = "ente_province"
	SourceIstat       ReportSource = "ente_istat"
	SourceIpa         ReportSource = "ente_ipa"
	SourceGivenName   ReportSource = "given_name"
	SourceFamilyName  ReportSource = "family_name"
	SourceFunction    ReportSource = "function"
	SourceEmail       ReportSource = "email"
	SourcePhone       ReportSource = "phone"
)

// ReportSources lists every source.
var ReportSources = []ReportSource{
	SourceRow, SourceProgramma, SourceQuarter, SourceTavolo, SourceOrdinal, SourceSubject, SourceTavoloMode, SourceDay,
	SourceStartsAt, SourceEndsAt, SourcePerson, SourceCapacity, SourceMode, SourceState, SourceAttendance, SourcePresentFrom,
	SourcePresentTo, SourceMinutes, SourceValidated, SourceEnteKind, SourceEnteCode, SourceEnteName, SourceProvince, SourceIstat,
	SourceIpa, SourceGivenName, SourceFamilyName, SourceFunction, SourceEmail, SourcePhone,
}

// Personal reports whether the source is a value of a person, which only those are
// shown who may see names, and which is recorded as disclosed.
func (s ReportSource) Personal() bool {
	return slices.Contains([]ReportSource{SourceGivenName, SourceFamilyName, SourceFunction, SourceEmail, SourcePhone}, s)
}

// Words returns what the source may say, where that is a fixed list: what a list
// of codes can translate; nil: anything.
func (s ReportSource) Words() []string {
	switch s {
	case SourceCapacity:
		return words(Capacities)
	case SourceMode:
		return []string{string(InPresence), string(Online), string(Mixed)}
	case SourceTavoloMode:
		return []string{string(InPresence), string(Online), string(Mixed)}
	case SourceState:
		return words(RegistrationStates)
	case SourceAttendance:
		return []string{"present", "absent", "unknown"}
	case SourceValidated:
		return []string{"yes", "no"}
	case SourceEnteKind:
		return words(EnteKinds)
	}
	return nil
}

func words[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, w := range list {
		texts[i] = string(w)
	}
	return texts
}

// A CodeTranslation says what stands in a column instead of a word of ours.
type CodeTranslation struct {
	From string `json:"from"` // empty: where there is nothing
	To   string `json:"to"`
}

// A ReportColumn is one column of the table of persons: what stands above it, and
// what it is filled from. A constant is the same in every row.
type ReportColumn struct {
	Name     string            `json:"name"`
	Source   ReportSource      `json:"source,omitempty"`
	Constant *string           `json:"constant,omitempty"`
	Codes    []CodeTranslation `json:"codes,omitempty"` // other words stand as they are
}

// ReportMappingSet records how the table of persons of a programme's reports is
// laid out, in the order of its columns. Without columns it is the built-in one.
type ReportMappingSet struct {
	Programma ProgrammaID    `json:"programma"`
	Title     string         `json:"title,omitempty"` // whose layout it is
	Rows      ReportRows     `json:"rows"`
	Columns   []ReportColumn `json:"columns"`
}

// Personal reports whether any column is a value of a person.
func (m ReportMappingSet) Personal() bool {
	return slices.ContainsFunc(m.Columns, func(c ReportColumn) bool { return c.Source.Personal() })
}

// BuiltInMapping is how the table of persons is laid out where nothing else was
// set: no value of a person stands in it.
func BuiltInMapping() ReportMappingSet {
	return ReportMappingSet{Rows: RowsPresent, Columns: []ReportColumn{
		{Name: "Riga", Source: SourceRow}, {Name: "Tavolo", Source: SourceTavolo}, {Name: "Data", Source: SourceDay}, {Name: "Persona", Source: SourcePerson},
		{Name: "In qualità di", Source: SourceCapacity}, {Name: "Tipo di ente", Source: SourceEnteKind}, {Name: "Codice ente", Source: SourceEnteCode},
		{Name: "Ente", Source: SourceEnteName}, {Name: "Provincia", Source: SourceProvince}, {Name: "Modalità", Source: SourceMode}, {Name: "Minuti", Source: SourceMinutes},
	}}
}

// How large a mapping may be.
const (
	MaxReportColumns = 100 // of a mapping
	MaxReportCodes   = 200 // of a column
)

// SetReportMapping lays out the table of persons of a programme's reports. Setting
// it as it is changes nothing; without columns it is the built-in one again.
type SetReportMapping struct {
	Programma ProgrammaID    `json:"-"`
	Title     string         `json:"title"`
	Rows      ReportRows     `json:"rows"` // empty: present
	Columns   []ReportColumn `json:"columns"`
}

// Stream implements [Command].
func (c SetReportMapping) Stream() Stream { return c.Programma.Stream() }

// Decide implements [Command].
func (c SetReportMapping) Decide(p *Programma, _ Meta) ([]Event, error) {
	fact := ReportMappingSet{c.Programma, c.Title, rowsOr(c.Rows), append([]ReportColumn{}, c.Columns...)}
	was := p.reports.mapping
	var bad check
	bad.line(c.Title, "/title")
	oneOf(&bad, fact.Rows, "/rows", RowsPresent, RowsRegistered)
	bad.columns(c.Columns)
	switch {
	case !p.exists():
		return nil, ErrNoProgramma
	case bad.err() != nil:
		return nil, bad.err()
	case was.same(fact), was.Programma == "" && len(fact.Columns) == 0 && fact.Rows == RowsPresent && fact.Title == "":
		return nil, nil
	}
	return []Event{fact}, nil
}

func (m ReportMappingSet) same(o ReportMappingSet) bool {
	return m.Programma == o.Programma && m.Title == o.Title && m.Rows == o.Rows && slices.EqualFunc(m.Columns, o.Columns, ReportColumn.same)
}

func (c ReportColumn) same(o ReportColumn) bool {
	constant := c.Constant == o.Constant || c.Constant != nil && o.Constant != nil && *c.Constant == *o.Constant
	return constant && c.Name == o.Name && c.Source == o.Source && slices.Equal(c.Codes, o.Codes)
}

// columns checks the columns of a mapping. Each fault names the column it is in.
func (c *check) columns(list []ReportColumn) {
	c.that(len(list) <= MaxReportColumns, "/columns", "too-many", "at most %d columns", MaxReportColumns)
	if len(list) > MaxReportColumns {
		return
	}
	names := make(map[string]int)
	for i, col := range list {
		var bad check
		bad.column(col)
		name := strings.ToLower(strings.TrimSpace(col.Name))
		first, taken := names[name]
		bad.that(!taken || name == "", "/name", "given-twice", "is the name of column %d, too", first+1)
		names[name] = i
		for _, f := range bad.fields {
			c.that(false, fmt.Sprintf("/columns/%d%s", i, f.Pointer), f.Code, "%s%s", columnCalled(i, col), f.Text)
		}
	}
}

// columnCalled names a column before what is wrong with it.
func columnCalled(i int, col ReportColumn) string {
	if printable(col.Name) && len(col.Name) <= MaxLine && strings.TrimSpace(col.Name) != "" {
		return fmt.Sprintf("column %q: ", col.Name)
	}
	return fmt.Sprintf("column %d: ", i+1)
}

// column checks one column by itself.
func (c *check) column(col ReportColumn) {
	c.required(col.Name, "/name")
	c.that(col.Source == "" || slices.Contains(ReportSources, col.Source), "/source", "unknown-source", "there is no source %q", col.Source)
	c.that(col.Source != "" || col.Constant != nil, "/source", "required", "a source or a constant is required")
	c.that(col.Source == "" || col.Constant == nil, "/constant", "given-twice", "give a source or a constant")
	if col.Constant != nil {
		c.line(*col.Constant, "/constant")
	}
	c.that(col.Source != "" || len(col.Codes) == 0, "/codes", "not-allowed", "a constant is not translated")
	c.that(len(col.Codes) <= MaxReportCodes, "/codes", "too-many", "at most %d codes", MaxReportCodes)
	if len(col.Codes) <= MaxReportCodes && slices.Contains(ReportSources, col.Source) {
		c.codes(col)
	}
}

// codes checks how a column is translated.
func (c *check) codes(col ReportColumn) {
	list := col.Source.Words()
	seen := make(map[string]bool)
	for i, code := range col.Codes {
		at := fmt.Sprintf("/codes/%d", i)
		c.that(!seen[code.From], at+"/from", "given-twice", "%q is translated twice", code.From)
		c.that(list == nil || code.From == "" || slices.Contains(list, code.From), at+"/from", "not-allowed", "must be one of %s", strings.Join(list, ", "))
		c.line(code.From, at+"/from")
		c.line(code.To, at+"/to")
		seen[code.From] = true
	}
	c.that(!col.Source.Personal() || len(col.Codes) == 0, "/codes", "not-allowed", "values of persons are not translated")
}
