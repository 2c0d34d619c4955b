package esdb

import (
	"context"
	"errors"
	"fmt"
	"strings"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"tavoli/domain"
)

// Errors of this store beside those every store gives. All but the first are
// there to stay: they end the store.
var (
	ErrUnreachable = &domain.Error{Kind: domain.Unknown, Code: "store-unreachable", Text: "the event store cannot be reached"}
	ErrAddress     = &domain.Error{Kind: domain.Invalid, Code: "store-address", Text: "the address of the event store is not of the form esdb://host:port"}
	ErrCredentials = &domain.Error{Kind: domain.Forbidden, Code: "store-credentials", Text: "the event store refuses these credentials"}
	ErrOldServer   = &domain.Error{Kind: domain.Refused, Code: "store-server-old", Text: "the server of the event store is too old"}
	ErrExchanged   = &domain.Error{Kind: domain.Refused, Code: "store-exchanged", Text: "the event store was exchanged"}
)

// A finalError is a fault that waiting does not mend.
type finalError struct{ err error }

func final(format string, args ...any) error { return &finalError{fmt.Errorf(format, args...)} }

// Error implements error.
func (e *finalError) Error() string { return e.err.Error() }

// Unwrap returns the fault itself.
func (e *finalError) Unwrap() error { return e.err }

// A briefError says an error of the client in few words: what the network said,
// without the layers around it.
type briefError struct{ err error }

// Error implements error.
func (e briefError) Error() string {
	text := e.err.Error()
	if i := strings.LastIndex(text, descMark); i >= 0 {
		text = strings.ReplaceAll(text[i+len(descMark):], `\"`, `"`)
	}
	return strings.Trim(text, `"`)
}

// descMark stands before what the network said.
const descMark = "desc = "

// Unwrap returns the error itself.
func (e briefError) Unwrap() error { return e.err }

// An answerError is what a server said of an append that it did not make.
type answerError struct {
	code client.ErrorCode
	err  error
}

// Error implements error.
func (e *answerError) Error() string { return e.err.Error() }

// Unwrap returns what was said.
func (e *answerError) Unwrap() error { return e.err }

// codeOf returns the client's code of an error, which may also be a bare status [7].
func codeOf(err error) client.ErrorCode {
	if e, ok := errors.AsType[*answerError](err); ok {
		return e.code
	}
	var e *client.Error
	if errors.As(err, &e) && e.Code() != client.ErrorCodeUnknown {
		return e.Code()
	}
	switch status.Code(err) {
	case codes.Unavailable:
		return client.ErrorUnavailable
	case codes.DeadlineExceeded:
		return client.ErrorCodeDeadlineExceeded
	case codes.Aborted:
		return client.ErrorAborted
	case codes.PermissionDenied:
		return client.ErrorCodeAccessDenied
	case codes.Unauthenticated:
		return client.ErrorCodeUnauthenticated
	case codes.Unimplemented:
		return client.ErrorCodeUnsupportedFeature
	}
	return client.ErrorCodeUnknown
}

// A fate is what an error says of the write that had it.
type fate int

const (
	open     fate = iota // it may have been done, or may be still
	undone               // it was not, and may be tried again
	conflict             // the stream is elsewhere
	closed               // the stream was forgotten
	refused              // it was not, and never will be
)

// fateOf reads the error of a write.
func fateOf(err error) fate {
	switch codeOf(err) {
	case client.ErrorCodeWrongExpectedVersion:
		return conflict
	case client.ErrorCodeStreamDeleted:
		return closed
	case client.ErrorCodeNotLeader:
		return undone
	case client.ErrorCodeAccessDenied, client.ErrorCodeUnauthenticated, client.ErrorCodeUnsupportedFeature:
		return refused
	}
	var final *finalError
	switch {
	case errors.Is(err, ErrUnreachable):
		return undone
	case errors.Is(err, errTooMuch), status.Code(err) == codes.InvalidArgument, errors.As(err, &final):
		return refused
	}
	return open
}

// lasting reports whether a reader that begins again will meet the same error.
func lasting(err error) bool {
	switch codeOf(err) {
	case client.ErrorCodeAccessDenied, client.ErrorCodeUnauthenticated, client.ErrorCodeUnsupportedFeature:
		return true
	}
	var final *finalError
	return errors.Is(err, domain.ErrStoreClosed) || errors.Is(err, domain.ErrCorrupt) || errors.As(err, &final)
}

// passing reports whether the same read may go well when it is tried again.
func passing(err error) bool {
	switch {
	case missing(err), lasting(err), errors.Is(err, ErrUnreachable):
		return false
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded): // of the caller
		return false
	}
	return status.Code(err) != codes.InvalidArgument
}
