package bench_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rounds is how often each side of a comparison is measured, in turns, because
// the disk has moods; the median counts.
const rounds = 5

func slice() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("TAVOLI_BENCH_SLICE")); err == nil {
		return d
	}
	return 2 * time.Second
}

// compare measures sides in turns and returns the median of each.
func compare(b *testing.B, sides ...func() (float64, error)) []float64 {
	b.Helper()
	all := make([][]float64, len(sides))
	for range rounds {
		for i, side := range sides {
			r, err := side()
			if err != nil {
				b.Fatal(err)
			}
			all[i] = append(all[i], r)
		}
	}
	medians := make([]float64, len(sides))
	for i, list := range all {
		slices.Sort(list)
		medians[i] = list[len(list)/2]
	}
	return medians
}

// once lets a benchmark that times itself count as one operation.
func once(b *testing.B, f func()) {
	done := false
	for b.Loop() {
		if !done {
			f()
		}
		done = true
	}
}

// BenchmarkRegister registers people durably over HTTP on 200 tavoli: against the
// same handler with the store switched off (60 % is due) and against single-row
// inserts into PostgreSQL over as many connections (twice is due).
func BenchmarkRegister(b *testing.B) {
	for _, connections := range []int{64, 256} {
		b.Run(fmt.Sprintf("%d connections", connections), func(b *testing.B) {
			durable, idle := spread(b, connections), spread(b, connections)
			idle.store.off.Store(true)
			sides := []func() (float64, error){durable.people, idle.people}
			p, err := startPostgres(b)
			missing := errors.Is(err, errNoPostgres)
			if err != nil && !missing {
				b.Fatal(err)
			}
			if !missing {
				entry := []byte(strings.Repeat("x", 450))
				sides = append(sides, func() (float64, error) { return p.inserts(b.Context(), connections, slice(), entry) })
			}
			once(b, func() {
				m := compare(b, sides...)
				b.Logf("%d connections: %.0f registrations/s, %.0f with the store switched off", connections, m[0], m[1])
				b.ReportMetric(m[0], "registrations/s")
				b.ReportMetric(m[0]/m[1], "of-store-off")
				if missing {
					b.Log(err)
					return
				}
				b.Logf("%d connections: PostgreSQL %.0f inserts/s", connections, m[2])
				b.ReportMetric(m[0]/m[2], "x-postgres")
			})
		})
	}
}

// A crowd registers on the tavoli of a register.
type crowd struct {
	*register
	connections int
}

func spread(b *testing.B, connections int) crowd {
	b.Helper()
	r := startRegister(b)
	r.convene(b, "spread-", 200)
	return crowd{r, connections}
}

func (c crowd) people() (float64, error) {
	return load(c.connections, slice(), c.address, func(_, n int) []byte { return c.registration("spread-" + strconv.Itoa(n%200)) })
}

// BenchmarkHotTavolo registers people on one tavolo, against the same on 200: 70 %
// is due.
func BenchmarkHotTavolo(b *testing.B) {
	r := startRegister(b)
	r.convene(b, "spread-", 200)
	hot := 0
	spread := func() (float64, error) {
		return load(64, slice(), r.address, func(_, n int) []byte { return r.registration("spread-" + strconv.Itoa(n%200)) })
	}
	one := func() (float64, error) {
		hot++
		return load(64, slice(), r.address, func(_, _ int) []byte { return r.registration("spread-" + strconv.Itoa(hot)) })
	}
	once(b, func() {
		m := compare(b, spread, one)
		b.Logf("%.0f registrations/s on 200 tavoli, %.0f on one", m[0], m[1])
		b.ReportMetric(m[1], "registrations/s")
		b.ReportMetric(m[1]/m[0], "of-spread")
	})
}

// BenchmarkRoster asks for a roster of 50 rows over 64 connections, against
// net/http writing the same bytes from memory: 60 % is due.
func BenchmarkRoster(b *testing.B) {
	r := startRegister(b)
	r.convene(b, "roster-", 1)
	for range 50 {
		r.mustSend(b, r.registration("roster-0"))
	}
	ask := r.request("GET", "/tavoli/roster-0/roster", "")
	bytes := r.body(b, "/api/v1/tavoli/roster-0/roster")
	plain := serveBytes(b, bytes)
	once(b, func() {
		m := compare(b,
			func() (float64, error) {
				return load(64, slice(), plain, func(_, _ int) []byte { return ask })
			},
			func() (float64, error) {
				return load(64, slice(), r.address, func(_, _ int) []byte { return ask })
			})
		b.Logf("%.0f rosters/s of %d bytes, net/http %.0f answers/s of the same", m[1], len(bytes), m[0])
		b.ReportMetric(m[1], "rosters/s")
		b.ReportMetric(m[1]/m[0], "of-net/http")
	})
}

func (r *register) mustSend(b *testing.B, request []byte) {
	b.Helper()
	c, err := dial(r.address)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if err := c.ask(request); err != nil {
		b.Fatal(err)
	}
}

// body returns what a question is answered with, once it has been asked twice so
// that whatever is kept ready is ready.
func (r *register) body(b *testing.B, path string) []byte {
	b.Helper()
	var body []byte
	for range 2 {
		w := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
		req.Header.Set("Authorization", "Bearer "+consoleToken)
		r.handler.ServeHTTP(w, req)
		if w.Code != http.StatusOK {
			b.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		body = w.Body.Bytes()
	}
	return body
}

// serveBytes answers everything with the same bytes.
func serveBytes(b *testing.B, body []byte) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	})}
	go func() { _ = srv.Serve(listener) }()
	b.Cleanup(func() { _ = srv.Close() })
	return listener.Addr().String()
}
