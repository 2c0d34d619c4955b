package browser_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A clock is that of a program which can be put forward: terms run out in hours.
type clock struct{ file string }

// newClock begins a stage whose program has a clock that can be put forward, and looks
// more often what has run out. It is the program as it is but for these two lines.
func newClock(t *testing.T, s *stage, flags ...string) clock {
	t.Helper()
	onStage(t) // for the browser
	dir := t.TempDir()
	c := clock{filepath.Join(dir, "ahead")}
	c.forward(t, 0)
	overlay := c.overlay(t, dir)
	program := filepath.Join(dir, "tavoli")
	if err := build(program, "-overlay", overlay); err != nil {
		t.Fatal(err)
	}
	s.data = t.TempDir()
	s.begin(t, program, flags...)
	return c
}

// overlay writes the lines that are otherwise, and what tells the Go command of them.
func (c clock) overlay(t *testing.T, dir string) string {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("..", "..", "cmd", "tavoli"))
	if err != nil {
		t.Fatal(err)
	}
	replaced := make(map[string]string)
	put := func(name, text string) {
		replaced[filepath.Join(source, name)] = filepath.Join(dir, name)
		write(t, filepath.Join(dir, name), text)
	}
	for name, line := range map[string][2]string{
		"main.go":  {"now: time.Now}", "now: ahead}"},
		"lapse.go": {"lapseEvery = 30 * time.Second", "lapseEvery = time.Second / 5"},
	} {
		text, err := os.ReadFile(filepath.Join(source, name))
		if err != nil || strings.Count(string(text), line[0]) != 1 {
			t.Fatalf("%s does not read %q once: %v", name, line[0], err)
		}
		put(name, strings.Replace(string(text), line[0], line[1], 1))
	}
	put("ahead.go", `package main

import (
	"os"
	"time"
)

// ahead returns the time, put forward by what a file says.
func ahead() time.Time {
	text, err := os.ReadFile(`+quote(c.file)+`)
	if err != nil {
		panic(err)
	}
	by, err := time.ParseDuration(string(text))
	if err != nil {
		panic(err)
	}
	return time.Now().Add(by)
}
`)
	list, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	write(t, file, string(list))
	return file
}

// forward puts the clock forward, from the time that it is.
func (c clock) forward(t *testing.T, by time.Duration) {
	t.Helper()
	write(t, c.file, by.String())
}

// write writes a file as a whole: whoever reads it meanwhile finds what it was.
func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}
