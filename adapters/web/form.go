package web

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tavoli/domain"
)

// A form is what a body may look like: the fields of one or more structs, which
// are read from the same object.
type form struct {
	types  []reflect.Type
	fields map[string]formField
}

type formField struct {
	index int // of the field in the form
	from  int // of the struct in types
	typ   reflect.Type
}

// newForm returns the form of the structs given.
func newForm(types ...reflect.Type) *form {
	f := &form{types: types, fields: make(map[string]formField)}
	for i, t := range types {
		for _, field := range jsonFields(t) {
			if _, taken := f.fields[field.name]; !taken {
				f.fields[field.name] = formField{len(f.fields), i, field.typ}
			}
		}
	}
	if len(f.fields) > 64 {
		panic("web: a form has more than 64 fields: " + types[0].String())
	}
	return f
}

// A jsonField is a field of a struct as JSON has it.
type jsonField struct {
	name     string
	typ      reflect.Type
	optional bool
	quoted   bool // a number written as a text
	doc      string
}

// jsonFields lists the fields of a struct, those of embedded structs among them.
func jsonFields(t reflect.Type) (list []jsonField) {
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "":
			embedded := field.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			list = append(list, jsonFields(embedded)...)
		case name == "-" || !field.IsExported():
		default:
			if name == "" {
				name = field.Name
			}
			optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
			quoted := slices.Contains(strings.Split(options, ","), "string")
			list = append(list, jsonField{name, field.Type, optional, quoted, field.Tag.Get("doc")})
		}
	}
	return list
}

// forms keeps the forms of structs inside of bodies.
type formCache struct{ byType sync.Map }

func (c *formCache) of(t reflect.Type) *form {
	if f, ok := c.byType.Load(t); ok {
		return f.(*form)
	}
	f, _ := c.byType.LoadOrStore(t, newForm(t))
	return f.(*form)
}

// inner are the forms met so far; it only saves work.
var inner formCache

var (
	textReader = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonReader = reflect.TypeFor[json.Unmarshaler]()
)

// maxFaults is how many faults of one body are told.
const maxFaults = 20

// A walker compares a valid JSON document with a form.
type walker struct {
	data   []byte
	at     int
	path   []string
	faults []domain.Field
}

// document compares the whole and returns which structs of the form have a field in it.
func (w *walker) document(f *form) (used uint64) {
	w.space()
	if w.data[w.at] != '{' {
		w.fault("wrong-type", "must be an object")
		return 0
	}
	return w.object(f)
}

func (w *walker) fault(code, text string) {
	if len(w.faults) < maxFaults {
		w.faults = append(w.faults, domain.Field{Pointer: w.pointer(), Code: code, Text: text})
	}
}

// pointer returns where the walker is (RFC 6901).
func (w *walker) pointer() string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, part := range w.path {
		b.WriteString("/" + escape.Replace(part))
	}
	return b.String()
}

func (w *walker) space() {
	for w.at < len(w.data) {
		switch w.data[w.at] {
		case ' ', '\t', '\n', '\r':
			w.at++
		default:
			return
		}
	}
}

// object compares an object with a form; the walker stands at its brace.
func (w *walker) object(f *form) (used uint64) {
	var seen uint64
	w.at++
	for {
		w.space()
		switch w.data[w.at] {
		case '}':
			w.at++
			return used
		case ',':
			w.at++
			w.space()
		}
		field, name, known := w.key(f)
		w.path = append(w.path, name)
		switch {
		case !known:
			w.fault("unknown-field", "there is no such field")
			w.skip()
		case seen&(1<<field.index) != 0:
			w.fault("duplicate-field", "is given twice")
			w.skip()
		default:
			seen |= 1 << field.index
			used |= 1 << field.from
			w.value(field.typ)
		}
		w.path = w.path[:len(w.path)-1]
	}
}

// key reads a key and the colon after it.
func (w *walker) key(f *form) (field formField, name string, known bool) {
	start := w.at
	escaped := w.text()
	raw := w.data[start+1 : w.at-1]
	w.space()
	w.at++ // the colon
	w.space()
	if escaped {
		name = unquote(w.data[start : start+len(raw)+2])
	} else {
		name = string(raw)
	}
	field, known = f.fields[name]
	return field, name, known
}

func unquote(literal []byte) string {
	var text string
	_ = json.Unmarshal(literal, &text) // the document is valid
	return text
}

// text skips a string and reports whether it has escapes.
func (w *walker) text() (escaped bool) {
	for w.at++; w.data[w.at] != '"'; w.at++ {
		if w.data[w.at] == '\\' {
			escaped = true
			w.at++
		}
	}
	w.at++
	return escaped
}

// skip skips a value.
func (w *walker) skip() {
	switch w.data[w.at] {
	case '"':
		w.text()
	case '{', '[':
		w.nested()
	default:
		for w.at < len(w.data) && !strings.ContainsRune(",]} \t\r\n", rune(w.data[w.at])) {
			w.at++
		}
	}
}

// nested skips an object or an array.
func (w *walker) nested() {
	for depth := 0; ; {
		switch w.data[w.at] {
		case '"':
			w.text()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		w.at++
		if depth == 0 {
			return
		}
	}
}

// value compares a value with a type. null is the same as absent.
func (w *walker) value(t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	start := w.at
	first := w.data[start]
	switch {
	case first == 'n':
		w.skip()
	case t.Kind() == reflect.Struct && first == '{' && !implements(t, jsonReader):
		w.object(inner.of(t))
	case t.Kind() == reflect.Slice && first == '[' && t.Elem().Kind() != reflect.Uint8:
		w.array(t.Elem())
	default:
		w.skip()
		if text := mismatch(t, w.data[start:w.at]); text != "" {
			w.fault("wrong-type", text)
		}
	}
}

func (w *walker) array(t reflect.Type) {
	w.at++
	for i := 0; ; i++ {
		w.space()
		switch w.data[w.at] {
		case ']':
			w.at++
			return
		case ',':
			w.at++
			w.space()
		}
		w.path = append(w.path, strconv.Itoa(i))
		w.value(t)
		w.path = w.path[:len(w.path)-1]
	}
}

func implements(t, what reflect.Type) bool { return reflect.PointerTo(t).Implements(what) }

// mismatch says why a value cannot be read as a type, or nothing.
func mismatch(t reflect.Type, literal []byte) string {
	var err error
	switch {
	case implements(t, jsonReader), implements(t, textReader):
		if err = json.Unmarshal(literal, reflect.New(t).Interface()); err != nil {
			return "cannot be read: " + err.Error()
		}
		return ""
	case t.Kind() == reflect.String && literal[0] != '"':
		return "must be a string"
	case t.Kind() == reflect.Bool && literal[0] != 't' && literal[0] != 'f':
		return "must be true or false"
	case t.Kind() == reflect.Struct:
		return "must be an object"
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		return "must be an array"
	case reflect.Int <= t.Kind() && t.Kind() <= reflect.Uint64:
		if err = json.Unmarshal(literal, reflect.New(t).Interface()); err != nil {
			return "must be a whole number"
		}
	}
	return ""
}
