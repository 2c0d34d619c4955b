package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"tavoli/adapters/bolt"
	"tavoli/adapters/keyring"
)

// A saving is a backup to be made.
type saving struct {
	target *target
	keys   string
	json   bool
	shown  bool
}

func backupCommand() command {
	return command{"backup", "FILE", "copia il registro, anche mentre è in servizio · copies the log, also while it is being served", func(fs *flag.FlagSet) action {
		s := &saving{target: bindFolder(fs)}
		fs.StringVar(&s.keys, "keys", "", "copia anche il portachiavi, in questo `file`: da tenere altrove · copy the keyring, too, to this file: keep it elsewhere")
		fs.BoolVar(&s.json, "json", false, "risponde in JSON · answer in JSON")
		fs.BoolVar(&s.shown, "progress", false, "dice a che punto è il lavoro, anche fuori da un terminale · tell how far work is, even where nobody seems to watch")
		return s.run
	}}
}

// A saved says what was copied.
type saved struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
	Keys  string `json:"keys,omitempty"`
}

func (s *saving) run(ctx context.Context, p *program, args []string) error {
	s.keys = inFolder(s.keys)
	if s.keys != "" && s.target.url != "" {
		return usageError("tavoli backup: --keys copia da una cartella, non dalla rete · --keys copies from a data folder, not over the network")
	}
	report := saved{File: args[0], Keys: s.keys}
	err := s.target.with(ctx, p, func(c *client) (err error) {
		report.Bytes, err = s.log(ctx, p, c, args[0])
		return err
	})
	if err == nil && s.keys != "" {
		err = copyKeys(filepath.Join(s.target.data, keysFile), s.keys)
	}
	if err != nil {
		return err
	}
	if s.json {
		return p.printJSON(report)
	}
	return p.printf("%s: %d byte\n", report.File, report.Bytes)
}

// log writes the log to a new file: all of it or nothing.
func (s *saving) log(ctx context.Context, p *program, c *client, name string) (size int64, err error) {
	resp, err := c.send(ctx, call{method: http.MethodGet, path: "/admin/backup", accept: "application/octet-stream"})
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	err = newFile(name, func(w io.Writer) error {
		shown := p.tells("backup", s.shown)
		defer shown.end()
		size, err = io.Copy(io.MultiWriter(w, counting{shown, new(int)}), resp.Body)
		return err
	})
	return size, err
}

// counting tells a progress how many MiB have passed.
type counting struct {
	shown *progress
	bytes *int
}

// Write implements [io.Writer].
func (c counting) Write(b []byte) (int, error) {
	*c.bytes += len(b)
	c.shown.at(*c.bytes>>20, 0)
	return len(b), nil
}

// newFile writes a file that was not there, for its owner only.
func newFile(name string, fill func(io.Writer) error) error {
	if _, err := os.Lstat(name); err == nil {
		return invalidInput("%s esiste già e non viene sovrascritto · exists already; it is not overwritten", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return missing(err)
	}
	defer os.Remove(f.Name())
	if err := errors.Join(fill(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), name); err != nil {
		return err
	}
	return nil
}

// copyKeys copies a keyring, which may be in use.
func copyKeys(from, to string) error {
	return newFile(to, func(w io.Writer) error { return missing(keyring.CopyFile(from, w)) })
}

// A restoring is a backup to be put back.
type restoring struct {
	data string
	keys string
	json bool
}

func restoreCommand() command {
	return command{"restore", "FILE", "ricrea un registro da una copia, in una cartella senza registro · makes a register from a copy, in a folder without one", func(fs *flag.FlagSet) action {
		r := &restoring{}
		fs.StringVar(&r.data, "data", "./data", "la `cartella` del nuovo registro · the folder of the new register")
		fs.StringVar(&r.keys, "keys", "", "la copia del portachiavi, un `file` di tavoli backup --keys · the copy of the keyring")
		fs.BoolVar(&r.json, "json", false, "risponde in JSON · answer in JSON")
		return r.run
	}}
}

func (r *restoring) run(ctx context.Context, p *program, args []string) error {
	r.keys = inFolder(r.keys)
	in, err := os.Open(args[0])
	if err != nil {
		return missing(err)
	}
	defer in.Close()
	for _, name := range []string{logFile, keysFile} {
		if _, err := os.Lstat(filepath.Join(r.data, name)); err == nil && (name == logFile || r.keys != "") {
			return invalidInput("%s esiste già e non viene sovrascritto · exists already; it is not overwritten", filepath.Join(r.data, name))
		}
	}
	if err := r.restoreKeys(); err != nil {
		return err
	}
	id, err := bolt.Restore(ctx, in, r.data)
	if err != nil {
		return errors.Join(err, r.withoutKeys())
	}
	if r.json {
		return p.printJSON(map[string]any{"data": r.data, "store": id.ID, "epoch": id.Epoch})
	}
	return p.printf("%s: registro %s, epoca %d\n", r.data, id.ID, id.Epoch)
}

// restoreKeys puts the copy of the keyring into its place, if there is one.
func (r *restoring) restoreKeys() error {
	if r.keys == "" {
		return nil
	}
	in, err := os.Open(r.keys)
	if err != nil {
		return missing(err)
	}
	defer in.Close()
	if err := os.MkdirAll(r.data, 0o700); err != nil {
		return err
	}
	return keyring.Restore(filepath.Join(r.data, keysFile), in)
}

// withoutKeys takes the keyring away again, where the log could not be restored.
func (r *restoring) withoutKeys() error {
	if r.keys == "" {
		return nil
	}
	return os.Remove(filepath.Join(r.data, keysFile))
}
