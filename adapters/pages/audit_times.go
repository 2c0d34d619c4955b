package pages

import (
	"net/url"
	"regexp"
	"strings"

	"tavoli/domain"
)

// hourSuffix ends the name of the field for the hour that belongs to a day.
const hourSuffix = "_ora"

// writtenDay is a day as it is written in Italy: 30/6/2022.
var writtenDay = regexp.MustCompile(`^(\d{1,2})[/.](\d{1,2})[/.](\d{4})$`)

// readTime reads one of the times: a day, to its end, or a day and an hour, or a moment
// in one text; of what was known also a position. What is none is noted and left out.
func (p *auditPage) readTime(query url.Values, name string) string {
	text, hour := strings.TrimSpace(query.Get(name)), strings.TrimSpace(query.Get(name+hourSuffix))
	switch {
	case text == "" && hour == "":
		return ""
	case text == "":
		p.Wrong[name] = p.T("Manca il giorno.", "The day is missing.")
		return ""
	case (name == knownParam || name == wasKnownParam || name == sinceParam) && isPosition(text):
		return text
	}
	if part := writtenDay.FindStringSubmatch(text); part != nil {
		text = part[3] + "-" + twoDigits(part[2]) + "-" + twoDigits(part[1])
	}
	if domain.Day(text).Valid() {
		if hour == "" {
			return text
		}
		text += "T" + hourOfDay(hour)
	}
	if _, err := domain.ParseTime(text); err != nil {
		p.Wrong[name] = p.T("Scrivere un giorno, come 30/06/2022, e se serve l'ora, come 23:59. Le ore che il cambio dell'ora salta o ripete vogliono lo scarto: 2022-10-30T02:30+02:00.", "Write a day, as 30/06/2022, and if need be the hour, as 23:59. Hours that the change of the clocks skips or repeats need an offset: 2022-10-30T02:30+02:00.")
		return ""
	}
	return text
}

// hourOfDay returns an hour as times have it, also where it is written 8:30 or 8.30.
func hourOfDay(text string) string {
	text = strings.ReplaceAll(text, ".", ":")
	before, after, _ := strings.Cut(text, ":")
	return twoDigits(before) + ":" + after
}

func twoDigits(text string) string {
	if len(text) == 1 {
		return "0" + text
	}
	return text
}

func isPosition(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == "" && len(text) < 20 && text[0] != '0'
}

// A picked is the fields in which one of the times is chosen.
type picked struct {
	Name, Label, Lang string
	Day, Hour         string
	Plain             bool // the day stands in a field for any text: it is a position
	Wrong             string
}

// Pick returns the fields in which one of the two times is chosen.
func (p auditPage) Pick(name, it, en string) picked {
	if strings.HasSuffix(name, happenedParam) {
		return p.pick(name, p.Happened, p.T(it, en))
	}
	return p.pick(name, p.Known, p.T(it, en))
}

func (p auditPage) pick(name, text, label string) picked {
	field := picked{Name: name, Label: label, Lang: p.Lang, Day: text, Plain: isPosition(text), Wrong: p.Wrong[name]}
	if field.Plain || domain.Day(text).Valid() {
		return field
	}
	if field.Wrong != "" {
		field.Day, field.Hour, field.Plain = p.entered(name), p.entered(name+hourSuffix), true
		return field
	}
	t, err := domain.ParseTime(text)
	if err != nil {
		field.Day = ""
		return field
	}
	t = t.In(domain.Rome)
	field.Day, field.Hour = t.Format("2006-01-02"), t.Format("15:04")
	if t.Second() != 0 {
		field.Hour = t.Format("15:04:05")
	}
	return field
}

// entered returns what stood in a field.
func (p auditPage) entered(name string) string {
	if p.r.PostForm != nil {
		return p.r.PostForm.Get(name)
	}
	return p.r.URL.Query().Get(name)
}

// T returns a text in the visitor's language.
func (f picked) T(it, en string) string {
	if f.Lang == "en" {
		return en
	}
	return it
}

// Type returns of which type the field for the day is.
func (f picked) Type() string {
	if f.Plain {
		return "text"
	}
	return "date"
}

// Seconds reports whether the hour has seconds.
func (f picked) Seconds() bool { return len(f.Hour) > 5 }

// Banner says plainly from which times the register is looked at; empty: from now.
func (p auditPage) Banner() (list []string) {
	switch {
	case p.Known == "":
	case isPosition(p.Known):
		list = append(list, p.T("Come il registro lo sapeva alla posizione ", "As the register knew it at position ")+p.Known)
	default:
		list = append(list, p.T("Come il registro lo sapeva il ", "As the register knew it on ")+p.spoken(p.Known))
	}
	if p.Happened != "" {
		list = append(list, p.T("Per quanto era accaduto entro il ", "By what had happened until ")+p.spoken(p.Happened))
	}
	return list
}

// spoken returns a moment as it is read: "30 giugno 2022 alle 23:59".
func (p auditPage) spoken(text string) string {
	hour := ""
	t, err := domain.ParseTime(text)
	if err != nil {
		day := domain.Day(text)
		if !day.Valid() {
			return text
		}
		t, hour = day.Start(), p.T(", a fine giornata", ", at the end of the day")
	}
	t = t.In(domain.Rome)
	if hour == "" {
		hour = p.T(" alle ", " at ") + t.Format("15:04")
	}
	if t.Second() != 0 {
		hour += t.Format(":05")
	}
	if p.Lang == "en" {
		return t.Format("2 January 2006") + hour
	}
	return t.Format("2 ") + monthsIT[t.Month()-1] + t.Format(" 2006") + hour
}
