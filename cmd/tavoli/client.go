package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// api is where the API lives.
const api = "/api/v1"

// A client speaks to the register's API.
type client struct {
	http  *http.Client
	base  string
	token string
	close func() error

	atLeast string // what was recorded when the command began; empty: not known
}

// A call is one request to the API.
type call struct {
	method string
	path   string // below /api/v1
	query  url.Values
	body   io.Reader // read once; only calls with raw can be repeated
	raw    []byte
	key    string // Idempotency-Key
	accept string
	media  string

	watched bool // whoever called wants to know how far the work is
}

// tries is how often a request with a key is repeated when its outcome is not
// known or the server is busy.
const tries = 5

// send sends a call and returns the answer if it is one of success. The caller
// closes its body.
func (c *client) send(ctx context.Context, call call) (*http.Response, error) {
	pause := 100 * time.Millisecond
	for n := 1; ; n++ {
		resp, err := c.once(ctx, call)
		again, after := repeatable(err)
		if err == nil || !again || call.key == "" || n == tries || ctx.Err() != nil {
			return resp, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(max(pause, after)):
			pause *= 2
		}
	}
}

// repeatable reports whether the same request may succeed later, and when at the
// earliest.
func repeatable(err error) (bool, time.Duration) {
	if p, ok := errors.AsType[*problem](err); ok {
		return p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests, p.after
	}
	_, network := errors.AsType[*url.Error](err)
	return network, 0
}

func (c *client) once(ctx context.Context, call call) (*http.Response, error) {
	req, err := c.request(ctx, call)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, readProblem(resp)
	}
	return resp, nil
}

func (c *client) request(ctx context.Context, call call) (*http.Request, error) {
	body := call.body
	if call.raw != nil {
		body = bytes.NewReader(call.raw)
	}
	target := c.base + api + call.path
	if len(call.query) > 0 {
		target += "?" + call.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, call.method, target, body)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"Idempotency-Key": call.key, "Accept": call.accept, "Content-Type": call.media} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if call.watched {
		req.Header.Set(progressHeader, "?1")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req, nil
}

// current lets a question see at least what was recorded before the command.
func (c *client) current(q url.Values) url.Values {
	set(q, "at_least", c.atLeast)
	return q
}

// get asks a question and returns the answer as it is.
func (c *client) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: path, query: query, accept: "application/json"})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// ask asks a question and reads the answer into a value.
func (c *client) ask(ctx context.Context, path string, query url.Values, into any) error {
	raw, err := c.get(ctx, path, query)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// tell sends a request that changes something and returns the answer.
func (c *client) tell(ctx context.Context, method, path, key string, body any) ([]byte, error) {
	raw, ok := body.([]byte)
	if !ok {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	resp, err := c.send(ctx, call{method: method, path: path, raw: raw, key: key, accept: "application/json", media: "application/json"})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// A problem is what the API says when it says no (RFC 9457).
type problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Errors []struct {
		Pointer string `json:"pointer"`
		Detail  string `json:"detail"`
	} `json:"errors"`

	after time.Duration // when it may be tried again
}

// Error implements error.
func (p *problem) Error() string {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	if p.Code != "" {
		text += " (" + p.Code + ")"
	}
	for _, e := range p.Errors {
		text += "\n  " + e.Pointer + ": " + e.Detail
	}
	return text
}

func (p *problem) exitCode() int {
	switch {
	case p.Status == http.StatusUnauthorized || p.Status == http.StatusForbidden:
		return exitForbidden
	case p.Status == http.StatusNotFound:
		return exitNotFound
	case p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests:
		return exitUnknown
	case p.Status < 500:
		return exitRefused
	}
	return exitFault
}

func readProblem(resp *http.Response) error {
	p := &problem{}
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20)) // of an answer that was cut off the status tells
	if json.Unmarshal(raw, p) != nil || p.Title == "" && p.Detail == "" {
		p.Title = fmt.Sprintf("il server ha risposto · the server answered %s", resp.Status)
		if text := strings.TrimSpace(string(raw)); text != "" && len(text) < 200 {
			p.Detail = p.Title + ": " + text
		}
	}
	p.Status = resp.StatusCode
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		p.after = time.Duration(seconds) * time.Second
	}
	return p
}
