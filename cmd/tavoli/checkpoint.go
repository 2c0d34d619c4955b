package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"tavoli/adapters/ledger"
	"tavoli/adapters/web"
)

// fetch asks for a file and returns it whole.
func (c *client) fetch(ctx context.Context, path string, query url.Values, accept string) ([]byte, error) {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: path, query: query, accept: accept})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// sign lets the register sign all it holds.
func (c *client) sign(ctx context.Context) error {
	_, err := c.tell(ctx, http.MethodPost, "/audit/checkpoint", "", nil)
	return err
}

// A handing is how a checkpoint or a proof is handed out.
type handing struct {
	target *target
	sign   bool
	out    string
	json   bool
}

func bindHanding(fs *flag.FlagSet) *handing {
	h := &handing{target: bindTarget(fs)}
	fs.BoolVar(&h.sign, "sign", false, "firma prima tutto ciò che il registro contiene · sign first all that the register holds")
	fs.StringVar(&h.out, "out", "", "scrive in un `file` nuovo · write to a new file")
	fs.BoolVar(&h.json, "json", false, "risponde in JSON · answer in JSON")
	return h
}

// hand asks for a text and writes it to where it is wanted.
func (h *handing) hand(ctx context.Context, p *program, path string, query url.Values) error {
	accept := "text/plain"
	if h.json {
		accept = "application/json"
	}
	return h.target.with(ctx, p, func(c *client) error {
		if h.sign {
			if err := c.sign(ctx); err != nil {
				return err
			}
		}
		text, err := c.fetch(ctx, path, query, accept)
		switch {
		case err != nil:
			return err
		case h.json && h.out == "":
			return p.printRaw(text)
		case h.out == "":
			_, err := p.out.Write(text)
			return err
		}
		return newFile(h.out, func(w io.Writer) error { _, err := w.Write(text); return err })
	})
}

func auditCheckpointCommand() command {
	return command{"audit checkpoint", "", "a che cosa ammontano tutti i fatti, firmato: da conservare altrove · what all facts add up to, signed: to be kept elsewhere", func(fs *flag.FlagSet) action {
		h := bindHanding(fs)
		return func(ctx context.Context, p *program, _ []string) error {
			return h.hand(ctx, p, "/audit/checkpoint", nil)
		}
	}}
}

func auditProofCommand() command {
	return command{"audit proof", "", "la prova che un fatto sta nel registro firmato · the proof that a fact stands in the signed register", func(fs *flag.FlagSet) action {
		h := bindHanding(fs)
		position := fs.String("position", "", "la `posizione` del fatto · the position of the fact")
		stream := fs.String("stream", "", "oppure il suo `flusso` · or its stream")
		revision := fs.String("revision", "0", "e la sua `revisione` · and its revision")
		return func(ctx context.Context, p *program, _ []string) error {
			switch {
			case (*position == "") == (*stream == ""):
				return usageError("tavoli audit proof: --position o --stream, l'uno o l'altro · one of --position and --stream")
			case *position != "":
				return h.hand(ctx, p, "/audit/proofs/"+url.PathEscape(*position), nil)
			}
			return h.hand(ctx, p, "/audit/proofs", url.Values{"stream": {*stream}, "revision": {*revision}})
		}
	}}
}

func auditKeyCommand() command {
	return command{"audit key", "", "le chiavi pubbliche con cui il registro è firmato, una per riga · the public keys with which the register is signed, one a line", func(fs *flag.FlagSet) action {
		t := bindTarget(fs)
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, _ []string) error {
			return t.with(ctx, p, func(c *client) error {
				if *asJSON {
					raw, err := c.get(ctx, "/audit/keys", nil)
					return orPrint(p, raw, err)
				}
				text, err := c.fetch(ctx, "/audit/log/keys", nil, "text/plain")
				if err != nil {
					return err
				}
				_, err = p.out.Write(text)
				return err
			})
		}
	}}
}

func auditRotateCommand() command {
	return command{"audit rotate", "", "introduce un'altra chiave; per trenta giorni firma anche quella di prima · introduces another key; the one before signs beside it for thirty days", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		reason := fs.String("reason", "", "il `motivo`, che resta nel registro · why; it is kept with the fact")
		return func(ctx context.Context, p *program, _ []string) error {
			return t.post(ctx, p, "/audit/keys/rotation", map[string]any{"reason": *reason}, func(answer map[string]any) string { return fmt.Sprint(answer["vkey"]) })
		}
	}}
}

func auditConsistencyCommand() command {
	return command{"audit consistency", "", "prova che nulla è cambiato da un checkpoint conservato · proves that nothing has changed since a checkpoint that was kept", func(fs *flag.FlagSet) action {
		t := bindTarget(fs)
		from := fs.String("from", "", "il `file` del checkpoint conservato · the file of the checkpoint that was kept")
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, _ []string) error {
			if *from == "" {
				return usageError("tavoli audit consistency: manca --from · --from is missing")
			}
			kept, err := os.ReadFile(*from)
			if err != nil {
				return missing(err)
			}
			return t.with(ctx, p, func(c *client) error { return consistency(ctx, p, c, kept, *asJSON) })
		}
	}}
}

// A grown says whether the register still begins with what was signed before.
type grown struct {
	OK     bool   `json:"ok"`
	Origin string `json:"origin"`
	From   int64  `json:"from"` // facts of the checkpoint that was kept
	To     int64  `json:"to"`   // facts of the newest one
	Detail string `json:"detail,omitempty"`
}

// consistency asks for the proof and checks it here, so that the register need not
// be believed.
func consistency(ctx context.Context, p *program, c *client, kept []byte, asJSON bool) error {
	verdict, err := compare(ctx, c, kept)
	if err != nil {
		return err
	}
	if asJSON {
		err = p.printJSON(verdict)
	} else if verdict.OK {
		err = p.printf("tutto a posto: il registro, ora di %[2]d fatti, comincia con i %[1]d di allora, uguali · all is well: the register, now of %[2]d facts, begins with the %[1]d of then, unchanged\n", verdict.From, verdict.To)
	} else {
		err = p.printf("%s\n", verdict.Detail)
	}
	if err != nil || verdict.OK {
		return err
	}
	return &exit{exitDamaged, errSilent}
}

// compare holds the newest checkpoint of the register to one that was kept.
func compare(ctx context.Context, c *client, kept []byte) (v grown, err error) {
	keys, err := c.fetch(ctx, "/audit/log/keys", nil, "text/plain")
	if err != nil {
		return v, err
	}
	text, err := c.fetch(ctx, "/audit/log/checkpoint", nil, "text/plain")
	if err != nil {
		return v, err
	}
	newest, err := ledger.OpenCheckpoint(text, strings.Fields(string(keys))...)
	if err != nil {
		return v, fmt.Errorf("il checkpoint del registro · the checkpoint of the register: %w", err)
	}
	old, err := ledger.OpenCheckpoint(kept, strings.Fields(string(keys))...)
	if err != nil {
		return v, invalidInput("il file non è un checkpoint firmato da questo registro · the file is no checkpoint that this register has signed: %w", err)
	}
	v = grown{OK: true, Origin: newest.Origin, From: old.Size, To: newest.Size}
	switch err := extends(ctx, c, old, newest); {
	case errors.Is(err, errFewerFacts):
		v.OK, v.Detail = false, fmt.Sprintf("allora erano %[1]d fatti, ora ce ne sono meno: ne mancano · there were %[1]d facts, and now there are fewer: some are missing", old.Size)
	case errors.Is(err, errOtherFacts):
		v.OK, v.Detail = false, fmt.Sprintf("i primi %[1]d fatti non sono più quelli di allora: qualcosa è stato cambiato · the first %[1]d facts are not those of then: something was changed", old.Size)
	case err != nil:
		return v, err
	}
	return v, nil
}

// What a register may come to that was changed.
var (
	errOtherFacts = errors.New("other facts")
	errFewerFacts = errors.New("fewer facts")
)

// extends asks for the proof that one checkpoint extends another, checks it, and
// holds both to the tree as it is now.
func extends(ctx context.Context, c *client, old, newest ledger.Checkpoint) error {
	if old.Size > newest.Size {
		return errFewerFacts
	}
	var proof web.LedgerConsistency
	query := url.Values{"from": {strconv.FormatInt(old.Size, 10)}, "to": {strconv.FormatInt(newest.Size, 10)}}
	err := c.ask(ctx, "/audit/consistency", query, &proof)
	if p, ok := errors.AsType[*problem](err); ok && p.Code == ledger.ErrNoSize.Code {
		return errFewerFacts
	}
	if err != nil {
		return err
	}
	hashes, err := ledger.ParseHashes(proof.Hashes)
	if err != nil {
		return err
	}
	if ledger.CheckConsistency(old, newest, hashes) != nil || proof.FromRoot != hash64(old.Root) || proof.ToRoot != hash64(newest.Root) {
		return errOtherFacts
	}
	return nil
}
