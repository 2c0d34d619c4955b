package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tavoli/adapters/keeper"
	"tavoli/adapters/keyring"
	"tavoli/domain"
)

// A keyPlace is where the keys are: in the data folder, or with a keeper.
type keyPlace struct {
	url   string // of the keeper; empty: in the data folder
	token string // a file
	ca    string // a file
}

// bindKeys adds the flags that name a keeper.
func bindKeys(fs *flag.FlagSet) *keyPlace {
	k := &keyPlace{}
	fs.StringVar(&k.url, "keys", "", "il portachiavi condiviso, l'`indirizzo` di tavoli keeper; vuoto: quello nella cartella dei dati · the shared keyring, the address of tavoli keeper; empty: the one in the data folder")
	fs.StringVar(&k.token, "keys-token-file", "", "il `file` con il gettone di tavoli keeper · the file with the token of tavoli keeper")
	fs.StringVar(&k.ca, "keys-ca", "", "chi ha firmato il certificato di tavoli keeper, un `file` PEM · who signed the certificate of tavoli keeper, a PEM file")
	return k
}

// shared reports whether a keeper has the keys.
func (k *keyPlace) shared() bool { return k.url != "" }

// inFolder returns the name of a file, or nothing if it is the address of a keeper:
// TAVOLI_KEYS of a node names one, whose ring is copied where it lies.
func inFolder(name string) string {
	if strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://") {
		return ""
	}
	return name
}

// options say how the keeper is reached.
func (k *keyPlace) options(log *slog.Logger) (o keeper.Options, err error) {
	if k.token == "" {
		return o, usageError("--keys vuole --keys-token-file, il gettone che tavoli keeper ha scritto in %[1]s · --keys needs --keys-token-file, the token that tavoli keeper wrote to %[1]s", tokenFile)
	}
	o = keeper.Options{URL: k.url, Log: log}
	if o.Token, err = readSecret(k.token); err != nil {
		return o, err
	}
	if k.ca == "" {
		return o, nil
	}
	pem, err := os.ReadFile(k.ca)
	if err != nil {
		return o, missing(err)
	}
	o.CA = x509.NewCertPool()
	if !o.CA.AppendCertsFromPEM(pem) {
		return o, invalidInput("--keys-ca: %s non contiene certificati · holds no certificates", k.ca)
	}
	return o, nil
}

// openKeys opens the keys of a register: those in its folder, or those of a keeper.
func (s settings) openKeys(ctx context.Context) (keys, error) {
	mine := filepath.Join(s.dir, keysFile)
	if !s.keys.shared() {
		ring, err := keyring.Open(mine)
		if err != nil {
			return nil, inUse(err)
		}
		return ring, nil
	}
	if _, err := os.Lstat(mine); err == nil {
		return nil, invalidInput("%[1]s è un portachiavi, ma --keys ne nomina un altro: spostare il file nella cartella di tavoli keeper, o togliere --keys · the data folder has a keyring of its own and --keys names another: move the file to the folder of tavoli keeper, or leave --keys out", mine)
	}
	o, err := s.keys.options(s.log)
	if err != nil {
		return nil, err
	}
	if overheard(o.URL) {
		s.log.Warn("le chiavi viaggiano in chiaro · keys travel in the clear", "keys", o.URL)
	}
	c, err := keeper.Connect(ctx, o)
	if err != nil {
		return nil, keysFault(err)
	}
	return c, nil
}

// overheard reports whether what is said to an address can be overheard on the way.
func overheard(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "http" && u.Hostname() != "localhost" && !strings.HasPrefix(u.Hostname(), "127.") && u.Hostname() != "::1"
}

// keysFault says in a sentence, with an exit code of its own, why shared keys cannot
// be had.
func keysFault(err error) error {
	switch {
	case errors.Is(err, keeper.ErrToken):
		return &exit{exitForbidden, fmt.Errorf("--keys: il portachiavi condiviso rifiuta questo gettone · the shared keyring refuses this token: %w", err)}
	case errors.Is(err, keeper.ErrNoKeeper):
		return &exit{exitUsage, fmt.Errorf("--keys: a questo indirizzo non c'è un portachiavi condiviso; è della forma https://nodo:8090 · there is no shared keyring at this address; it is of the form https://node:8090: %w", err)}
	case errors.Is(err, keeper.ErrBehind), errors.Is(err, keeper.ErrExchanged):
		return &exit{exitExchanged, fmt.Errorf("--keys: il portachiavi condiviso non è quello di prima · the shared keyring is not the one it was: %w", err)}
	case errors.Is(err, keeper.ErrUnreachable):
		return &exit{exitUnreachable, fmt.Errorf("--keys: il portachiavi condiviso non risponde; riprovare quando tavoli keeper è in servizio · the shared keyring does not answer; try again when tavoli keeper is up: %w", err)}
	}
	return err
}

// open opens the values of a person for the read models. While the shared keyring is
// away it waits: a view that went on would be without these values for good.
func (r *register) open(d domain.PersonDescribed) (domain.Values, error) {
	pause := time.NewTicker(200 * time.Millisecond)
	defer pause.Stop()
	for {
		values, err := r.vault.Open(d)
		if !errors.Is(err, domain.Unknown) || r.life.Err() != nil {
			return values, err
		}
		select {
		case <-pause.C:
		case <-r.life.Done():
		}
	}
}

// keeperGauge tells whether the shared keyring can be used: 1, or 0.
func keeperGauge(k keys) map[string]func() float64 {
	c, ok := k.(*keeper.Client)
	if !ok {
		return nil
	}
	return map[string]func() float64{"tavoli_keeper_up": func() float64 {
		if c.Err() != nil {
			return 0
		}
		return 1
	}}
}

// keysLie says where the keys are, for people.
func (r *register) keysLie() string {
	if r.settings.keys.shared() {
		return r.settings.keys.url
	}
	return r.path(keysFile)
}

func keeperCopyCommand() command {
	return command{"keeper copy", "FILE", "copia il portachiavi condiviso, anche mentre è in servizio · copies the shared keyring, also while it is being used", func(fs *flag.FlagSet) action {
		place := bindKeys(fs)
		data := fs.String("data", "./keeper", "la `cartella` del portachiavi, senza --keys · the folder of the keyring, without --keys")
		return func(ctx context.Context, p *program, args []string) error {
			if err := copyRing(ctx, p, place, *data, args[0]); err != nil {
				return err
			}
			return p.printf("%s: da tenere lontano dalle copie del registro, al massimo 30 giorni · keep it away from copies of the register, for 30 days at most\n", args[0])
		}
	}}
}

// copyRing copies the ring in a folder, or that of a keeper.
func copyRing(ctx context.Context, p *program, place *keyPlace, data, to string) error {
	if !place.shared() {
		return copyKeys(filepath.Join(data, keysFile), to)
	}
	o, err := place.options(p.quietLog())
	if err != nil {
		return err
	}
	return newFile(to, func(w io.Writer) error { return keysFault(keeper.Copy(ctx, o, w)) })
}

func keeperRestoreCommand() command {
	return command{"keeper restore", "FILE", "ricrea il portachiavi condiviso da una copia, in una cartella che non ne ha · makes the shared keyring from a copy, in a folder without one", func(fs *flag.FlagSet) action {
		data := fs.String("data", "./keeper", "la `cartella` del portachiavi · the folder of the keyring")
		return func(_ context.Context, p *program, args []string) error {
			in, err := os.Open(args[0])
			if err != nil {
				return missing(err)
			}
			defer in.Close()
			if err := keyring.Restore(filepath.Join(*data, keysFile), in); err != nil {
				return err
			}
			return p.printf("%s: le chiavi distrutte dopo la copia ci sono di nuovo: i nodi le distruggono quando partono · keys destroyed since the copy was made are there again: the nodes destroy them when they start\n", filepath.Join(*data, keysFile))
		}
	}}
}
