package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/url"
	"os"
	"strconv"

	"tavoli/domain"
)

// An importing is how a file is imported.
type importing struct {
	target      *target
	effectiveAt string
	check       bool
	json        bool
	shown       bool
}

func bindImport(fs *flag.FlagSet, check bool) *importing {
	i := &importing{target: bindTarget(fs)}
	i.target.make = true
	fs.BoolVar(&i.json, "json", false, "risponde in JSON · answer in JSON")
	fs.BoolVar(&i.shown, "progress", false, "dice a che punto è il lavoro, anche fuori da un terminale · tell how far work is, even where nobody seems to watch")
	if check {
		fs.BoolVar(&i.check, "dry-run", false, "legge e controlla il file, senza inviare nulla · read and check the file, and send nothing")
	}
	return i
}

func importProgrammeCommand() command {
	return command{"import programme", "FILE", "importa un file di richieste · imports a file of requests (docs/import.md)", func(fs *flag.FlagSet) action {
		i := bindImport(fs, true)
		return func(ctx context.Context, p *program, args []string) error {
			if carried, ok := carriedFiles[args[0]]; ok {
				return i.all(ctx, p, args[0], carried)
			}
			return i.file(ctx, p, args[0], readLines)
		}
	}}
}

// carriedFiles are what the program carries, by the names under which it is
// imported. A file of the same name is meant by ./demo.
var carriedFiles = map[string]func() ([]line, error){"coopera": cooperaLines, demoSource: demoLines}

// demoSource is the name of the demonstration among what is imported.
const demoSource = "demo"

func importEntiCommand() command {
	return command{"import enti", "FILE", "importa un elenco CSV di enti · imports a CSV list of enti", func(fs *flag.FlagSet) action {
		i := bindImport(fs, true)
		fs.StringVar(&i.effectiveAt, "effective-at", "", "da `quando` esistono gli enti; vuoto: da ora · since when the enti exist; empty: now")
		return func(ctx context.Context, p *program, args []string) error {
			if _, err := domain.ParseTime(i.effectiveAt); i.effectiveAt != "" && err != nil {
				return usageError("--effective-at: momento non valido · no moment: %v", err)
			}
			return i.file(ctx, p, args[0], func(name string, r io.Reader) ([]line, error) {
				return readEnti(name, r, i.effectiveAt)
			})
		}
	}}
}

func importCooperaCommand() command {
	return command{"import coopera", "", "importa il programma reale del 2021-22 · imports the real programme of 2021-22", func(fs *flag.FlagSet) action {
		i := bindImport(fs, false)
		return func(ctx context.Context, p *program, _ []string) error { return i.all(ctx, p, "coopera", cooperaLines) }
	}}
}

func importDemoCommand() command {
	return command{"import demo", "", "importa il programma e persone inventate · imports the programme and invented people", func(fs *flag.FlagSet) action {
		i := bindImport(fs, false)
		return func(ctx context.Context, p *program, _ []string) error { return i.all(ctx, p, demoSource, demoLines) }
	}}
}

// file imports a file, or standard input under the name "-".
func (i *importing) file(ctx context.Context, p *program, name string, read func(string, io.Reader) ([]line, error)) error {
	in := p.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return missing(err)
		}
		defer f.Close()
		in = f
	}
	return i.all(ctx, p, name, func() ([]line, error) { return read(name, in) })
}

// missing tells that a file is not there.
func missing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return &exit{exitNotFound, err}
	}
	return err
}

// An imported says what an import came to.
type imported struct {
	Source   string `json:"source"`
	Lines    int    `json:"lines"`
	Recorded int    `json:"recorded"` // entries of the log; none when all of it was there already
	Checked  bool   `json:"checked_only,omitempty"`
}

// all sends lines and says what became of them.
func (i *importing) all(ctx context.Context, p *program, source string, read func() ([]line, error)) error {
	lines, err := read()
	if err != nil {
		return err
	}
	report := imported{Source: source, Lines: len(lines), Checked: i.check}
	if i.check {
		return i.tell(p, report)
	}
	err = i.target.with(ctx, p, func(c *client) error {
		if source == demoSource {
			if err := sparesTheReal(ctx, c); err != nil {
				return err
			}
		}
		before, err := facts(ctx, c)
		if err != nil {
			return err
		}
		play := player{to: c, progress: p.tells(source, i.shown)}
		if err := play.play(ctx, lines); err != nil {
			return err
		}
		after, err := facts(ctx, c)
		report.Recorded = after - before
		return err
	})
	if err != nil {
		return err
	}
	return i.tell(p, report)
}

// sparesTheReal refuses to put invented people into a register that has tavoli and
// is no demonstration.
func sparesTheReal(ctx context.Context, c *client) error {
	var status struct{ Demonstration bool }
	var tavoli struct{ Items []json.RawMessage }
	if err := errors.Join(c.ask(ctx, "/status", nil, &status), c.ask(ctx, "/tavoli", c.current(make(url.Values)), &tavoli)); err != nil {
		return err
	}
	if len(tavoli.Items) > 0 && !status.Demonstration {
		return invalidInput("questo registro ha già tavoli veri: la dimostrazione va in un registro vuoto · this register has real tavoli: the demonstration goes into an empty one")
	}
	return nil
}

func (i *importing) tell(p *program, r imported) error {
	if i.json {
		return p.printJSON(r)
	}
	if r.Checked {
		return p.printf("%s: %d richieste, tutte ben formate · %d requests, all well formed\n", r.Source, r.Lines, r.Lines)
	}
	return p.printf("%s: %d richieste, %d annotazioni nuove · %d requests, %d new entries\n", r.Source, r.Lines, r.Recorded, r.Lines, r.Recorded)
}

// facts returns how far the log has come, to compare with a later answer.
func facts(ctx context.Context, c *client) (int, error) {
	var status struct {
		View struct {
			Head json.Number `json:"head"`
		} `json:"view"`
	}
	if err := c.ask(ctx, "/status", nil, &status); err != nil {
		return 0, err
	}
	return strconv.Atoi(status.View.Head.String())
}
