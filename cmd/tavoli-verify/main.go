// Command tavoli-verify checks what the register of the tavoli hands to an
// auditor: a dossier, an exported log, a proof. It is a second opinion. It shares
// no code with the register, reads files only, and needs no service, no database
// and no network.
//
// Read main.go for the commands, log.go for what holds everything together,
// replay.go for who attended.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// The exit codes. They never change.
const (
	exitOK         = 0 // all is well
	exitMismatch   = 1 // something was changed, or does not fit
	exitUsage      = 2 // the command line makes no sense
	exitUnreadable = 3 // not a zip, cut off, malformed
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// A program is what a command works with.
type program struct {
	out  io.Writer
	lang string // "it" or "en"
	json bool

	key    string // --key
	entry  string // --entry
	proof  string // --proof
	tavolo string // --tavolo
}

// A command is one thing that can be checked.
type command struct {
	name  string
	args  []string // what follows it
	flags string   // which flags it takes, beside --lang and --json
	about text
	do    func(p *program, args []string) (*report, error)
}

func commands() []command {
	return []command{
		{"log", []string{"FILE.zip|DIR"}, "key", text{"la radice ricalcolata dai fatti, le firme, ogni file", "the root recomputed from the facts, signatures, every file"}, (*program).log},
		{"consistency", []string{"OLD", "NEW|FILE.zip|DIR"}, "key proof", text{"il registro di oggi prolunga il checkpoint conservato", "today's log extends the checkpoint that was kept"}, (*program).consistency},
		{"proof", []string{"FILE.tlog-proof"}, "key entry", text{"un fatto sta nel registro", "one fact is in the log"}, (*program).inclusion},
		{"disclosures", []string{"FILE.zip|DIR"}, "key", text{"i nomi mostrati sono quelli impegnati nei fatti", "the names shown are those the facts commit to"}, (*program).disclosures},
		{"replay", []string{"FILE.zip|DIR"}, "key tavolo", text{"chi era presente e per quanto, dai soli fatti", "who attended and for how long, from the facts alone"}, (*program).replay},
		{"key", []string{"FILE.zip|DIR"}, "", text{"mostra le chiavi pubbliche contenute", "shows the public keys inside"}, (*program).keys},
	}
}

// run carries out a command line and returns the exit code.
func run(args []string, out, errOut io.Writer) int {
	p := &program{out: out, lang: "it"}
	r, err := p.dispatch(args)
	switch {
	case err == nil && r == nil:
		return exitOK
	case err == nil:
		err = r.print(p)
	}
	fault, told := errors.AsType[*fault](err)
	switch {
	case err == nil && r.OK:
		return exitOK
	case err == nil:
		return exitMismatch
	case told:
		fmt.Fprintf(errOut, "tavoli-verify: %s\n", p.text(fault.text))
		return fault.code
	}
	fmt.Fprintf(errOut, "tavoli-verify: %v\n", err)
	return exitUnreadable
}

// dispatch finds the command, reads its flags and does it. Without a report there
// was nothing to check.
func (p *program) dispatch(args []string) (*report, error) {
	if len(args) == 0 {
		return nil, usage("quale comando? tavoli-verify help li elenca", "which command? tavoli-verify help lists them")
	}
	if args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		return nil, p.help()
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		rest, err := p.flags(c, args[1:])
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, p.help()
		case err != nil:
			return nil, err
		case len(rest) != len(c.args):
			return nil, usage("si usa: tavoli-verify %s %s", "usage: tavoli-verify %s %s", c.name, strings.Join(c.args, " "))
		}
		return c.do(p, rest)
	}
	return nil, usage("il comando %q non esiste: tavoli-verify help li elenca", "there is no command %q: tavoli-verify help lists them", args[0])
}

// flags reads flags wherever they stand and returns the other arguments.
func (p *program) flags(c command, args []string) (rest []string, err error) {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&p.lang, "lang", p.lang, "")
	fs.BoolVar(&p.json, "json", false, "")
	for name, value := range map[string]*string{"key": &p.key, "entry": &p.entry, "proof": &p.proof, "tavolo": &p.tavolo} {
		if strings.Contains(c.flags, name) {
			fs.StringVar(value, name, "", "")
		}
	}
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usage("%v", "%v", err)
		}
		if fs.NArg() == 0 {
			break
		}
		rest, args = append(rest, fs.Arg(0)), fs.Args()[1:]
	}
	if p.lang != "it" && p.lang != "en" {
		return nil, usage("--lang: it oppure en", "--lang: it or en")
	}
	return rest, nil
}

func (p *program) help() error {
	fmt.Fprintln(p.out, "tavoli-verify · verifica del registro dei tavoli, senza servizio e senza rete · checks the register of the tavoli, offline")
	fmt.Fprintln(p.out)
	for _, c := range commands() {
		fmt.Fprintf(p.out, "  tavoli-verify %s %s", c.name, strings.Join(c.args, " "))
		for f := range strings.FieldsSeq(c.flags) {
			fmt.Fprintf(p.out, " [--%s %s]", f, flagValues[f])
		}
		fmt.Fprintf(p.out, "\n      %s · %s\n", c.about.it, c.about.en)
	}
	_, err := fmt.Fprintf(p.out, "\n  --lang it|en   --json\n\n%s\n%s\n",
		"0 tutto torna, 1 qualcosa non torna, 2 riga di comando errata, 3 illeggibile", "0 all is well, 1 a mismatch, 2 usage, 3 unreadable")
	return err
}

var flagValues = map[string]string{"key": "VKEY|FILE", "entry": "FILE|FILE.zip|DIR", "proof": "FILE", "tavolo": "ID"}
