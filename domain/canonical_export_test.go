package domain

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// TestCanonicalIsJSON is about something unexported: it holds the canonical form,
// which commitments are made of, to what encoding/json writes without escaping
// for HTML. The two agree on whatever is printable.
func TestCanonicalIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		family, given := rapid.String().Draw(t, "family"), rapid.String().Draw(t, "given")
		if !printable(family) || !printable(given) {
			t.Skip("such values are refused")
		}
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(struct {
			Family string `json:"family_name"`
			Given  string `json:"given_name"`
		}{family, given}); err != nil {
			t.Fatal(err)
		}
		if got := canonical("family_name", family, "given_name", given); string(got) != string(bytes.TrimSpace(want.Bytes())) {
			t.Fatalf("got %s, want %s", got, &want)
		}
	})
}
