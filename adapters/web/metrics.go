package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics counts what is asked. Labels are names of routes and statuses: nothing
// that comes from a request ever becomes one.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	feeds    prometheus.Gauge
	lines    prometheus.Counter
	replayed prometheus.Counter
	routes   map[string]*routeMetrics
}

// routeMetrics are the children of one route, so that they need not be looked up.
type routeMetrics struct {
	status  [600]prometheus.Counter // by status; nil: not met yet
	seconds prometheus.Observer
}

func (s *Server) newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tavoli_http_requests_total", Help: "Requests answered."}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tavoli_http_request_seconds", Help: "How long answers took.", Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 30},
		}, []string{"route"}),
		feeds:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "tavoli_audit_feeds", Help: "Audit feeds open now."}),
		lines:    prometheus.NewCounter(prometheus.CounterOpts{Name: "tavoli_audit_feed_lines_total", Help: "Lines written to audit feeds."}),
		replayed: prometheus.NewCounter(prometheus.CounterOpts{Name: "tavoli_http_replayed_total", Help: "Requests answered as before, by their idempotency key."}),
		routes:   make(map[string]*routeMetrics),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.feeds, m.lines, m.replayed, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("tavoli_http_requests_under_way", "Requests under way.", func() float64 { return float64(len(s.state.requests)) })
	gauge("tavoli_view_position", "The position the read models show.", func() float64 { return float64(s.View.Seen()) })
	gauge("tavoli_store_position", "The position of the newest entry.", func() float64 {
		head, err := s.Store.Head(context.Background())
		if err != nil {
			return -1
		}
		return float64(head)
	})
	for name, value := range s.Gauges {
		gauge(name, "A figure of another part.", value)
	}
	for i := range nowhere {
		m.know(&nowhere[i])
	}
	return m
}

// know prepares the children of a route.
func (m *metrics) know(rt *route) {
	r := &routeMetrics{seconds: m.seconds.WithLabelValues(rt.name)}
	for _, status := range []int{200, 201, 304, 400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 429, 500, 501, 503, 507} {
		r.status[status] = m.requests.WithLabelValues(rt.name, strconv.Itoa(status))
	}
	m.routes[rt.name] = r
}

func (m *metrics) observe(c *call, took time.Duration) {
	r := m.routes[c.route.name]
	r.seconds.Observe(took.Seconds())
	if c.status < len(r.status) && r.status[c.status] != nil {
		r.status[c.status].Inc()
	}
}

// serveMetrics answers /metrics.
func serveMetrics(c *call) error {
	w := &counted{ResponseWriter: c.w}
	c.w.Header().Del("Cache-Control")
	promhttp.HandlerFor(c.s.state.metrics.registry, promhttp.HandlerOpts{DisableCompression: true}).ServeHTTP(w, c.r)
	c.status, c.sent = http.StatusOK, w.sent
	return nil
}

// counted notes what is written.
type counted struct {
	http.ResponseWriter
	status int
	sent   int64
}

// WriteHeader implements [http.ResponseWriter].
func (w *counted) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *counted) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.sent += int64(n)
	return n, err
}
