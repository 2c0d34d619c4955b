package domain_test

import (
	"strings"
	"testing"

	"tavoli/domain"
)

func TestStreamNames(t *testing.T) {
	for _, s := range []domain.Stream{"tavolo-coopera-4", "ente-libero-consorzio_PA.1", "persona-0c6a2f9e-7a55-5b0e-9d3a-3f0d8f6c1a2b"} {
		if !s.Valid() {
			t.Errorf("%s is refused", s)
		}
	}
	for _, s := range []domain.Stream{"", "tavolo", "tavolo-", "-a", "Tavolo-a", "tavolo-à", "tavolo-a b", "tavolo-a/b", "tavolo-a:b", "$tavolo-a", "tavolo-a\"", domain.Stream("tavolo-" + strings.Repeat("a", domain.MaxStreamName))} {
		if s.Valid() {
			t.Errorf("%q is taken", s)
		}
	}
}
