package web

import (
	"bufio"
	"net/http"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// Status is how the register is doing.
type Status struct {
	Status   string            `json:"status" doc:"ok, starting while the read models catch up, or degraded if those of another node differ"`
	Version  string            `json:"version"`
	Store    domain.Identity   `json:"store"`
	View     projections.Stats `json:"view"`
	Now      time.Time         `json:"now"`
	Uptime   int64             `json:"uptime_seconds"`
	Requests int               `json:"requests_under_way"`
	Feeds    int               `json:"feeds"`
	Demo     bool              `json:"demonstration,omitempty" doc:"true if the people are invented and the clock was simulated"`
	Ledger   *LedgerState      `json:"ledger,omitempty" doc:"what the facts add up to"`
	Details  any               `json:"details,omitempty" doc:"figures of the store, for admins and auditors"`
}

func getStatus() action {
	return action{answer: typeOf[Status](), free: true, do: func(c *call) error {
		st := c.s.state
		now := c.s.Now()
		s := Status{
			Status: "ok", Version: c.s.Version, Store: c.s.Store.Identity(), View: c.s.View.Stats(c.ctx), Now: domain.Truncate(now),
			Uptime: int64(now.Sub(st.started).Seconds()), Requests: len(st.requests), Feeds: len(st.feeds),
		}
		s.Ledger = c.s.ledgerState()
		switch {
		case !c.s.View.Ready():
			s.Status = "starting"
		case c.s.Nodes != nil && c.s.Nodes.Differ():
			s.Status = "degraded"
		}
		if demo, err := ask(c, 0, isDemonstration); err == nil { // how it is doing is told all the same
			s.Demo = demo
		}
		if c.caller.roles.any(rolesOf(keepers)) && c.s.Admin.Stats != nil {
			s.Details = c.s.Admin.Stats()
		}
		return c.json(s)
	}}
}

// isDemonstration answers whether the register says that it is a demonstration.
func isDemonstration(m *projections.Models) (bool, error) {
	_, err := m.Accounts.Account(domain.Demonstration)
	return err == nil, nil
}

// Health says that the process is alive.
type Health struct {
	Status string `json:"status"`
}

func getHealth() action {
	return action{answer: typeOf[Health](), free: true, do: func(c *call) error { return c.json(Health{"ok"}) }}
}

func getReady() action {
	return action{answer: typeOf[Health](), free: true, do: func(c *call) error {
		switch {
		case c.stopping():
			return &errStopping
		case !c.s.View.Ready():
			return &errNotReady
		}
		return c.json(Health{"ok"})
	}}
}

// stopping reports whether the register is stopping.
func (c *call) stopping() bool {
	select {
	case <-c.s.state.stopping:
		return true
	default:
		return false
	}
}

func getMetrics() action {
	return action{media: map[string]string{"text/plain": "figures for Prometheus"}, free: true, do: serveMetrics}
}

func getDocument() action {
	return action{answer: typeOf[map[string]any](), tagged: true, free: true, do: func(c *call) error {
		body := c.s.state.document
		c.w.Header()["Cache-Control"] = noCache
		return c.show(asJSON, tagOf(-1, body), body)
	}}
}

func rebuild() action {
	return action{answer: typeOf[projections.RebuildReport](), long: true, do: func(c *call) error {
		report, err := c.s.View.Rebuild(c.ctx, nil)
		if err != nil {
			return err
		}
		return c.json(report)
	}}
}

func check() action {
	return action{answer: typeOf[CheckReport](), long: true, do: func(c *call) error {
		if c.s.Admin.Check == nil {
			return &errNotOffered
		}
		report, err := c.s.Admin.Check(c.ctx)
		if err != nil {
			return err
		}
		if report.Problems == nil {
			report.Problems = []string{}
		}
		return c.json(report)
	}}
}

func replay() action {
	return action{answer: typeOf[projections.ReplayReport](), long: true, query: []string{"effective_at", "known_at"}, do: func(c *call) error {
		q := c.query()
		m := q.moment()
		if err := q.unknown(c.route.query); err != nil {
			return err
		}
		_, report, err := projections.Replay(c.ctx, c.s.Store, c.s.Vault.Open, m.when, projections.Options{Now: c.s.Now}, nil)
		if err != nil {
			return err
		}
		return c.json(report)
	}}
}

// backup streams the log as it is at one moment. A stream that breaks off is cut
// at the connection, so that nobody takes a part for the whole.
func backup() action {
	return action{media: map[string]string{"application/octet-stream": "the store's own form, for restore"}, long: true, do: func(c *call) error {
		switch {
		case c.s.Admin.Backup == nil && c.s.Admin.Servers:
			return &errElsewhere
		case c.s.Admin.Backup == nil:
			return &errNotOffered
		}
		h := c.w.Header()
		h["Content-Type"], h["Tavoli-Store"] = []string{"application/octet-stream"}, c.s.state.store
		h.Set("Content-Disposition", `attachment; filename="tavoli.backup"`)
		if c.r.Method == http.MethodHead {
			c.send(http.StatusOK, nil)
			return nil
		}
		w := &paced{call: c, ctrl: http.NewResponseController(c.w)}
		out := bufio.NewWriterSize(w, 1<<20)
		err := c.s.Admin.Backup(c.ctx, out)
		if err == nil {
			err = out.Flush()
		}
		if err != nil && c.status != 0 {
			c.s.Log.Error("the backup broke off", "request", c.id, "error", err)
			panic(http.ErrAbortHandler)
		}
		return err
	}}
}

// paced writes to a connection and leaves a reader who takes nothing for too long.
type paced struct {
	*call
	ctrl *http.ResponseController
}

// Write implements [io.Writer].
func (p *paced) Write(data []byte) (int, error) {
	_ = p.ctrl.SetWriteDeadline(time.Now().Add(p.s.state.limits.Stall)) // where it cannot be set there is none
	p.status = http.StatusOK
	n, err := p.w.Write(data)
	p.sent += int64(n)
	return n, err
}
