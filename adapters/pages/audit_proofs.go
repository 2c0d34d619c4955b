package pages

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A checkpoint is what so many facts add up to, signed.
type checkpoint struct {
	Origin   string    `json:"origin"`
	Size     int64     `json:"size"`
	Root     string    `json:"root"`
	Position string    `json:"position"`
	SignedAt time.Time `json:"signed_at"`
	Text     string    `json:"checkpoint"`
}

// A ledgerKey is a public key with which checkpoints are signed.
type ledgerKey struct {
	Number     int       `json:"number"`
	VKey       string    `json:"vkey"`
	RecordedAt time.Time `json:"recorded_at"`
}

// A proofsPage tells what proves that nothing was changed.
type proofsPage struct {
	auditPage
	Newest *checkpoint // nil: nothing was signed yet
	Older  []checkpoint
	Keys   []ledgerKey
	Fault  string
}

func showProofs(v *visit) error {
	page, err := v.audit()
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	if at := strings.TrimSpace(query.Get("posizione")); isPosition(at) {
		v.redirect(page.To("/controllo/prove/" + at))
		return nil
	}
	p := proofsPage{auditPage: page}
	if query.Get("posizione") != "" {
		v.status = http.StatusBadRequest
		p.Fault = v.T("Una posizione è un numero, come sta accanto a ogni fatto.", "A position is a number, as it stands beside every fact.")
	}
	if query.Get("fatto") == "firma" {
		v.Note = v.T("Il registro è firmato fino all'ultimo fatto.", "The register is signed up to the last fact.")
	}
	if err := p.read(); err != nil {
		return err
	}
	return v.show("audit-proofs", p)
}

// read asks for checkpoints and keys.
func (p *proofsPage) read() error {
	var list struct {
		Items []checkpoint `json:"items"`
	}
	if err := p.get("/audit/checkpoints", url.Values{"limit": {"10"}}, &list); err != nil {
		return err
	}
	if len(list.Items) > 0 {
		p.Newest, p.Older = &list.Items[0], list.Items[1:]
	}
	var keys struct {
		Keys []ledgerKey `json:"keys"`
	}
	err := p.get("/audit/keys", nil, &keys)
	p.Keys = keys.Keys
	return err
}

// signLedger signs what there is now.
func signLedger(v *visit) error {
	page, err := v.audit()
	if err != nil {
		return err
	}
	if err := v.post("/audit/checkpoint", "", nil, nil); err != nil {
		return err
	}
	v.redirect(page.To("/controllo/prove", "fatto", "firma"))
	return nil
}

// handOutCheckpoint hands out the newest checkpoint, to be kept elsewhere.
func handOutCheckpoint(v *visit) error {
	if _, err := v.audit(); err != nil {
		return err
	}
	v.w.Header().Set("Content-Disposition", `attachment; filename="tavoli-checkpoint.txt"`)
	return v.handOut("/audit/checkpoint", url.Values{"format": {"plain"}})
}

// A proofPage proves one fact.
type proofPage struct {
	auditPage
	At    string
	Proof struct {
		Index      int64    `json:"index"`
		Size       int64    `json:"size"`
		Root       string   `json:"root"`
		Leaf       string   `json:"leaf"`
		Hashes     []string `json:"hashes"`
		Checkpoint string   `json:"checkpoint"`
	}
	Fact   *projections.TrailEntry // what is proved, in words; nil: where it stands is not said
	Fault  string                  // why there is no proof
	Unsign bool                    // it is there once the register is signed
}

func showProof(v *visit) error {
	page, err := v.audit()
	if err != nil {
		return err
	}
	p := proofPage{auditPage: page, At: v.r.PathValue("position")}
	if !isPosition(p.At) {
		return errNoPage
	}
	if err := p.read(v.r.URL.Query().Get(streamParam)); err != nil {
		return err
	}
	err = v.get("/audit/proofs/"+p.At, nil, &p.Proof)
	if why, ok := asRefusal(err); ok && why.Code == "not-signed" {
		p.Fault, p.Unsign, v.status = why.Detail, true, why.Status
		return v.show("audit-proof", p)
	}
	if err != nil {
		return err
	}
	return v.show("audit-proof", p)
}

// streamParam says in which story the fact stands.
const streamParam = "storia"

// read asks what the fact says, if it is told in which story it stands.
func (p *proofPage) read(stream string) error {
	if stream == "" {
		return nil
	}
	at, err := strconv.ParseUint(p.At, 10, 63)
	if err != nil {
		return errNoPage
	}
	q := url.Values{"limit": {"1"}}
	if at > 1 {
		q.Set("since", strconv.FormatUint(at-1, 10))
	}
	var trail struct {
		Items []projections.TrailEntry `json:"items"`
	}
	err = p.get("/audit/trail/"+url.PathEscape(stream), p.withPurpose(q), &trail)
	if _, refused := asRefusal(err); err != nil && !refused {
		return err
	}
	if len(trail.Items) == 1 && uint64(trail.Items[0].Position) == at {
		p.Fact = &trail.Items[0]
	}
	return nil
}

func handOutProof(v *visit) error {
	if _, err := v.audit(); err != nil {
		return err
	}
	at := v.r.PathValue("position")
	if !isPosition(at) {
		return errNoPage
	}
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+at+`.tlog-proof"`)
	return v.handOut("/audit/proofs/"+at, url.Values{"format": {"plain"}})
}

// A dossierPage asks what a dossier is to hold.
type dossierPage struct {
	auditPage
	Tavoli    []projections.Tavolo
	Programmi []projections.Programma
	Quarters  []string // the newest first
	Form      url.Values
	Problem   *problem
}

func showDossier(v *visit) error {
	page, err := v.audit()
	if err != nil {
		return err
	}
	p := dossierPage{auditPage: page, Form: v.r.URL.Query()}
	return p.ask()
}

// ask shows the form.
func (p *dossierPage) ask() (err error) {
	if p.Tavoli, err = p.tavoli(make(url.Values)); err != nil {
		return err
	}
	if p.Programmi, err = p.programmi(); err != nil {
		return err
	}
	for _, t := range p.Tavoli {
		if q := quarterOf(t.Day); len(p.Quarters) == 0 || p.Quarters[0] != q {
			p.Quarters = append([]string{q}, p.Quarters...)
		}
	}
	return p.show("audit-dossier", *p)
}

func quarterOf(d domain.Day) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return strconv.Itoa(t.Year()) + "-Q" + strconv.Itoa((int(t.Month())+2)/3)
}

// handOutDossier hands out a dossier. It is a POST because making one is recorded.
func handOutDossier(v *visit) error {
	page, err := v.audit()
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	q := make(url.Values)
	kind, id, _ := strings.Cut(form.Get("ambito"), ":")
	for name, value := range map[string]string{kind: id, "entries": form.Get("fatti"), "disclosures": form.Get("nomi"), "position": strings.TrimSpace(form.Get("posizione")), "purpose": strings.TrimSpace(form.Get("finalita"))} {
		if name != "" && value != "" {
			q.Set(name, value)
		}
	}
	err = v.handOut("/audit/dossier", q)
	if refused, ok := asRefusal(err); ok {
		p := dossierPage{auditPage: page, Form: form, Problem: refused}
		v.status = refused.Status
		return p.ask()
	}
	return err
}

// Chosen reports whether a choice is the one that was made.
func (p dossierPage) Chosen(field, value string) bool { return p.Form.Get(field) == value }

// FieldOf returns the field of the form to which a parameter belongs.
func (dossierPage) FieldOf(parameter string) string {
	return map[string]string{
		"tavolo": "ambito", "quarter": "ambito", "programma": "ambito", "entries": "fatti", "disclosures": "nomi", "position": "posizione", "purpose": "finalita", "/purpose": "finalita",
	}[parameter]
}
