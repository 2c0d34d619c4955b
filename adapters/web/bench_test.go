package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"tavoli/adapters/web"
)

// quiet keeps the log and the rate limit out of a measurement.
func quiet(s *web.Server) {
	s.Log = nil
	s.Limits.Rate, s.Limits.Burst = 1e9, 1e9
}

// A sink takes an answer and keeps nothing of it.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

// BenchmarkHandler measures what the handler itself takes, without a network and
// with everything in memory.
func BenchmarkHandler(b *testing.B) {
	r := newRegister(b, quiet)
	for i := range 100 {
		r.convened(fmt.Sprintf("t-%d", i), "")
	}
	for i := range 50 {
		r.post("/tavoli/t-0/registrations", fmt.Sprintf(`{"given_name":"Anna","family_name":"Invitata %d"}`, i))
	}
	var n atomic.Int64
	serve := func(b *testing.B, next func() *http.Request) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				w := &sink{header: make(http.Header)}
				if r.handler.ServeHTTP(w, next()); w.status >= 300 {
					b.Errorf("got %d", w.status)
					return
				}
			}
		})
	}
	b.Run("roster", func(b *testing.B) {
		serve(b, func() *http.Request { return plain("GET", "/api/v1/tavoli/t-0/roster", "") })
	})
	b.Run("registration", func(b *testing.B) {
		serve(b, func() *http.Request {
			i := n.Add(1)
			return plain("POST", fmt.Sprintf("/api/v1/tavoli/t-%d/registrations", i%100), fmt.Sprintf(`{"given_name":"Ugo","family_name":"Invitato %d"}`, i))
		})
	})
}

// plain returns a request with as little around it as can be.
func plain(method, path, body string) *http.Request {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header["Authorization"] = []string{"Bearer " + consoleToken}
	req.Header["Content-Type"] = []string{"application/json"}
	return req
}
