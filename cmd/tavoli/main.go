// Command tavoli is the register: the server and its command line in one program.
// Nearly every command is a client of the same HTTP API, spoken to a running server or
// to the very same handler in this process. The others do what has to go without it:
// serve and keeper, which are servers; restore, copy, restored, keeper copy and keeper
// restore, which make or mend what a server opens; check, where nobody serves.
//
// Read main.go for how a command is found and flags.go for how its flags are, connect.go
// and client.go for how it speaks to the register; serve.go for how the server is made,
// register.go for what depends on what. What goes on beside requests has a file each:
// erasing.go, lapse.go, snapshot.go, post.go (letters), bridge.go (NATS), peers.go (other
// nodes), book.go (the ledger).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// version is what the program calls itself.
const version = "0.1.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.LookupEnv, now: time.Now}
	code := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// A program is what a command needs of the world around it.
type program struct {
	in  io.Reader
	out io.Writer
	err io.Writer
	env func(name string) (string, bool)
	now func() time.Time
}

// A command is one thing that can be asked of the program.
type command struct {
	name  string // of one word or two: "audit trail"
	args  string // what follows it: "TAVOLO [FILE]"
	about string // Italian first, English beside it
	bind  func(fs *flag.FlagSet) action
}

// An action carries out a command whose flags have been read.
type action func(ctx context.Context, p *program, args []string) error

// commands lists all there are, in the order in which they are shown.
func commands() []command {
	return slices.Concat(registerCommands(), letterCommands(), upkeepCommands())
}

// registerCommands are about what the register holds.
func registerCommands() []command {
	return []command{
		serveCommand(), keeperCopyCommand(), keeperRestoreCommand(), keeperCommand(),
		importProgrammeCommand(), importEntiCommand(), importCooperaCommand(), importDemoCommand(),
		rosterCommand(), statisticsCommand(),
		reportTransmitCommand(), reportReopenCommand(), reportTransmissionsCommand(), reportDifferenceCommand(), reportMappingCommand(), quarterReportCommand(),
		auditTrailCommand(), auditEventsCommand(), auditDisclosuresCommand(), replayCommand(),
		auditCheckpointCommand(), auditProofCommand(), auditConsistencyCommand(), auditKeyCommand(), auditRotateCommand(), auditExportCommand(), auditDossierCommand(),
		accountOpenCommand(), accountGrantCommand(), accountRevokeCommand(), accountInviteCommand(), accountFactorCommand(), accountListCommand(),
		tokenIssueCommand(), tokenRevokeCommand(),
		personExportCommand(), forgetCommand(), evidenceDestroyCommand(),
		retentionSetCommand(), retentionHoldCommand(), retentionLiftCommand(), retentionEvidenceCommand(), retentionCommand(),
	}
}

// upkeepCommands are about the register's files.
func upkeepCommands() []command {
	return []command{
		backupCommand(), restoreCommand(), copyCommand(), restoredCommand(), checkCommand(), versionCommand(),
	}
}

// run carries out a command line and returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	err := p.dispatch(ctx, args)
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errSilent) {
		fmt.Fprintf(p.err, "tavoli: %v\n", err)
	}
	return exitCode(err)
}

// dispatch finds the command that the arguments begin with.
func (p *program) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		return p.help(args)
	}
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return p.carryOut(ctx, c, args[len(words):])
		}
	}
	if group := inGroup(args[0]); len(group) > 0 {
		return usageError("tavoli %[1]s: deve seguire uno di · one of these must follow: %[2]s", args[0], strings.Join(group, ", "))
	}
	return usageError("il comando %[1]q non esiste: tavoli help li elenca · there is no command %[1]q; tavoli help lists them", args[0])
}

// inGroup returns the second words of the commands that begin with a word.
func inGroup(word string) (second []string) {
	for _, c := range commands() {
		if first, rest, ok := strings.Cut(c.name, " "); ok && first == word {
			second = append(second, rest)
		}
	}
	return second
}

// carryOut reads a command's flags and arguments and does it.
func (p *program) carryOut(ctx context.Context, c command, args []string) error {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	act := c.bind(fs)
	rest, err := p.parse(fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		p.usage(c, fs)
		return nil
	case err != nil:
		return err
	}
	if err := c.counts(len(rest)); err != nil {
		return err
	}
	return act(ctx, p, rest)
}

// counts checks the number of arguments against what the command names.
func (c command) counts(n int) error {
	least, most := 0, 0
	for name := range strings.FieldsSeq(c.args) {
		most++
		if !strings.HasPrefix(name, "[") {
			least++
		}
	}
	if n < least || n > most {
		return usageError("tavoli %[1]s %[2]s: argomenti mancanti o di troppo, vedi tavoli %[1]s --help · arguments are missing or too many", c.name, orNothing(c.args))
	}
	return nil
}

func orNothing(args string) string {
	if args == "" {
		return "(senza argomenti · no arguments)"
	}
	return args
}
