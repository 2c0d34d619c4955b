package pages

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"

	"tavoli/domain"
)

// An api asks the API on behalf of a visitor.
type api struct {
	handler http.Handler
	token   string
	lang    string
	from    *http.Request // the visitor's own request
}

// A problem is what the API answers when it does not do what is asked.
type problem struct {
	Title       string           `json:"title"`
	Status      int              `json:"status"`
	Detail      string           `json:"detail"`
	Code        string           `json:"code"`
	Request     string           `json:"request"`
	Errors      []domain.Field   `json:"errors"`
	Participant *domain.PersonID `json:"participant"`
}

// Error implements error.
func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// statusOf returns the status of a problem, or 0.
func statusOf(err error) int {
	if p, ok := errors.AsType[*problem](err); ok {
		return p.Status
	}
	return 0
}

// get asks for something and decodes the answer.
func (a api) get(ctx context.Context, path string, query url.Values, into any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return a.do(ctx, http.MethodGet, path, nil, nil, into)
}

// post asks for something to happen. The key makes a repetition harmless; without
// one a repetition is another request.
func (a api) post(ctx context.Context, path, key string, body, into any) error {
	header := http.Header{"Content-Type": {"application/json"}}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	if body == nil {
		body = struct{}{}
	}
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return a.do(ctx, http.MethodPost, path, header, sent, into)
}

// do sends a request to the API and decodes the answer, unless into is nil.
func (a api) do(ctx context.Context, method, path string, header http.Header, body []byte, into any) error {
	req, err := a.request(ctx, method, path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	maps.Copy(req.Header, header)
	w := &answer{header: make(http.Header)}
	a.handler.ServeHTTP(w, req)
	switch {
	case w.status >= 400:
		return readProblem(w)
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(w.body.Bytes(), into); err != nil {
		return fmt.Errorf("the answer to %s %s: %w", method, req.URL.Path, err)
	}
	return nil
}

// request makes a request in the visitor's name.
func (a api) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, "/api/v1"+path, body)
	if err != nil {
		return nil, err
	}
	req.RequestURI = req.URL.RequestURI()
	req.RemoteAddr, req.Host = a.from.RemoteAddr, a.from.Host
	for _, name := range forwarded {
		if v := a.from.Header.Values(name); len(v) > 0 {
			req.Header[name] = v
		}
	}
	req.Header.Set("Accept-Language", a.lang)
	if a.from.Header.Get("Sec-Fetch-Dest") == "empty" { // a script asks, not somebody
		req.Header.Set("Tavoli-Unattended", "1")
	}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	return req, nil
}

// forwarded are the headers of a visitor's request that tell where it came from.
var forwarded = []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id", "User-Agent"}

func readProblem(w *answer) error {
	p := &problem{Status: w.status}
	if err := json.Unmarshal(w.body.Bytes(), p); err != nil {
		return fmt.Errorf("the API answered %d without a problem document: %w", w.status, err)
	}
	p.Status = w.status
	return p
}

// An answer takes in what the API answers.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (w *answer) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *answer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
}

// Write implements [http.ResponseWriter].
func (w *answer) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// asRefusal returns the problem of an error that a visitor can do something about.
func asRefusal(err error) (*problem, bool) {
	p, ok := errors.AsType[*problem](err)
	return p, ok && p.Status >= 400 && p.Status < 500 && p.Status != http.StatusUnauthorized
}

// asProblem returns what the API answered when it did not do what was asked, or nil.
func asProblem(err error) *problem {
	p, _ := errors.AsType[*problem](err)
	return p
}
