package pages

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tavoli/projections"
)

// A statisticsPage is counts with a plot and its table.
type statisticsPage struct {
	*visit
	projections.Statistics
	Programmi []option
	Asked     url.Values
	Plotted   string // which count
}

// groupings are what can be counted by, and where the API counts it.
var groupings = map[string][2]string{
	"tavolo": {"/statistics/tavoli", ""}, "ente": {"/statistics/enti", "ente"}, "kind": {"/statistics/enti", "kind"}, "province": {"/statistics/enti", "province"},
	"partner": {"/statistics/partners", ""}, "quarter": {"/statistics/summary", ""},
}

// showStatistics counts.
func showStatistics(v *visit) (err error) {
	if err := v.enter(rCounters...); err != nil {
		return err
	}
	p := statisticsPage{visit: v, Asked: v.r.URL.Query()}
	from, ok := groupings[p.Asked.Get("per")]
	if !ok {
		from = groupings["tavolo"]
	}
	asked := url.Values{}
	for name, word := range map[string]string{"dal": "from", "al": "to", "programma": "programma"} {
		if value := p.Asked.Get(name); value != "" {
			asked.Set(word, value)
		}
	}
	if from[1] != "" {
		asked.Set("by", from[1])
	}
	if err := v.ask(from[0], asked, &p.Statistics); err != nil {
		return err
	}
	if p.Programmi, err = pickProgramma(v); err != nil {
		return err
	}
	for i := range p.Programmi {
		p.Programmi[i].Chosen = p.Programmi[i].Value == p.Asked.Get("programma")
	}
	p.Plotted = p.Asked.Get("conteggio")
	if _, ok := countOf(p.Totals, p.Plotted); !ok {
		p.Plotted = "presences"
	}
	return v.show("statistics", p)
}

// Given returns what was asked for.
func (p statisticsPage) Given(name string) string { return p.Asked.Get(name) }

// Groupings lists what can be counted by.
func (p statisticsPage) Groupings() []option {
	return p.options(cmp.Or(p.Given("per"), "tavolo"), "tavolo", "ente", "kind", "province", "partner", "quarter")
}

// countNames are the counts, as they are called at the head of a column.
var countNames = []struct {
	key  string
	name text
}{
	{"registrations", text{"Iscrizioni", "Registrations"}}, {"persons", text{"Persone", "Persons"}}, {"enti", text{"Enti", "Enti"}}, {"comuni", text{"Comuni", "Comuni"}},
	{"presences", text{"Presenze", "Presences"}}, {"attendees", text{"Presenti", "Attendees"}}, {"attending_enti", text{"Enti presenti", "Enti present"}},
	{"attending_comuni", text{"Comuni presenti", "Comuni present"}}, {"minutes", text{"Minuti", "Minutes"}}, {"guests", text{"Non iscritti", "Guests"}},
}

// A countColumn is the head of a column.
type countColumn struct {
	Key, Name, Definition string
	Chosen                bool
}

// Columns lists what is counted.
func (p statisticsPage) Columns() (list []countColumn) {
	for _, n := range countNames {
		c, _ := countOf(p.Totals, n.key)
		list = append(list, countColumn{n.key, n.name.in(p.Lang), p.T(c.DefinitionIt, c.DefinitionEn), n.key == p.Plotted})
	}
	return list
}

// Values lists the counts of a row.
func (p statisticsPage) Values(c projections.Counts) (list []int) {
	for _, n := range countNames {
		one, _ := countOf(c, n.key)
		list = append(list, one.Value)
	}
	return list
}

// LabelOf returns what a row is called.
func (p statisticsPage) LabelOf(r projections.StatisticsRow) string {
	if r.Key == "none" {
		return p.T("senza indicazione", "not told")
	}
	label := cmp.Or(r.Label, r.Key)
	if p.By == projections.ByKind {
		label = p.site.word(p.Lang, r.Key)
	}
	return label
}

func countOf(c projections.Counts, key string) (projections.Count, bool) {
	all := []projections.Count{c.Registrations, c.Persons, c.Enti, c.Comuni, c.Presences, c.Attendees, c.AttendingEnti, c.AttendingComuni, c.Minutes, c.Guests}
	i := slices.IndexFunc(all, func(c projections.Count) bool { return c.Key == key })
	if i < 0 {
		return projections.Count{}, false
	}
	return all[i], true
}

// mostBars is how many bars a plot has at most: the largest.
const mostBars = 30

// A bar is one row of a plot.
type bar struct {
	label string
	value int
}

// Plot draws the chosen count as bars. The table below tells the same.
func (p statisticsPage) Plot() template.HTML {
	var bars []bar
	for _, r := range p.Rows {
		c, _ := countOf(r.Counts, p.Plotted)
		bars = append(bars, bar{p.LabelOf(r), c.Value})
	}
	if p.By != projections.ByTavolo && p.By != projections.ByQuarter {
		slices.SortStableFunc(bars, func(a, b bar) int { return cmp.Compare(b.value, a.value) })
	}
	return drawBars(bars[:min(len(bars), mostBars)], p.plotName())
}

// plotName says what is plotted.
func (p statisticsPage) plotName() string {
	for _, c := range p.Columns() {
		if c.Chosen {
			return c.Name
		}
	}
	return ""
}

// More returns how many rows are in the table and not in the plot.
func (p statisticsPage) More() int { return max(0, len(p.Rows)-mostBars) }

// drawBars draws bars one below the other, each with its label and its number.
func drawBars(bars []bar, name string) template.HTML {
	most := 1
	for _, b := range bars {
		most = max(most, b.value)
	}
	const row, left, width = 26, 300, 720
	var s strings.Builder
	fmt.Fprintf(&s, `<svg class="plot" viewBox="0 0 %d %d" role="img" aria-label="%s">`, width, len(bars)*row+8, template.HTMLEscapeString(name))
	for i, b := range bars {
		y := i*row + 4
		length := b.value * (width - left - 60) / most
		fmt.Fprintf(&s, `<text x="%d" y="%d" text-anchor="end" font-size="14" fill="#17324d">%s</text>`, left-8, y+16, template.HTMLEscapeString(shortened(b.label, 40)))
		fmt.Fprintf(&s, `<rect x="%d" y="%d" width="%d" height="%d" fill="#06c"/>`, left, y+2, max(length, 1), row-8)
		fmt.Fprintf(&s, `<text x="%d" y="%d" font-size="14" fill="#17324d">%s</text>`, left+length+6, y+16, strconv.Itoa(b.value))
	}
	s.WriteString(`</svg>`)
	return template.HTML(s.String()) //nolint:gosec // labels are escaped, the rest are numbers
}

// shortened returns the beginning of a text that is too long for a plot.
func shortened(text string, most int) string {
	letters := []rune(text)
	if len(letters) <= most {
		return text
	}
	return string(letters[:most-1]) + "…"
}

// A reportsPage is the quarters of which there is something to report.
type reportsPage struct {
	*visit
	Quarters []string // the newest first
	Orphan   bool     // there is no programme
}

// showReports lists the quarters in which tavoli are held. A report is a programme's:
// without one there is nothing to report to.
func showReports(v *visit) error {
	if err := v.enter(rCounters...); err != nil {
		return err
	}
	p := reportsPage{visit: v}
	programmi, err := v.programmi()
	if err != nil {
		return err
	}
	if p.Orphan = len(programmi) == 0; p.Orphan {
		return v.show("reports", p)
	}
	list, err := v.tavoli(url.Values{})
	if err != nil {
		return err
	}
	for _, t := range slices.Backward(list) {
		if q := quarterOf(t.Day); !slices.Contains(p.Quarters, q) {
			p.Quarters = append(p.Quarters, q)
		}
	}
	return v.show("reports", p)
}

// A reportPage is the report of a quarter and what was sent of it.
type reportPage struct {
	*visit
	Quarter       string
	Programma     string
	Programmi     []option
	Report        projections.QuarterReport
	Transmissions []projections.Transmission
}

// showReport shows the report of a quarter.
func showReport(v *visit) (err error) {
	if err := v.enter(rCounters...); err != nil {
		return err
	}
	p := reportPage{visit: v, Quarter: v.r.PathValue("quarter"), Programma: v.r.URL.Query().Get("programma")}
	if p.Programmi, err = pickProgramma(v); err != nil {
		return err
	}
	if p.Programma == "" && len(p.Programmi) > 0 {
		p.Programma = p.Programmi[0].Value
	}
	asked := url.Values{"programma": {p.Programma}}
	at := "/reports/quarters/" + url.PathEscape(p.Quarter)
	if err := v.ask(at, asked, &p.Report); err != nil {
		return err
	}
	var list struct {
		Items []projections.Transmission `json:"items"`
	}
	if err := v.ask(at+"/transmissions", asked, &list); err != nil {
		return err
	}
	p.Transmissions = list.Items
	return v.show("report", p)
}

// Actions lists what the visitor may do about it.
func (p reportPage) Actions() []deedLink {
	return p.Deeds("/segreteria/relazioni/{quarter}", p.Quarter)
}

// passReport hands out the report of a quarter as a file.
func passReport(v *visit) error {
	given := v.r.URL.Query()
	asked := url.Values{"format": {cmp.Or(given.Get("formato"), "pdf")}}
	for from, to := range map[string]string{"programma": "programma", "posizione": "position", "scopo": "purpose"} {
		if value := given.Get(from); value != "" {
			asked.Set(to, value)
		}
	}
	return v.pass("/reports/quarters/"+url.PathEscape(v.r.PathValue("quarter")), asked)
}
