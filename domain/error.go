package domain

import (
	"errors"
	"fmt"
	"strings"
)

// A Kind is a class of error: it tells the caller what can be done about it.
// A Kind is itself an error, so errors.Is(err, domain.Refused) asks the question.
type Kind string

// The kinds of error there are. Any error of no kind is a fault.
const (
	Invalid   Kind = "invalid"         // the request makes no sense; repeating it is useless
	Forbidden Kind = "forbidden"       // the caller may not do this
	NotFound  Kind = "not found"       // what the request speaks of does not exist
	Refused   Kind = "refused"         // a rule of the domain says no, as things stand
	Stale     Kind = "stale"           // others wrote first; decide again
	Unknown   Kind = "unknown outcome" // it may or may not have been stored; repeat it with the same ids
)

// Error implements error.
func (k Kind) Error() string { return string(k) }

// An Error is a failure the domain foresees. Any other error is a fault.
type Error struct {
	Kind   Kind
	Code   string  // for programs; never changes: "tavolo-full"
	Text   string  // for people, in English; adapters translate by Code
	Fields []Field // what is wrong where, for bad input
}

// A Field says what is wrong with one field of a request.
type Field struct {
	Pointer string `json:"pointer"` // RFC 6901, into the request body: "/ente/code"
	Code    string `json:"code"`    // for programs; never changes
	Text    string `json:"detail"`  // for people
}

// Error implements error.
func (e *Error) Error() string {
	if len(e.Fields) == 0 {
		return e.Text
	}
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Pointer + ": " + f.Text
	}
	return e.Text + ": " + strings.Join(parts, "; ")
}

// Unwrap returns the kind, so that errors.Is knows it.
func (e *Error) Unwrap() error { return e.Kind }

// Is reports whether target is an [Error] of the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// A ConflictError says that a stream is not where the writer believed it was.
// It is [Stale]: nothing was written.
type ConflictError struct {
	Stream   Stream
	Expected Revision
	Actual   Revision
}

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("stream %s is at revision %d, not at %d", e.Stream, e.Actual, e.Expected)
}

// Unwrap returns [Stale].
func (e *ConflictError) Unwrap() error { return Stale }

// IsDefinite reports whether err promises that nothing was stored.
func IsDefinite(err error) bool { return err != nil && !errors.Is(err, Unknown) }

// A check gathers what is wrong with the fields of a request.
type check struct{ fields []Field }

// that notes a fault at pointer unless ok holds.
func (c *check) that(ok bool, pointer, code, format string, args ...any) {
	if !ok {
		c.fields = append(c.fields, Field{pointer, code, fmt.Sprintf(format, args...)})
	}
}

// err returns what was noted as one [Invalid] error, or nil.
func (c *check) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "invalid-input", Text: "the request has invalid fields", Fields: c.fields}
}

// invalid returns the error of one wrong field.
func invalid(pointer, code, format string, args ...any) error {
	var c check
	c.that(false, pointer, code, format, args...)
	return c.err()
}
