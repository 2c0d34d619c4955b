package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"tavoli/adapters/ledger"
	"tavoli/adapters/web"
)

// An exporting writes the ledger as static files.
type exporting struct {
	target *target
	out    string
	sign   bool
	json   bool
	shown  bool
}

func auditExportCommand() command {
	about := "scrive il registro firmato in una cartella, come file che chiunque può verificare · writes the signed register to a folder, as files that anybody can verify"
	return command{"audit export", "", about, func(fs *flag.FlagSet) action {
		e := &exporting{target: bindTarget(fs)}
		fs.StringVar(&e.out, "out", "", "la `cartella`; se c'è già viene aggiornata · the folder; one that is there is brought up to date")
		fs.BoolVar(&e.sign, "sign", false, "firma prima tutto ciò che il registro contiene · sign first all that the register holds")
		fs.BoolVar(&e.json, "json", false, "risponde in JSON · answer in JSON")
		fs.BoolVar(&e.shown, "progress", false, "dice a che punto è il lavoro, anche fuori da un terminale · tell how far work is, even where nobody seems to watch")
		return e.run
	}}
}

// An exported says what was written.
type exported struct {
	Out         string `json:"out"`
	Size        int64  `json:"size"` // facts
	Files       int    `json:"files"`
	Checkpoints int    `json:"checkpoints"`
}

func (e *exporting) run(ctx context.Context, p *program, _ []string) error {
	if e.out == "" {
		return usageError("tavoli audit export: manca --out · --out is missing")
	}
	report := exported{Out: e.out}
	err := e.target.with(ctx, p, func(c *client) error {
		if e.sign {
			if err := c.sign(ctx); err != nil {
				return err
			}
		}
		return e.write(ctx, p, c, &report)
	})
	switch {
	case err != nil:
		return err
	case e.json:
		return p.printJSON(report)
	}
	return p.printf("%[1]s: %[2]d fatti, %[3]d file · %[2]d facts, %[3]d files\n", report.Out, report.Size, report.Files)
}

// write writes the tree of the newest checkpoint; the checkpoint comes last, so that
// it never promises what is not there.
func (e *exporting) write(ctx context.Context, p *program, c *client, report *exported) error {
	text, err := c.fetch(ctx, "/audit/log/checkpoint", nil, "text/plain")
	if err != nil {
		return err
	}
	newest, err := ledger.ParseCheckpoint(text)
	if err != nil {
		return err
	}
	report.Size = newest.Size
	tiles := ledger.Tiles(newest.Size)
	shown := p.tells("export", e.shown)
	for i, t := range tiles {
		if err := e.file(ctx, c, t.Path(), report); err != nil {
			return err
		}
		shown.at(i+1, len(tiles))
	}
	shown.end()
	if err := e.checkpoints(ctx, c, newest.Size, report); err != nil {
		return err
	}
	if err := e.file(ctx, c, "keys", report); err != nil {
		return err
	}
	return e.put("checkpoint", text, report)
}

// checkpoints writes every checkpoint up to a size.
func (e *exporting) checkpoints(ctx context.Context, c *client, size int64, report *exported) error {
	query := url.Values{"cursor": {strconv.FormatInt(size+1, 10)}, "limit": {"100"}}
	for {
		raw, err := c.get(ctx, "/audit/checkpoints", query)
		if err != nil {
			return err
		}
		var page web.Checkpoints
		if err := json.Unmarshal(raw, &page); err != nil {
			return err
		}
		for _, one := range page.Items {
			if err := e.put("checkpoints/"+strconv.FormatInt(one.Size, 10), []byte(one.Text), report); err != nil {
				return err
			}
			report.Checkpoints++
		}
		if page.NextCursor == "" {
			return nil
		}
		query.Set("cursor", page.NextCursor)
	}
}

// file fetches a static file and writes it.
func (e *exporting) file(ctx context.Context, c *client, name string, report *exported) error {
	data, err := c.fetch(ctx, "/audit/log/"+name, nil, "*/*")
	if err != nil {
		return err
	}
	return e.put(name, data, report)
}

// put writes a file below the folder, in one step: whoever reads finds the old one or
// the new one.
func (e *exporting) put(name string, data []byte, report *exported) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return invalidInput("%[1]q non è un nome di file · is no name of a file", name)
	}
	path := filepath.Join(e.out, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	report.Files++
	return os.Rename(f.Name(), path)
}
