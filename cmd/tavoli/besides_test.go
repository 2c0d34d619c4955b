package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/memory"
	"tavoli/domain"
	"tavoli/tests/storetest"
)

// TestWhatCannotBeOpenedIsTold looks at what was sealed with another key than is named:
// a fault as long as the key is there.
func TestWhatCannotBeOpenedIsTold(t *testing.T) {
	person := uuid.New()
	for name, sealed := range map[string]func(domain.KeyID) domain.Event{
		"values": func(key domain.KeyID) domain.Event {
			return domain.PersonDescribed{Person: person, Key: key, Sealed: []byte("spoilt")}
		},
		"an address to join": func(key domain.KeyID) domain.Event {
			return domain.JoinLinkSealed{Person: person, Tavolo: "t", Key: key, Sealed: []byte("spoilt")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			store, keys := memory.New(time.Now), memory.NewKeys()
			key, _, err := keys.Take(t.Context())
			if err == nil {
				_, err = store.Append(t.Context(), storetest.Fact(domain.PersonaStream(person), domain.NoStream, sealed(key)))
			}
			if err != nil {
				t.Fatal(err)
			}
			look := func() string {
				t.Helper()
				problems, err := newBesides(domain.Vault{Keys: keys, Log: store}, nil).check(t.Context(), store, nil)
				if err != nil {
					t.Fatal(err)
				}
				return strings.Join(problems, "\n")
			}
			if got := look(); !strings.Contains(got, "cannot be opened with the keyring") {
				t.Errorf("got %q", got)
			}
			if err := keys.Destroy(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			if got := look(); got != "" {
				t.Errorf("once the person is forgotten: got %q", got)
			}
		})
	}
}
