package pages

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tavoli/domain"
)

// This file is about fields that hold rows of fields: the questions of a tavolo, the
// columns of a table. Buttons of the form add rows, move them and take them away;
// the register learns of it when the form is sent.

// A shownRow is a row of fields as the template shows it.
type shownRow struct {
	Title       string // "Domanda 2"
	At          string // "questions.1"
	Fields      []shownField
	First, Last bool
}

// ID is the id of the row on the page.
func (r shownRow) ID() string { return shownField{Name: r.At}.ID() }

// mostRows is how many rows any form may have.
const mostRows = 200

// in reads the rows of a field, each by the names of its own fields.
func (f field) in(form url.Values) []url.Values {
	var list []url.Values
	for key, values := range form {
		rest, ok := strings.CutPrefix(key, f.name+".")
		number, name, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 0 || n >= mostRows || name == "" {
			continue
		}
		for len(list) <= n {
			list = append(list, url.Values{})
		}
		list[n][name] = values
	}
	return list
}

// put writes rows into a form instead of those that stand there.
func (f field) put(form url.Values, rows []url.Values) {
	maps.DeleteFunc(form, func(key string, _ []string) bool { return strings.HasPrefix(key, f.name+".") })
	for i, row := range rows {
		for name, values := range row {
			form[f.at(i)+"."+name] = values
		}
	}
}

// at is how a row is called in the form.
func (f field) at(row int) string { return f.name + "." + strconv.Itoa(row) }

// cell returns a field of a row as the form has it.
func (f field) cell(row int, of field) field {
	of.name = f.at(row) + "." + of.name
	return of
}

// begun reports whether anything was entered in a row.
func (f field) begun(row url.Values) bool {
	return slices.ContainsFunc(f.rows, func(of field) bool {
		given := strings.TrimSpace(row.Get(of.name))
		return given != "" && given != f.fresh.Get(of.name)
	})
}

// arrange does what a button of the form says: "questions.add", "questions.2.up". It
// reports whether there is such a button, and returns the row to go on with.
func (d *deed) arrange(form url.Values, button string) (string, bool) {
	name, what, _ := strings.Cut(button, ".")
	i := slices.IndexFunc(d.fields, func(f field) bool { return f.kind == someRows && f.name == name })
	if i < 0 {
		return "", false
	}
	f := d.fields[i]
	rows := f.in(form)
	if what == "add" {
		if len(rows) < min(mostRows, max(f.most, 1)) {
			rows = append(rows, maps.Clone(f.fresh))
		}
		f.put(form, rows)
		return f.at(len(rows) - 1), true
	}
	number, way, _ := strings.Cut(what, ".")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= len(rows) {
		return "", false
	}
	switch {
	case way == "drop":
		rows = slices.Delete(rows, n, n+1)
		n = max(0, n-1)
	case way == "up" && n > 0:
		rows[n-1], rows[n] = rows[n], rows[n-1]
		n--
	case way == "down" && n+1 < len(rows):
		rows[n+1], rows[n] = rows[n], rows[n+1]
		n++
	}
	f.put(form, rows)
	return f.at(n), true
}

// tidy leaves out the rows in which nothing was entered.
func (d *deed) tidy(form url.Values) {
	for _, f := range d.fields {
		if f.kind == someRows {
			f.put(form, slices.DeleteFunc(f.in(form), func(row url.Values) bool { return !f.begun(row) }))
		}
	}
}

// shownRows returns the rows of a field with what was entered and what is wrong. Where
// there is none, one is there to begin with.
func (p *deedPage) shownRows(f field, form url.Values) (list []shownRow) {
	rows := f.in(form)
	if len(rows) == 0 {
		f.put(form, []url.Values{maps.Clone(f.fresh)})
		rows = f.in(form)
	}
	for i := range rows {
		row := shownRow{Title: f.row.in(p.Lang) + " " + strconv.Itoa(i+1), At: f.at(i), First: i == 0, Last: i == len(rows)-1}
		for _, of := range f.rows {
			s := p.shown(f.cell(i, of), form)
			s.Begun, s.Short = p.row == f.at(i) && len(row.Fields) == 0, true
			row.Fields = append(row.Fields, s)
		}
		list = append(list, row)
	}
	return list
}

// rowsOf makes what is sent from the rows of a field.
func (p *deedPage) rowsOf(f field, form url.Values) (any, []domain.Field) {
	list, bad := []map[string]any{}, []domain.Field(nil)
	for i := range f.in(form) {
		row := make(map[string]any)
		for _, of := range f.rows {
			value, wrong := p.value(f.cell(i, of), form)
			if wrong != nil {
				wrong.Pointer = "/" + strings.ReplaceAll(f.cell(i, of).name, ".", "/")
				bad = append(bad, *wrong)
			}
			if value != nil {
				row[of.name] = value
			}
		}
		list = append(list, row)
	}
	return list, bad
}

// told says in one line what stands in the rows of a field.
func (f field) told(form url.Values) string {
	var texts []string
	for _, row := range f.in(form) {
		texts = append(texts, row.Get(f.rows[0].name))
	}
	return strings.Join(texts, " · ")
}

// cellOf returns the field of a row that a pointer into the body is about, with its
// row in the label.
func (f field) cellOf(pointer, lang string) (field, bool) {
	number, rest, _ := strings.Cut(strings.TrimPrefix(pointer, "/"+f.name+"/"), "/")
	n, err := strconv.Atoi(number)
	if f.kind != someRows || err != nil || !strings.HasPrefix(pointer, "/"+f.name+"/") {
		return field{}, false
	}
	title := f.row.in(lang) + " " + strconv.Itoa(n+1)
	for _, of := range f.rows {
		if (rest == of.name || strings.HasPrefix(rest, of.name+"/")) && of.kind != aHidden {
			of = f.cell(n, of)
			of.label = text{title + ", " + of.label[0], title + ", " + of.label[1]}
			return of, true
		}
	}
	of := f.cell(n, f.rows[0])
	of.label = text{title, title}
	return of, true
}
