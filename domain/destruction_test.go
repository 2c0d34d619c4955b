package domain_test

import (
	"testing"

	"tavoli/domain"
)

func TestDestroyEvidence(t *testing.T) {
	filed := domain.EvidenceFiled{Tavolo: t6, SHA256: sheet, Size: 10, MediaType: "application/pdf", Kind: domain.EvidenceSheet, Title: "Foglio firme"}
	gone := domain.EvidenceDestroyed{Tavolo: t6, SHA256: sheet, Reason: "fine", LegalBasis: "art. 5"}
	byOrder := gone
	byOrder.Override = "ordine 2"
	ofProgramma := planned
	ofProgramma.Programma = "3031"
	here := given(opened3031, ofProgramma, filed)
	destroy := func(change ...func(*domain.DestroyEvidence)) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return do[*domain.Presenze](func() *domain.DestroyEvidence {
			c := &domain.DestroyEvidence{Tavolo: t6, SHA256: sheet, Reason: "fine", LegalBasis: "art. 5"}
			for _, f := range change {
				f(c)
			}
			return c
		})
	}
	run(t, []scenario{
		{name: "the retention is over", past: with(here, overSince), do: destroy(), yield: given(gone)},
		{name: "the retention stands", past: with(here, fiveYears), do: destroy(), err: domain.ErrRetention},
		{name: "nobody has said", past: here, do: destroy(), err: domain.ErrNoPolicy},
		{name: "held", past: with(here, overSince, onSix), do: destroy(), err: domain.ErrHold},
		{name: "an order goes before", past: with(here, fiveYears, onAll), do: destroy(func(c *domain.DestroyEvidence) { c.Override = "ordine 2" }), yield: given(byOrder)},
		{name: "of no programme", past: given(planned, filed), do: destroy(), yield: given(gone)},
		{name: "twice", past: with(here, overSince, gone), do: destroy()},
		{name: "not filed", past: given(opened3031, overSince, planned), do: destroy(), err: domain.ErrUnknownEvidence},
		{name: "no tavolo", do: destroy(), err: domain.ErrNoTavolo},
		{name: "no reason", past: with(here, overSince), do: destroy(func(c *domain.DestroyEvidence) { c.Reason = "" }), field: "/reason required"},
		{name: "no legal basis", past: with(here, overSince), do: destroy(func(c *domain.DestroyEvidence) { c.LegalBasis = "" }), field: "/legal_basis required"},
		{name: "filed again", past: with(here, gone), do: do[*domain.Presenze](func() *domain.FileEvidence {
			return &domain.FileEvidence{Tavolo: t6, SHA256: sheet, Size: 10, MediaType: "application/pdf", Kind: domain.EvidenceSheet, Title: "Foglio firme"}
		}), err: domain.ErrEvidenceGone},
	})
}
