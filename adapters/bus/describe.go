package bus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"syscall"

	"tavoli/domain"
)

// panicked is what a function panicked with, as an error.
type panicked struct{ value any }

// Error tells the type alone: the value may be anything.
func (p panicked) Error() string { return fmt.Sprintf("%T", p.value) }

// Describe says what went wrong in words that cannot hold personal values, for
// logs and for the list of parked events: the code of what the domain foresees,
// the cause of what the network and the system do, the code of an SMTP reply,
// or else the kind of error alone. An error with a method Public() string speaks
// for itself.
func Describe(err error) string {
	if own, ok := errors.AsType[interface {
		error
		Public() string
	}](err); ok {
		return own.Public()
	}
	if foreseen, ok := errors.AsType[*domain.Error](err); ok {
		return foreseen.Code
	}
	if p, ok := errors.AsType[panicked](err); ok {
		return "panic (" + p.Error() + ")"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "timeout"
	}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return "reply " + strconv.Itoa(reply.Code)
	}
	if text := describeSystem(err); text != "" {
		return text
	}
	return fmt.Sprintf("fault (%T)", innermost(err))
}

// describeSystem describes what the network or the system did, or returns "".
func describeSystem(err error) string {
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return number.Error()
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "host name cannot be looked up"
	}
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return "timeout"
	}
	return ""
}

func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
