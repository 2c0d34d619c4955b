package web

import (
	"encoding/json"
	"maps"
	"reflect"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// schemas are the JSON schemas of the types that are asked and answered, by name.
type schemas struct {
	built object
	types map[string]reflect.Type
}

func newSchemas() *schemas { return &schemas{make(object), make(map[string]reflect.Type)} }

// words lists what a text of a type may be.
var words = map[reflect.Type][]string{
	typeOf[domain.Mode]():              {"in-presence", "online", "mixed"},
	typeOf[domain.TavoloState]():       {"planned", "announced", "convened", "open", "closed", "called-off"},
	typeOf[domain.RegistrationState](): {"registered", "waiting", "confirmed", "withdrawn", "refused", "pending", "lapsed"},
	typeOf[domain.Capacity]():          texts(domain.Capacities),
	typeOf[domain.EnteKind]():          texts(domain.EnteKinds),
	typeOf[domain.Role]():              texts(domain.Roles),
	typeOf[projections.Through]():      texts(projections.Throughs),
	typeOf[projections.TaskKind]():     texts(projections.TaskKinds),
	typeOf[domain.SaiCategory]():       {"ordinari", "minori", "dm-ds"},
	typeOf[domain.PartnerRole]():       {"capofila", "partner"},
	typeOf[domain.SpeakerRole]():       {"speaker", "coordinator", "greeting", "author"},
	typeOf[domain.MaterialKind]():      {"programme", "invitation", "slides", "video", "note", "other"},
	typeOf[domain.RectifiedField]():    {"schedule", "subject", "place", "platform", "mode", "protocol", "ordinal"},
	typeOf[domain.Source]():            {"desk", "sheet", "platform", "statement", "self"},
	typeOf[domain.ReportRows]():        {"present", "registered"},
	typeOf[domain.ReportSource]():      texts(domain.ReportSources),
	typeOf[projections.CellKind]():     {"text", "number", "day", "time"},
	typeOf[projections.NetworkRole]():  {"capofila", "partner", "coordinamento", "ente-gestore"},
	typeOf[domain.EvidenceKind]():      {"scan", "signature-sheet", "platform-report", "statement", "confirmation"},
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = string(t)
	}
	return out
}

// plainSchemas are types that are not what they look like.
var plainSchemas = map[reflect.Type]object{
	typeOf[time.Time]():       {"type": "string", "format": "date-time"},
	typeOf[uuid.UUID]():       {"type": "string", "format": "uuid"},
	typeOf[json.RawMessage](): {"type": "object"},
	typeOf[domain.Day]():      {"type": "string", "format": "date", "description": "a day in Italy"},
	typeOf[domain.Moment]():   {"type": "string", "description": "RFC 3339 with an offset, or a local time of Italy: 2022-05-25T15:00"},
	typeOf[domain.Position](): {"type": "integer", "format": "int64", "minimum": 0},
	typeOf[domain.Revision](): {"type": "integer", "format": "int64", "minimum": -1},
	typeOf[time.Duration]():   {"type": "integer", "format": "int64", "description": "nanoseconds"},
}

// of returns the schema of a type, as a reference where it has a name.
func (s *schemas) of(t reflect.Type) object {
	if plain, ok := plainSchemas[t]; ok {
		return maps.Clone(plain)
	}
	if list, ok := words[t]; ok {
		return object{"type": "string", "enum": list}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Struct:
		return s.named(t)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{"type": "string", "contentEncoding": "base64"}
		}
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Float64:
		return object{"type": "number", "format": "double"}
	case reflect.Interface:
		return object{"type": []string{"object", "array", "string", "number", "boolean", "null"}}
	}
	return object{"type": "integer", "format": "int64"}
}

// named returns a reference to the schema of a struct, building it if need be.
func (s *schemas) named(t reflect.Type) object {
	ref := object{"$ref": "#/components/schemas/" + t.Name()}
	if known, ok := s.types[t.Name()]; ok {
		if known != t {
			panic("web: two types are named " + t.Name() + ": " + known.PkgPath() + " and " + t.PkgPath())
		}
		return ref
	}
	s.types[t.Name()] = t
	schema, required := s.properties(jsonFields(t))
	schema["type"] = "object"
	if len(required) > 0 {
		schema["required"] = required
	}
	s.built[t.Name()] = schema
	return ref
}

func (s *schemas) properties(fields []jsonField) (schema object, required []string) {
	properties := make(object)
	for _, f := range fields {
		if _, shadowed := properties[f.name]; shadowed {
			continue
		}
		property := s.of(f.typ)
		if f.quoted {
			property = object{"type": "string"}
		}
		if text := f.doc; text != "" || fieldDocs[f.name] != "" {
			if text == "" {
				text = fieldDocs[f.name]
			}
			if _, told := property["description"]; !told {
				property["description"] = text
			}
		}
		properties[f.name] = property
		if !f.optional && f.typ.Kind() != reflect.Interface {
			required = append(required, f.name)
		}
	}
	return object{"properties": properties}, required
}

// request returns the schema of a body: the fields of all its structs, none of
// which the form itself requires, and no others.
func (s *schemas) request(types []reflect.Type) object {
	name := requestName(types[0])
	if _, ok := s.types[name]; !ok {
		s.types[name] = types[0]
		var fields []jsonField
		for _, t := range types {
			fields = append(fields, jsonFields(t)...)
		}
		schema, _ := s.properties(fields)
		schema["type"], schema["additionalProperties"] = "object", false
		s.built[name] = schema
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// requestName returns what a body is called.
func requestName(t reflect.Type) string {
	if t == typeOf[registering]() {
		return "RegisterParticipant"
	}
	return t.Name()
}
