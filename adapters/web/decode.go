package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"tavoli/domain"
)

// body reads the request's body, which must be JSON in UTF-8 and no larger than
// most. No body at all is an empty object.
func (c *call) body(most int64) ([]byte, error) {
	if c.r.ContentLength == 0 || c.r.Body == nil || c.r.Body == http.NoBody {
		return nil, nil
	}
	if !jsonType(c.r.Header.Values("Content-Type")) {
		return nil, &errMediaType
	}
	if c.r.ContentLength > most {
		return nil, &errTooLarge
	}
	data, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, most))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return nil, &errTooLarge
	case err != nil && c.ctx.Err() != nil:
		return nil, c.ctx.Err()
	case err != nil:
		return nil, &errBodyRead
	}
	return data, nil
}

// jsonType reports whether a content type is JSON, in UTF-8 if it says so.
func jsonType(values []string) bool {
	if len(values) != 1 {
		return false
	}
	if values[0] == "application/json" {
		return true
	}
	media, params, err := mime.ParseMediaType(values[0])
	if err != nil || media != "application/json" {
		return false
	}
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}

// decode reads a body into the values of a form. Whatever is not exactly as the
// form has it is refused, each fault with its place. An absent body is an empty one.
func (f *form) decode(data []byte, into ...any) error {
	if len(data) == 0 {
		return nil
	}
	if !utf8.Valid(data) {
		return &errUTF8
	}
	if !json.Valid(data) {
		return syntaxFault(data)
	}
	w := walker{data: data}
	used := w.document(f)
	if len(w.faults) > 0 {
		return errShape.with(w.faults...)
	}
	for i, v := range into {
		if used&(1<<i) == 0 && i > 0 {
			continue
		}
		if err := json.Unmarshal(data, v); err != nil {
			return errShape.with(domain.Field{Pointer: "", Code: "wrong-type", Text: err.Error()})
		}
	}
	return nil
}

// syntaxFault says where a document ceases to be JSON.
func syntaxFault(data []byte) error {
	var any json.RawMessage
	err := json.Unmarshal(data, &any)
	if err == nil {
		return &errSyntax
	}
	return errSyntax.with(domain.Field{Pointer: "", Code: "invalid-json", Text: err.Error()})
}
