package web

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// Dossiers makes what an auditor takes away.
type Dossiers interface {
	// Tavoli returns whose registers a dossier would hold.
	Tavoli(ctx context.Context, r DossierRequest) ([]domain.TavoloID, error)

	// Make makes a dossier, and tells from time to time how far it has come. The
	// file is gone once it is closed.
	Make(ctx context.Context, r DossierRequest, progress func(done, all int64)) (Dossier, error)
}

// A DossierRequest says what a dossier is to hold.
type DossierRequest struct {
	Scope       domain.DossierScope
	Entries     domain.DossierEntries
	Disclosures domain.DossierNames
	Purpose     string
	Position    domain.Position // up to which facts count
}

// A Dossier is a dossier that was made.
type Dossier struct {
	File   io.ReadSeekCloser
	Length int64
	SHA256 string
	Size   int64  // how many facts it goes up to
	Root   string // what they add up to, in base64
}

// progressHeader asks for a sign of life while a dossier is made, and carries it: an
// answer 102 with how much of how much is done.
const progressHeader = "Tavoli-Progress"

func getDossier() action {
	return action{
		media: map[string]string{"application/zip": "the dossier; tavoli-verify checks it"}, long: true, statuses: []int{403, 404, 409, 422},
		query: []string{"tavolo", "quarter", "programma", "entries", "disclosures", "position", "purpose"},
		do: func(c *call) error {
			r, err := c.dossierRequest()
			switch {
			case err != nil:
				return err
			case c.s.Dossiers == nil:
				return &errNotOffered
			case c.r.Method == http.MethodHead: // nothing is made to be thrown away
				c.w.Header()["Content-Type"] = asZip
				c.send(http.StatusOK, nil)
				return nil
			}
			return c.dossier(r)
		},
	}
}

var asZip = []string{"application/zip"}

// dossierRequest reads what is asked for.
func (c *call) dossierRequest() (r DossierRequest, err error) {
	q := c.query()
	r.Scope = domain.DossierScope{Kind: domain.DossierOfRegister, ID: "tavoli"}
	scopes := 0
	for _, kind := range []domain.DossierKind{domain.DossierOfTavolo, domain.DossierOfQuarter, domain.DossierOfProgramma} {
		if id := q.text(string(kind)); id != "" {
			r.Scope = domain.DossierScope{Kind: kind, ID: id}
			q.that(domain.ValidID(strings.ToLower(id)), string(kind), "is no id")
			scopes++
		}
	}
	q.that(scopes <= 1, "tavolo", "give one of tavolo, quarter and programma, or none")
	r.Entries = word(q, "entries", domain.AllEntries, domain.ScopeEntries)
	r.Disclosures = word(q, "disclosures", domain.AllNames, domain.NoNames, domain.TavoloNames)
	r.Position, r.Purpose = q.position("position"), strings.TrimSpace(q.text("purpose"))
	c.purpose = r.Purpose
	if r.Disclosures == "" {
		r.Disclosures = domain.NoNames
	}
	if r.Entries == "" {
		if r.Entries = domain.AllEntries; c.reach != nil {
			r.Entries = domain.ScopeEntries
		}
	}
	if err := q.unknown(c.route.query); err != nil {
		return r, err
	}
	if r.Disclosures != domain.NoNames && !c.sees() {
		return r, &errRole
	}
	return r, c.upTo(&r.Position)
}

// upTo fills in the position that is now, and refuses one that this store has not.
func (c *call) upTo(at *domain.Position) error {
	head, err := c.s.Store.Head(c.ctx)
	switch {
	case err != nil:
		return err
	case *at > head:
		return &errOtherStore
	case *at == 0:
		*at = head
	}
	return nil
}

// dossier makes a dossier and hands it out: whom it shows is recorded before it is
// made, and that it was made before anything of it is sent.
func (c *call) dossier(r DossierRequest) error {
	tavoli, err := c.s.Dossiers.Tavoli(c.ctx, r)
	if err != nil {
		return err
	}
	if err := c.withinReach(r, tavoli); err != nil {
		return err
	}
	if err := c.tellsOf(r, tavoli); err != nil {
		return err
	}
	made, err := c.s.Dossiers.Make(c.ctx, r, c.progress())
	if err != nil {
		return err
	}
	defer made.File.Close()
	if err := c.recordDossier(r, made); err != nil {
		return err
	}
	return c.hand(r, made)
}

// withinReach holds an inspector to the scope: every tavolo must lie in it, and
// nothing but the scope may be in the dossier.
func (c *call) withinReach(r DossierRequest, tavoli []domain.TavoloID) error {
	if c.reach == nil {
		return nil
	}
	within := r.Entries == domain.ScopeEntries && r.Disclosures != domain.AllNames && r.Scope.Kind != domain.DossierOfRegister
	for _, t := range tavoli {
		within = within && c.reach.Tavolo(t)
	}
	return c.reaches(within)
}

// inspectDossier lets an inspector ask; what the dossier would hold is looked at as
// soon as it is known.
func inspectDossier(c *call) error {
	q := c.query()
	return c.reaches(q.text("tavolo")+q.text("quarter")+q.text("programma") != "")
}

// tellsOf records of whom the dossier shows names.
func (c *call) tellsOf(r DossierRequest, tavoli []domain.TavoloID) error {
	if r.Disclosures == domain.NoNames {
		return nil
	}
	var subjects []domain.Stream
	for _, t := range tavoli {
		subjects = append(subjects, t.Stream(), t.Presenze()+"/evidence")
	}
	if r.Disclosures == domain.AllNames { // whomever the facts speak of
		subjects = append(subjects, "people")
	}
	for _, s := range subjects {
		c.tells(s, domain.AsExport)
		if err := c.disclose(); err != nil {
			return err
		}
	}
	return nil
}

// recordDossier records what is about to be handed out.
func (c *call) recordDossier(r DossierRequest, made Dossier) error {
	cmd := domain.RecordDossier{
		Account: c.caller.account, Scope: r.Scope, Position: r.Position, Size: made.Size, Root: made.Root,
		Entries: r.Entries, Disclosures: r.Disclosures, Purpose: r.Purpose, SHA256: made.SHA256,
	}
	meta := domain.Meta{At: c.s.Now(), Actor: c.caller.actor, Command: uuid.New()}
	_, err := domain.Execute(c.ctx, c.s.Exec, cmd, meta)
	return err
}

// progress returns what tells a caller who asked for it how far a dossier has come.
func (c *call) progress() func(done, all int64) {
	if c.r.Header.Get(progressHeader) == "" || !c.r.ProtoAtLeast(1, 1) {
		return nil
	}
	last := time.Now()
	return func(done, all int64) {
		if now := time.Now(); now.Sub(last) > 200*time.Millisecond {
			last = now
			c.w.Header().Set(progressHeader, strconv.FormatInt(done, 10)+"/"+strconv.FormatInt(all, 10))
			c.w.WriteHeader(http.StatusProcessing)
		}
	}
}

// hand sends a dossier. One that breaks off is cut at the connection, so that nobody
// takes a part for the whole.
func (c *call) hand(r DossierRequest, made Dossier) error {
	h := c.w.Header()
	h.Del(progressHeader)
	h["Content-Type"], h["Tavoli-Store"] = asZip, c.s.state.store
	h.Set("Content-Length", strconv.FormatInt(made.Length, 10))
	h.Set("Content-Disposition", `attachment; filename="tavoli-`+string(r.Scope.Kind)+"-"+r.Scope.ID+"-"+positionText(r.Position)+`.zip"`)
	if sum, err := hex.DecodeString(made.SHA256); err == nil {
		h.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":")
	}
	c.tell(r.Position)
	w := &paced{call: c, ctrl: http.NewResponseController(c.w)}
	if _, err := io.CopyBuffer(w, struct{ io.Reader }{made.File}, make([]byte, 256<<10)); err != nil {
		if !errors.Is(err, context.Canceled) {
			c.s.Log.Error("a dossier broke off", "request", c.id, "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}
