package web_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"mime"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"tavoli/adapters/web"
)

var update = flag.Bool("update", false, "write docs/openapi.json")

const documentFile = "../../docs/openapi.json"

// TestDocumentIsWritten compares the document with the one in docs.
func TestDocumentIsWritten(t *testing.T) {
	got := web.Document()
	if *update {
		if err := os.WriteFile(documentFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(documentFile)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the routes say: run make golden (%v)", documentFile, err)
	}
}

// A contract holds answers to the API document.
type contract struct {
	code string // opens a registration still
	*testing.T
	register *register
	doc      *openapi3.T
	seen     map[string]bool // route and status
	good     map[string]step // a request of each route that is carried out
}

// A step is one request of the script.
type step struct {
	route  string
	path   string
	body   string
	status int
	opts   []option
}

func loadDocument(t *testing.T, data []byte) *openapi3.T {
	t.Helper()
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(data)
	if err == nil {
		err = doc.Validate(loader.Context)
	}
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// closed returns the document with every object of an answer closed, so that a
// field that is answered and not documented is found.
func closed(t *testing.T, data []byte) []byte {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	for _, schema := range doc["components"].(map[string]any)["schemas"].(map[string]any) {
		if s := schema.(map[string]any); s["type"] == "object" {
			s["additionalProperties"] = false
		}
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// operation returns what the document says of a route.
func (c *contract) operation(name string) (path, method string, op *openapi3.Operation) {
	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.OperationID == name {
				return path, method, op
			}
		}
	}
	c.Fatalf("no route is called %s", name)
	return "", "", nil
}

// do sends the request of a step and holds the answer to the document.
func (c *contract) do(s step) reply {
	c.Helper()
	_, method, op := c.operation(s.route)
	opts := append([]option{}, s.opts...)
	var a reply
	if method == "GET" {
		a = c.register.get(s.path, opts...)
	} else {
		a = c.register.ask(method, s.path, s.body, opts...)
	}
	if a.Status != s.status {
		c.Fatalf("%s: %s %s %s: got %d %s, want %d", s.route, method, s.path, s.body, a.Status, a.Body, s.status)
	}
	if _, ok := c.good[s.route]; !ok && a.Status < 300 {
		c.good[s.route] = s
	}
	c.holds(s, op, a)
	return a
}

// holds checks that an answer is documented and looks as documented.
func (c *contract) holds(s step, op *openapi3.Operation, a reply) {
	c.Helper()
	response := op.Responses.Status(a.Status)
	if response == nil && a.Status < 500 {
		c.Fatalf("%s answers %d, which is not documented", s.route, a.Status)
	}
	if response == nil {
		response = op.Responses.Default()
	}
	c.seen[fmt.Sprintf("%s %d", s.route, a.Status)] = true
	for name := range response.Value.Headers {
		if a.Header.Get(name) == "" && name != "Location" && name != "X-RateLimit-Reset" {
			c.Errorf("%s %d lacks the header %s", s.route, a.Status, name)
		}
	}
	if len(a.Body) == 0 {
		return
	}
	media, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	content := response.Value.Content.Get(media)
	if err != nil || content == nil {
		c.Errorf("%s %d answers %q, which is not documented", s.route, a.Status, media)
		return
	}
	if !strings.HasSuffix(media, "json") {
		return
	}
	documents := [][]byte{a.Body}
	if media == "application/x-ndjson" {
		documents = slices.Collect(bytes.Lines(a.Body))
	}
	for _, one := range documents {
		var value any
		if err := json.Unmarshal(one, &value); err != nil {
			c.Fatal(err)
		}
		if err := content.Schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020(), openapi3.MultiErrors()); err != nil {
			c.Errorf("%s %d: %.2000s", s.route, a.Status, err.Error())
		}
	}
}

func TestDocumentAndAnswers(t *testing.T) {
	r := newRegister(t, severalNodes, vouched, func(s *web.Server) { s.Admin, s.Limits.FormBurst = adminOfTests(), 60 })
	c := &contract{T: t, register: r, doc: loadDocument(t, closed(t, web.Document())), seen: make(map[string]bool), good: make(map[string]step)}
	c.story()
	c.nodes()
	without := r.token("without", "")
	for _, rt := range documentedRoutes(t) {
		c.usual(rt, without)
	}
	r.server.Stop()
	c.do(step{"readyz", "//readyz", "", 503, nil})
	for _, rt := range documentedRoutes(t) {
		for status := range rt.operation["responses"].(map[string]any) {
			name := rt.operation["operationId"].(string) + " " + status
			if status != "default" && !c.seen[name] {
				t.Errorf("%s is documented and was never seen", name)
			}
		}
	}
}

// usual asks a route for everything that any route of its kind answers.
func (c *contract) usual(rt documented, without string) {
	name := rt.operation["operationId"].(string)
	good, ok := c.good[name]
	if !ok {
		c.Errorf("no request of %s was ever carried out", name)
		return
	}
	for status := range rt.operation["responses"].(map[string]any) {
		if s, ok := c.bad(rt, good, status, without); ok && !c.seen[name+" "+status] {
			c.do(s)
		}
	}
}

// bad returns a request that is answered with a status, made from a good one.
func (c *contract) bad(rt documented, good step, status, without string) (step, bool) {
	s := good
	s.opts = append([]option{key(fmt.Sprintf("%s-%s", good.route, status))}, good.opts...)
	if n, err := strconv.Atoi(status); err == nil {
		s.status = n
	}
	glue := "?"
	if strings.Contains(s.path, "?") {
		glue = "&"
	}
	with := func(o option) (step, bool) {
		s.opts = append(s.opts, o)
		return s, true
	}
	switch status {
	case "304":
		return with(header("If-None-Match", "*"))
	case "400":
		s.path += glue + "no_such_parameter=1"
		return s, true
	case "401":
		return with(nobody)
	case "403":
		return with(as(without))
	case "404":
		s.path = filled(strings.TrimPrefix(strings.ReplaceAll(rt.path, "{programma}", "none"), "/api/v1")) + regexp.MustCompile(`^[^?]*`).ReplaceAllString(good.path, "")
		return s, true
	case "412":
		s.body = regexp.MustCompile(`"code":"[a-z0-9-]{29}"`).ReplaceAllString(s.body, `"code":"`+c.code+`"`)
		return with(header("If-Match", `"999999"`))
	case "413":
		s.body = `{}`
		return with(func(r *http.Request) { r.ContentLength = 64 << 20; r.Header.Set("Content-Type", "application/json") })
	case "415":
		s.body = "x"
		return with(header("Content-Type", "no type"))
	case "422":
		if rt.method == "GET" {
			s.path += glue + "at_least=99999999"
			return s, true
		}
		if good.route == "file-evidence" {
			s.path += "&effective_at=ieri"
			return s, true
		}
		if s.body = `{"effective_at":"ieri"}`; ofThePublic(rt.path) {
			s.body = `{}`
		}
		return with(header("Content-Type", "application/json"))
	}
	return s, false
}

// TestDocumentFollowsTheRules holds the document to the Italian rules for APIs of
// public bodies (ModI), as far as a document can follow them.
func TestDocumentFollowsTheRules(t *testing.T) {
	doc := loadDocument(t, web.Document())
	kebab, snake := regexp.MustCompile(`^(/(\{\w+\}|[a-z0-9-]+|openapi\.json|style\.css)?)+$`), regexp.MustCompile(`^[a-z0-9_]+$`)
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(doc.Info.Version) || doc.Info.Contact == nil || doc.Info.Extensions["x-summary"] == nil {
		t.Errorf("the information is not complete: %+v", doc.Info)
	}
	if doc.Paths.Find("/status") == nil {
		t.Error("there is no /status")
	}
	for path, item := range doc.Paths.Map() {
		if !kebab.MatchString(path) {
			t.Errorf("%s is not in kebab case", path)
		}
		for method, op := range item.Operations() {
			if op.Summary == "" || op.Responses.Default() == nil || method == "GET" && op.RequestBody != nil {
				t.Errorf("%s %s lacks something", method, path)
			}
			if method != "GET" && !strings.HasPrefix(path, "/api/v1/sessions") && path != "/api/v1/invitations/acceptance" && !ofThePublic(path) && (op.Security == nil || len(*op.Security) == 0) {
				t.Errorf("%s %s takes no token", method, path)
			}
			for _, p := range op.Parameters {
				if p.Value.Description == "" && p.Value.In != "path" || p.Value.Schema == nil || len(p.Value.Schema.Value.Type.Slice()) == 0 {
					t.Errorf("%s %s: the parameter %s is not described", method, path, p.Value.Name)
				}
			}
		}
	}
	for name, schema := range doc.Components.Schemas {
		for field, property := range schema.Value.Properties {
			if !snake.MatchString(field) {
				t.Errorf("%s.%s is not in snake case", name, field)
			}
			if v := property.Value; v != nil && slices.Contains(v.Type.Slice(), "integer") && v.Format == "" {
				t.Errorf("%s.%s is a number without a format", name, field)
			}
		}
	}
}
