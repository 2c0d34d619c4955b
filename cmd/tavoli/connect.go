package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// A target is the register a command speaks to.
type target struct {
	data string
	url  string
	kept string // the store: bolt, or an address
	keys *keyPlace
	make bool // a register that is not there is made
}

// bindTarget adds the flags that name the register.
func bindTarget(fs *flag.FlagSet) *target {
	t := bindFolder(fs)
	t.keys = bindKeys(fs)
	return t
}

// bindFolder adds those of a command for which --keys is something else.
func bindFolder(fs *flag.FlagSet) *target {
	t := &target{keys: &keyPlace{}}
	fs.StringVar(&t.data, "data", "./data", "la `cartella` dei dati; se è in servizio si usa quel server · the data folder; its running server is used if there is one")
	fs.StringVar(&t.url, "url", "", "l'`indirizzo` di un server, invece; il gettone è in TAVOLI_TOKEN · the address of a server instead; the token comes from TAVOLI_TOKEN")
	fs.StringVar(&t.kept, "store", inFile, "l'`archivio` degli eventi, se nessuno è in servizio: bolt, o esdb://nodo:2113 · the event store, where nobody serves the folder: bolt, or esdb://node:2113")
	return t
}

// connect returns a client of the register: of the server that is named, of the
// one that serves the data folder, or of the same handler in this process.
func (t *target) connect(ctx context.Context, p *program) (*client, error) {
	if t.url != "" {
		token, _ := p.env("TAVOLI_TOKEN")
		return &client{http: &http.Client{}, base: strings.TrimSuffix(t.url, "/"), token: token, close: nothing}, nil
	}
	running, err := readConsole(t.data)
	if err != nil {
		return nil, err
	}
	if head, ok := running.answers(ctx); ok {
		return &client{http: &http.Client{}, base: running.Address, token: running.Token, atLeast: head, close: nothing}, nil
	}
	return t.open(ctx, p)
}

func nothing() error { return nil }

// open opens the register in this process.
func (t *target) open(ctx context.Context, p *program) (*client, error) {
	if err := t.exists(); err != nil {
		return nil, err
	}
	r, err := openRegister(ctx, settings{dir: t.data, store: t.kept, keys: *t.keys, log: p.quietLog(), now: p.now})
	if err != nil {
		return nil, err
	}
	if err := r.ready(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	c := r.inProcess()
	c.close = r.Close
	return c, nil
}

// exists refuses a folder without a register, unless one is to be made. A register
// on servers is there when they are.
func (t *target) exists() error {
	if err := checkStore(t.kept); err != nil {
		return err
	}
	if t.make || onServers(t.kept) {
		return nil
	}
	_, err := os.Stat(filepath.Join(t.data, logFile))
	if _, elsewhere := os.Stat(filepath.Join(t.data, storeFile)); errors.Is(err, fs.ErrNotExist) && elsewhere == nil {
		return &exit{exitNotFound, fmt.Errorf("il registro di %[1]s sta su un archivio a parte: indicarlo con --store · the register of %[1]s lies on servers: name them with --store", t.data)}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return &exit{exitNotFound, fmt.Errorf("nessun registro in %[1]s: indicarlo con --data o --url · there is no register in %[1]s; name one with --data or --url", t.data)}
	}
	return err
}

// with connects, does something and lets go of the register.
func (t *target) with(ctx context.Context, p *program, do func(*client) error) error {
	c, err := t.connect(ctx, p)
	if err != nil {
		return err
	}
	return errors.Join(do(c), c.close())
}
