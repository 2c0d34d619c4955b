package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"

	"tavoli/adapters/dossier"
	"tavoli/adapters/evidence"
	"tavoli/adapters/web"
	"tavoli/domain"
)

// dossierDir is where dossiers are put together, in the data folder.
const dossierDir = "dossiers"

// dossiers returns what makes dossiers of the register.
func (r *register) dossiers(files *evidence.Files) (dossiers, error) {
	m, err := dossier.New(dossier.Maker{Ledger: sealed{r.book}, Vault: r.vault, Files: files, Dir: r.path(dossierDir), AsOf: r.view.AsOf})
	return dossiers{m}, err
}

// Dossiers are a maker of dossiers, as the API asks for them.
type dossiers struct{ *dossier.Maker }

// Tavoli implements [web.Dossiers].
func (d dossiers) Tavoli(ctx context.Context, r web.DossierRequest) ([]domain.TavoloID, error) {
	return d.Maker.Tavoli(ctx, dossier.Request(r))
}

// Make implements [web.Dossiers].
func (d dossiers) Make(ctx context.Context, r web.DossierRequest, progress func(done, all int64)) (web.Dossier, error) {
	made, err := d.Maker.Make(ctx, dossier.Request(r), progress)
	if err != nil {
		return web.Dossier{}, err
	}
	return web.Dossier{File: made, Length: made.Length, SHA256: made.SHA256, Size: made.Size, Root: made.Root}, nil
}

// Sealed is the ledger of a register, as dossiers need it.
type sealed struct{ *book }

// Origin implements [dossier.Ledger].
func (s sealed) Origin() string { return s.signer.Origin() }

// Signed implements [dossier.Ledger].
func (s sealed) Signed(ctx context.Context, size int64) ([]byte, error) {
	err := s.introduce(ctx)
	if err == nil {
		err = s.ready(ctx)
	}
	if err != nil {
		return nil, err
	}
	c, err := s.signer.SignAt(ctx, size)
	return c.Text, err
}

// VKeys implements [dossier.Ledger]: the first key signs what was before it, too.
func (s sealed) VKeys(size int64) (list []string) {
	for i, k := range s.Ledger.Keys() {
		if i == 0 || k.Index < size {
			list = append(list, k.VKey)
		}
	}
	return list
}

// A taking is a dossier to be taken away.
type taking struct {
	target *target
	query  map[string]*string
	out    string
	json   bool
	shown  bool
}

func auditDossierCommand() command {
	about := "un fascicolo per chi verifica: fatti, prove, registri in uno zip · what an auditor takes away: facts, proofs, registers in one zip"
	return command{"audit dossier", "", about, func(fs *flag.FlagSet) action {
		t := &taking{target: bindTarget(fs), query: make(map[string]*string)}
		fs.StringVar(&t.out, "out", "", "il `file` zip da scrivere, nuovo · the zip file to write, a new one")
		for name, usage := range map[string]string{
			"tavolo": "solo di un `tavolo` · of one tavolo only", "quarter": "solo dei tavoli di un `trimestre`, come 2022-Q2 · of the tavoli of a quarter only",
			"programma":   "solo di un `programma` · of one programma only",
			"entries":     "`quali` fatti: all, o scope per quelli dell'ambito soltanto; vuoto: tutti · which facts: all, or scope; empty: all",
			"disclosures": "`quali` nomi: none, tavolo per chi prende parte, all; vuoto: nessuno · whose names: none, tavolo for those who take part, all; empty: none",
			"position":    "fino a una `posizione`; vuoto: fino a ora · up to a position; empty: up to now",
			"purpose":     "il `motivo`, che resta nel registro · why; it is recorded",
		} {
			t.query[name] = fs.String(name, "", usage)
		}
		fs.BoolVar(&t.json, "json", false, "risponde in JSON · answer in JSON")
		fs.BoolVar(&t.shown, "progress", false, "dice a che punto è il lavoro, anche fuori da un terminale · tell how far work is, even where nobody seems to watch")
		return t.run
	}}
}

// A taken says what was taken away.
type taken struct {
	File     string `json:"file"`
	Bytes    int64  `json:"bytes"`
	Position string `json:"position"`
	SHA256   string `json:"sha256"`
}

func (t *taking) run(ctx context.Context, p *program, _ []string) error {
	if t.out == "" {
		return usageError("tavoli audit dossier: manca --out · --out is missing")
	}
	q := make(url.Values)
	for name, value := range t.query {
		set(q, name, *value)
	}
	report := taken{File: t.out}
	if err := t.target.with(ctx, p, func(c *client) error { return t.take(ctx, p, c, q, &report) }); err != nil {
		return err
	}
	if t.json {
		return p.printJSON(report)
	}
	return p.printf("%s: %d byte, posizione %s, SHA-256 %s\n", report.File, report.Bytes, report.Position, report.SHA256)
}

// take writes a dossier to a new file: all of it, as the register made it, or nothing.
func (t *taking) take(ctx context.Context, p *program, c *client, q url.Values, report *taken) error {
	shown := p.tells("dossier", t.shown)
	defer shown.end()
	resp, err := c.send(watching(ctx, shown), call{method: http.MethodGet, path: "/audit/dossier", query: q, accept: "application/zip", watched: shown != nil})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	report.Position = resp.Header.Get("Tavoli-Position")
	return newFile(t.out, func(w io.Writer) (err error) {
		sum := sha256.New()
		if report.Bytes, err = io.Copy(io.MultiWriter(w, sum), resp.Body); err != nil {
			return err
		}
		report.SHA256 = fmt.Sprintf("%x", sum.Sum(nil))
		return arrived(resp.Header.Get("Content-Digest"), sum)
	})
}

// arrived compares what came with what was sent.
func arrived(digest string, sum hash.Hash) error {
	if want := "sha-256=:" + base64.StdEncoding.EncodeToString(sum.Sum(nil)) + ":"; digest != "" && !strings.Contains(digest, want) {
		return errors.New("il fascicolo è arrivato alterato: ripetere · the dossier arrived otherwise than it was sent: try again")
	}
	return nil
}

// watching hears how far the register has come with a dossier.
func watching(ctx context.Context, shown *progress) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
		var done, all int
		if _, err := fmt.Sscanf(h.Get(progressHeader), "%d/%d", &done, &all); err == nil {
			shown.at(done, all)
		}
		return nil
	}})
}

// progressHeader carries how much of how much is done.
const progressHeader = "Tavoli-Progress"
