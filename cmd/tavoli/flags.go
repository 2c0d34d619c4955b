package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"
)

// parse reads flags and arguments in whatever order they come. A flag that is not
// given takes its value from the environment: --known-at from TAVOLI_KNOWN_AT.
func (p *program) parse(fs *flag.FlagSet, args []string) (rest []string, err error) {
	if err := p.fromEnvironment(fs); err != nil {
		return nil, err
	}
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usageError("tavoli %s: opzione non valida · bad flag: %v", fs.Name(), err)
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		ended := len(args) > fs.NArg() && args[len(args)-fs.NArg()-1] == "--"
		if ended {
			return append(rest, fs.Args()...), nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

func (p *program) fromEnvironment(fs *flag.FlagSet) (err error) {
	fs.VisitAll(func(f *flag.Flag) {
		value, ok := p.env(twin(f.Name))
		if !ok || value == "" || err != nil {
			return
		}
		if e := fs.Set(f.Name, value); e != nil {
			err = usageError("%s: valore non valido · bad value: %v", twin(f.Name), e)
		}
	})
	return err
}

// twin returns the name of the environment variable that stands for a flag.
func twin(flagName string) string {
	return "TAVOLI_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// usage explains one command.
func (p *program) usage(c command, fs *flag.FlagSet) {
	fmt.Fprintf(p.out, "tavoli %s\n\n%s\n\n", strings.TrimSpace(c.name+" "+c.args), c.about)
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fs.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		line := "  --" + f.Name
		if value != "" {
			line += " " + strings.ToUpper(value)
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
			text += fmt.Sprintf(" (predefinito · default: %s)", f.DefValue)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", line, twin(f.Name), text)
	})
	w.Flush()
}

// help explains all commands, or one.
func (p *program) help(args []string) error {
	if len(args) > 1 {
		for _, c := range commands() {
			if c.name == strings.Join(args[1:], " ") {
				fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
				c.bind(fs)
				p.usage(c, fs)
				return nil
			}
		}
		return usageError("il comando %[1]q non esiste: tavoli help li elenca · there is no command %[1]q; tavoli help lists them", strings.Join(args[1:], " "))
	}
	fmt.Fprintf(p.out, "tavoli %s, il registro dei tavoli · the register of the tavoli\n\n", version)
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, c := range commands() {
		fmt.Fprintf(w, "  tavoli %s\t%s\n", strings.TrimSpace(c.name+" "+c.args), c.about)
	}
	w.Flush()
	fmt.Fprintln(p.out, "\ntavoli COMANDO --help spiega un comando · explains a command")
	return nil
}
