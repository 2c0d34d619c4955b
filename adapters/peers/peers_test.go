package peers_test

import (
	"testing"

	"tavoli/adapters/peers"
)

// The rest is tested where there are several nodes: in tests/peers_test.go.
func TestAddress(t *testing.T) {
	for text, want := range map[string]string{
		"http://node2:8080": "http://node2:8080", " https://node2/ ": "https://node2", "http://[::1]:8080": "http://[::1]:8080",
		"": "", "node2:8080": "", "http://": "", "ftp://node2": "", "http://node2:8080/api": "", "http://node2?x=1": "", "http://user:secret@node2": "", "http://a b": "",
	} {
		if got, err := peers.Address(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
}
