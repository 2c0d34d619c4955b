package main

// This test needs the inside of the program: all of its commands.

import (
	"flag"
	"strings"
	"testing"
)

func TestEverythingIsToldInBothLanguages(t *testing.T) {
	for _, c := range commands() {
		fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
		c.bind(fs)
		told := map[string]string{"": c.about}
		fs.VisitAll(func(f *flag.Flag) { told[" --"+f.Name] = f.Usage })
		for name, text := range told {
			if italian, english, both := strings.Cut(text, " · "); !both || italian == "" || english == "" {
				t.Errorf("tavoli %s%s: %q is not Italian · English", c.name, name, text)
			}
		}
	}
}
