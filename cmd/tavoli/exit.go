package main

import (
	"errors"
	"fmt"

	"tavoli/domain"
)

// The exit codes, as docs/cli.md explains them. They never change.
const (
	exitOK        = 0
	exitFault     = 1 // something broke: disk, network, a bug
	exitUsage     = 2 // the command line makes no sense
	exitRefused   = 3 // the register says no, or the input is wrong
	exitNotFound  = 4 // what was asked about does not exist
	exitDamaged   = 5 // check found damage
	exitForbidden = 6 // no token, or not the role
	exitUnknown   = 7 // it is not known whether it was recorded: repeat it
	exitInUse     = 8 // the data folder belongs to another process

	exitUnreachable = 9  // the event store does not answer
	exitOldServer   = 10 // its server is too old
	exitExchanged   = 11 // it is another one than it was
)

// An exit is an error that knows its exit code.
type exit struct {
	code int
	err  error
}

// Error implements error.
func (e *exit) Error() string { return e.err.Error() }

// Unwrap returns what went wrong.
func (e *exit) Unwrap() error { return e.err }

func usageError(format string, args ...any) error {
	return &exit{exitUsage, fmt.Errorf(format, args...)}
}

func invalidInput(format string, args ...any) error {
	return &exit{exitRefused, fmt.Errorf(format, args...)}
}

// errSilent marks an error whose text was printed already.
var errSilent = errors.New("said already")

// exitCode returns what the shell is told of an error.
func exitCode(err error) int {
	if e, ok := errors.AsType[*exit](err); ok {
		return e.code
	}
	if p, ok := errors.AsType[*problem](err); ok {
		return p.exitCode()
	}
	switch {
	case errors.Is(err, domain.ErrCorrupt):
		return exitDamaged
	case errors.Is(err, domain.NotFound):
		return exitNotFound
	case errors.Is(err, domain.Forbidden):
		return exitForbidden
	case errors.Is(err, domain.Unknown):
		return exitUnknown
	case errors.Is(err, domain.Invalid), errors.Is(err, domain.Refused), errors.Is(err, domain.Stale):
		return exitRefused
	}
	return exitFault
}
