package web

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"
)

// Limits bound what one request, and all of them together, may cost. What is
// zero has the value of [DefaultLimits].
type Limits struct {
	Header     int           // bytes of a request's header
	Body       int64         // bytes of a JSON body
	Concurrent int           // requests under way together, feeds apart
	Feeds      int           // audit feeds that are followed together
	Rate       float64       // requests a second of one token, or of one address without a token
	Burst      int           // how many of them may come at once
	FormRate   float64       // forms of the public a second from one address
	FormBurst  int           // how many of them may come at once
	Wait       time.Duration // how long a question waits for its position
	Handling   time.Duration // how long a request may take, feeds and backups apart
	Stall      time.Duration // how long a reader of a feed may take nothing
	Heartbeat  time.Duration // how often a feed says that it is there
}

// DefaultLimits returns the limits of a register on one machine. The rate is far
// above what a person or a program needs and stops only a runaway one.
func DefaultLimits() Limits {
	return Limits{
		Header: 16 << 10, Body: 1 << 20, Concurrent: 4096, Feeds: 64, Rate: 100_000, Burst: 100_000, FormRate: 1, FormBurst: 120,
		Wait: 5 * time.Second, Handling: 60 * time.Second, Stall: 30 * time.Second, Heartbeat: 15 * time.Second,
	}
}

// or returns the limits with what is missing taken from others.
func (l Limits) or(d Limits) Limits {
	return Limits{
		cmp.Or(l.Header, d.Header), cmp.Or(l.Body, d.Body), cmp.Or(l.Concurrent, d.Concurrent), cmp.Or(l.Feeds, d.Feeds),
		cmp.Or(l.Rate, d.Rate), cmp.Or(l.Burst, d.Burst), cmp.Or(l.FormRate, d.FormRate), cmp.Or(l.FormBurst, d.FormBurst), cmp.Or(l.Wait, d.Wait), cmp.Or(l.Handling, d.Handling),
		cmp.Or(l.Stall, d.Stall), cmp.Or(l.Heartbeat, d.Heartbeat),
	}
}

// A gate lets a number of requests through at once.
type gate chan struct{}

func newGate(n int) gate { return make(gate, n) }

// enter reports whether there was room; whoever enters must leave.
func (g gate) enter() bool {
	select {
	case g <- struct{}{}:
		return true
	default:
		return false
	}
}

func (g gate) leave() { <-g }

// HTTP returns a server for the handler with the limits of the connection: the
// size of the header, how slowly a request may come, how long a connection rests.
func (s *Server) HTTP() *http.Server {
	limits := s.Limits.or(DefaultLimits())
	handler := s.Handler()
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       limits.Handling,
		WriteTimeout:      2 * limits.Handling,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    limits.Header,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	srv.RegisterOnShutdown(s.Stop)
	return srv
}
