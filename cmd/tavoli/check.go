package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"tavoli/adapters/bolt"
	"tavoli/adapters/evidence"
	"tavoli/adapters/ledger"
	"tavoli/domain"
)

// A checking is how a data folder is verified.
type checking struct {
	target *target
	json   bool
	shown  bool
}

func checkCommand() command {
	return command{"check", "", "legge tutto e dice che cosa non va e dove · reads everything and says what is wrong where", func(fs *flag.FlagSet) action {
		c := &checking{target: bindTarget(fs)}
		fs.BoolVar(&c.json, "json", false, "risponde in JSON · answer in JSON")
		fs.BoolVar(&c.shown, "progress", false, "dice a che punto è il lavoro, anche fuori da un terminale · tell how far work is, even where nobody seems to watch")
		return c.run
	}}
}

// A verdict is what a check has found.
type verdict struct {
	OK       bool     `json:"ok"`
	Problems []string `json:"problems"`
}

func (c *checking) run(ctx context.Context, p *program, _ []string) error {
	v, err := c.verdict(ctx, p)
	if err != nil {
		return err
	}
	if err := c.tell(p, v); err != nil || v.OK {
		return err
	}
	return &exit{exitDamaged, errSilent}
}

// verdict asks the server, if there is one, and looks for itself otherwise.
func (c *checking) verdict(ctx context.Context, p *program) (v verdict, err error) {
	running, err := readConsole(c.target.data)
	if err != nil {
		return v, err
	}
	if _, served := running.answers(ctx); !served && c.target.url == "" {
		return c.offline(ctx, p)
	}
	err = c.target.with(ctx, p, func(to *client) error {
		raw, err := to.get(ctx, "/admin/check", nil)
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, &v)
	})
	return v, err
}

// offline verifies a data folder that nobody serves.
func (c *checking) offline(ctx context.Context, p *program) (verdict, error) {
	if err := c.target.exists(); err != nil {
		return verdict{}, err
	}
	v := verdict{Problems: []string{}}
	shown := p.tells("check", c.shown)
	defer shown.end()
	progress := func(done, total int64) { shown.at(int(done), int(total)) }
	var findings []bolt.Finding
	if !onServers(c.target.kept) {
		var err error
		if findings, err = bolt.Check(ctx, c.target.data, progress); err != nil {
			return v, inUse(err)
		}
		progress = nil
	}
	for i := range findings {
		v.Problems = append(v.Problems, findings[i].Error())
	}
	if err := c.checkKeys(ctx, p); err != nil {
		if _, foreseen := errors.AsType[*exit](err); foreseen {
			return v, err
		}
		v.Problems = append(v.Problems, err.Error())
	}
	if len(findings) == 0 {
		more, err := c.rest(ctx, p, progress)
		if err != nil {
			return v, err
		}
		v.Problems = append(v.Problems, more...)
	}
	v.OK = len(v.Problems) == 0
	return v, nil
}

// openKeys opens the keyring, which has to be there.
func (c *checking) openKeys(ctx context.Context, p *program) (keys, error) {
	if _, err := os.Stat(filepath.Join(c.target.data, keysFile)); err != nil && !c.target.keys.shared() {
		return nil, fmt.Errorf("manca il portachiavi · the keyring is missing: %w", err)
	}
	return settings{dir: c.target.data, keys: *c.target.keys, log: p.quietLog()}.openKeys(ctx)
}

// checkKeys verifies the keyring.
func (c *checking) checkKeys(ctx context.Context, p *program) error {
	ring, err := c.openKeys(ctx, p)
	if err != nil {
		return err
	}
	return errors.Join(ring.Check(), ring.Close())
}

// rest verifies what can only be read of a log that is well: whether the keys
// belong to it, and the files it speaks of.
func (c *checking) rest(ctx context.Context, p *program, progress func(done, total int64)) ([]string, error) {
	store, err := opening{c.target.kept, c.target.data, p.now, p.quietLog()}.open(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	ring, err := c.openKeys(ctx, p)
	if err != nil {
		return nil, nil // told already
	}
	defer ring.Close()
	files, err := evidence.Open(filepath.Join(c.target.data, evidenceDir))
	if err != nil {
		return nil, err
	}
	problems, err := newBesides(domain.Vault{Keys: ring, Log: store}, files).check(ctx, store, progress)
	if err != nil {
		return problems, err
	}
	more, err := c.signed(ctx, p, store, ring)
	return append(problems, more...), err
}

// signed verifies that the log is the one that was signed.
func (c *checking) signed(ctx context.Context, p *program, store domain.Log, ring keys) ([]string, error) {
	dir := filepath.Join(c.target.data, checkpointDir)
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return nil, nil // nothing was
	}
	tree := ledger.New(store)
	signer, err := ledger.NewSigner(tree, ledger.Options{Dir: dir, Secret: ring.Secret, Now: p.now})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	followed := make(chan error, 1)
	go func() { followed <- tree.Follow(ctx) }()
	problems, err := checkLedger(ctx, signer.Check)
	stop()
	return problems, errors.Join(err, <-followed)
}

// checkLedger returns as a problem that the log is not the one that was signed.
func checkLedger(ctx context.Context, verify func(context.Context) error) ([]string, error) {
	err := verify(ctx)
	if errors.Is(err, ledger.ErrInconsistent) || errors.Is(err, domain.ErrLedgerKeyOther) {
		return []string{err.Error()}, nil
	}
	return nil, err
}

func (c *checking) tell(p *program, v verdict) error {
	if c.json {
		return p.printJSON(v)
	}
	if v.OK {
		return p.printf("tutto a posto · all is well\n")
	}
	for _, problem := range v.Problems {
		if err := p.printf("%s\n", problem); err != nil {
			return err
		}
	}
	return p.printf("%d\n", len(v.Problems))
}
