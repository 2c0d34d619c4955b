package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// apiVersion is the version of the API, whatever the program's.
const apiVersion = "1.0.0"

// object is a JSON object under construction.
type object = map[string]any

// Document returns the OpenAPI document of everything that can be asked, indented.
func Document() []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, document(table()), "", "  "); err != nil {
		panic("web: the document is not JSON: " + err.Error())
	}
	return b.Bytes()
}

// document returns the OpenAPI document of a table.
func document(routes []route) []byte {
	d := &documenting{schemas: newSchemas()}
	paths := make(object)
	for i := range routes {
		rt := &routes[i]
		at, ok := paths[rt.pattern()].(object)
		if !ok {
			at = make(object)
			paths[rt.pattern()] = at
		}
		at[strings.ToLower(rt.method)] = d.operation(rt)
	}
	d.schemas.of(typeOf[Problem]())
	return encode(object{
		"openapi": "3.1.0", "info": information, "servers": []object{{"url": "/", "description": "this register", "x-sandbox": true}},
		"tags": d.tags(routes), "paths": paths,
		"components": object{
			"schemas":         d.schemas.built,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": "a token issued by an administrator"}},
			"responses":       d.problems(), "headers": headers,
		},
	})
}

var information = object{
	"title": "Tavoli", "version": apiVersion, "summary": "Il registro dei tavoli di un programma",
	"x-summary":   "Il registro dei tavoli di un programma: convocazioni, iscrizioni, presenze, correzioni.",
	"description": "Chi è stato convocato, iscritto e presente ai tavoli, e che cosa il registro diceva in ogni momento. · Who was convened, registered and present, and what the register said at any moment.\n\nEvery write takes `Idempotency-Key` and may insist on a revision with `If-Match`; its answer carries the position, which a question takes as `at_least`. Questions take `effective_at` (what had happened by then) and `known_at` (what the register knew by then). Errors are problem documents (RFC 9457).",
	"contact":     object{"name": "ANCI Sicilia", "url": "https://www.anci.sicilia.it"},
	"license":     object{"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
}

// headers are what answers carry.
var headers = object{
	"Tavoli-Position":       object{"description": "the position of the answer, for at_least", "schema": object{"type": "string"}},
	"ETag":                  object{"description": "of what is shown, for If-None-Match and If-Match", "schema": object{"type": "string"}},
	"Location":              object{"description": "where what was made can be found", "schema": object{"type": "string"}},
	"X-Request-Id":          object{"description": "the id of the request, as in the log", "schema": object{"type": "string"}},
	"X-RateLimit-Limit":     object{"description": "how many requests may come at once", "schema": object{"type": "integer", "format": "int32"}},
	"X-RateLimit-Remaining": object{"description": "how many may come now", "schema": object{"type": "integer", "format": "int32"}},
	"X-RateLimit-Reset":     object{"description": "seconds until all of them may", "schema": object{"type": "integer", "format": "int32"}},
	"Retry-After":           object{"description": "seconds after which to try again", "schema": object{"type": "integer", "format": "int32"}},
	"WWW-Authenticate":      object{"description": "how to sign in", "schema": object{"type": "string"}},
	"Allow":                 object{"description": "what may be done here", "schema": object{"type": "string"}},
}

func headerRefs(names ...string) object {
	refs := make(object)
	for _, name := range names {
		refs[name] = object{"$ref": "#/components/headers/" + name}
	}
	return refs
}

// A documenting builds a document.
type documenting struct{ schemas *schemas }

// tagOfPath returns what a route belongs to.
func tagOfPath(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	switch {
	case strings.HasPrefix(path, "//"), parts[0] == "status", parts[0] == "openapi.json":
		return "operations"
	case parts[0] == "tavoli" && len(parts) > 2 && (parts[2] == "registrations" || parts[2] == "roster"):
		return "registrations"
	case parts[0] == "tavoli" && len(parts) > 2 && (parts[2] == "presences" || parts[2] == "guests" || parts[2] == "evidence"):
		return "presences"
	case parts[0] == "me":
		return "accounts"
	}
	return parts[0]
}

func (d *documenting) tags(routes []route) (list []object) {
	seen := make(map[string]bool)
	for i := range routes {
		if tag := tagOfPath(routes[i].path); !seen[tag] {
			seen[tag] = true
			list = append(list, object{"name": tag})
		}
	}
	return list
}

// operation describes a route.
func (d *documenting) operation(rt *route) object {
	op := object{
		"operationId": rt.name, "summary": rt.summary, "tags": []string{tagOfPath(rt.path)},
		"responses": d.responses(rt), "security": []object{},
	}
	if rt.roles != nil {
		names := make([]string, len(rt.roles))
		for i, role := range rt.roles {
			names[i] = string(role)
		}
		op["security"] = []object{{"token": []string{}}}
		op["x-roles"] = names
		op["description"] = whoMay(rt, names)
	}
	if params := d.parameters(rt); len(params) > 0 {
		op["parameters"] = params
	}
	switch {
	case rt.body != nil:
		op["requestBody"] = object{"required": false, "content": object{"application/json": object{"schema": d.schemas.request(rt.body)}}}
	case rt.upload:
		op["requestBody"] = object{"required": true, "content": object{"*/*": object{"schema": object{"type": "string", "format": "binary"}}}}
	}
	return op
}

// whoMay says in words who may ask a route that is not open to everybody.
func whoMay(rt *route, roles []string) string {
	switch {
	case len(roles) == 0:
		return "For other nodes of the register alone."
	case rt.nodes:
		return "Roles: " + strings.Join(roles, ", ") + "; and other nodes of the register."
	}
	return "Roles: " + strings.Join(roles, ", ") + "."
}

var pathVariable = regexp.MustCompile(`\{(\w+)\}`)

// parameters lists what may stand in the path, the query and the headers.
func (d *documenting) parameters(rt *route) (list []object) {
	for _, m := range pathVariable.FindAllStringSubmatch(rt.path, -1) {
		list = append(list, object{"name": m[1], "in": "path", "required": true, "schema": variables[m[1]]})
	}
	for _, name := range rt.query {
		p := parameters[name]
		if special, ok := parameters[rt.name+"."+name]; ok {
			p = special
		}
		list = append(list, object{"name": name, "in": "query", "description": p.text, "schema": p.schema})
	}
	header := func(name, text string, schema object) {
		list = append(list, object{"name": name, "in": "header", "description": text, "schema": schema})
	}
	if rt.method == http.MethodPost && !rt.unkeyed && (rt.body != nil || rt.upload) {
		header("Idempotency-Key", "the same for every repetition of the same request; without one a repetition is another request", object{"type": "string", "minLength": 1, "maxLength": 255})
		header("If-Match", "the ETag that was read: the request is refused with 412 if it has changed since", object{"type": "string"})
	}
	if rt.tagged {
		header("If-None-Match", "ETags that are known: 304 if it is one of them", object{"type": "string"})
	}
	return list
}

// responses describes what a route answers.
func (d *documenting) responses(rt *route) object {
	out := object{"default": object{"$ref": "#/components/responses/problem"}}
	for _, status := range rt.statuses {
		switch {
		case status == http.StatusNotModified:
			out["304"] = object{"description": "it has not changed", "headers": headerRefs("ETag")}
		case status >= 400:
			out[strconv.Itoa(status)] = object{"$ref": "#/components/responses/" + strconv.Itoa(status)}
		default:
			out[strconv.Itoa(status)] = d.success(rt, status)
		}
	}
	return out
}

func (d *documenting) success(rt *route, status int) object {
	names := []string{"X-Request-Id"}
	if !rt.free {
		names = append(names, "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
	}
	if rt.body != nil || rt.upload {
		names = append(names, "Tavoli-Position", "ETag")
	} else if rt.tagged {
		names = append(names, "ETag")
	}
	if status == http.StatusCreated {
		names = append(names, "Location")
	}
	content := make(object)
	for media, text := range rt.media {
		content[media] = object{"schema": object{"type": "string", "description": text}}
		if media == asNDJSON[0] {
			content[media] = object{"schema": d.schemas.of(typeOf[FeedLine]()), "x-lines": text}
		}
	}
	if rt.answer != nil {
		content["application/json"] = object{"schema": d.schemas.of(rt.answer)}
	}
	return object{"description": successes[status], "headers": headerRefs(names...), "content": content}
}

var successes = map[int]string{200: "done; for what makes something: it was there already", 201: "made"}

// problems describes the errors there are.
func (d *documenting) problems() object {
	out := object{"problem": d.problem("any other trouble: 429, 500, 503, 507")}
	for _, status := range []int{400, 401, 403, 404, 406, 409, 412, 413, 415, 422, 429, 503} {
		out[strconv.Itoa(status)] = d.problem(http.StatusText(status) + " · " + titles[status])
	}
	out["401"].(object)["headers"] = headerRefs("X-Request-Id", "WWW-Authenticate")
	out["503"].(object)["headers"] = headerRefs("X-Request-Id", "Retry-After")
	return out
}

func (d *documenting) problem(text string) object {
	return object{
		"description": text, "headers": headerRefs("X-Request-Id"),
		"content": object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}},
	}
}
