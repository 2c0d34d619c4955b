package projections

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"tavoli/domain"
)

// How many items a page has.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// A cursor names the last item of a page and the question it belongs to. It holds
// no names: what it names is found again by its id, and the next page begins
// after the place it has then.

// questionHash is the part of a cursor that binds it to a question.
const questionHash = 8

func questionID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return string(sum[:questionHash])
}

// newCursor returns the cursor after an item.
func newCursor(question, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(question + id))
}

// readCursor returns the id of the item a page begins after; empty: from the start.
func readCursor(cursor, question string) (id string, err error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) <= questionHash || len(raw) > questionHash+domain.MaxStreamName {
		return "", badQuery("/cursor", "bad-cursor", "is not a cursor of this list")
	}
	if string(raw[:questionHash]) != question {
		return "", errCursorLost
	}
	return string(raw[questionHash:]), nil
}

// errCursorLost says that what a cursor names is not known: the question was asked
// at another moment.
var errCursorLost = badQuery("/cursor", "foreign-cursor", "belongs to another question: begin again without a cursor")

// from returns where a page begins: at the first item that comes after one, which
// need not be in the list any more.
func from[T any](items []T, after T, compare func(a, b T) int) int {
	if i := slices.IndexFunc(items, func(item T) bool { return compare(item, after) > 0 }); i >= 0 {
		return i
	}
	return len(items)
}

// pageSize returns how many items a page gets.
func pageSize(limit int) (int, error) {
	switch {
	case limit == 0:
		return DefaultLimit, nil
	case limit < 0 || limit > MaxLimit:
		return 0, badQuery("/limit", "out-of-range", fmt.Sprintf("must be 1 to %d", MaxLimit))
	}
	return limit, nil
}

// badQuery returns the error of one wrong parameter of a question.
func badQuery(pointer, code, text string) error {
	return &domain.Error{
		Kind: domain.Invalid, Code: "invalid-input", Text: "the request has invalid fields",
		Fields: []domain.Field{{Pointer: pointer, Code: code, Text: text}},
	}
}
