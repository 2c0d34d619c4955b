package domain_test

import (
	"strings"
	"testing"

	"tavoli/domain"
)

func TestLedgerKeys(t *testing.T) {
	const one, two = "tavoli.a/registro+01234567+AQ==", "tavoli.a/registro+89abcdef+AQ=="
	introduce := func(n int, vkey, reason string) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Registro](domain.IntroduceLedgerKey{Number: n, VKey: vkey, Reason: reason})
	}
	first := domain.LedgerKeyIntroduced{Number: 1, VKey: one}
	second := domain.LedgerKeyIntroduced{Number: 2, VKey: two, Reason: "cambio"}
	run(t, []scenario{
		{name: "the first key", do: introduce(1, one, ""), yield: given(first)},
		{name: "the first key twice", past: given(first), do: introduce(1, one, "")},
		{name: "another first key", past: given(first), do: introduce(1, two, ""), err: domain.ErrLedgerKeyOther},
		{name: "a second key", past: given(first), do: introduce(2, two, "cambio"), yield: given(second)},
		{name: "a second key without a reason", past: given(first), do: introduce(2, two, ""), field: "/reason required"},
		{name: "a key too far", past: given(first), do: introduce(3, two, "cambio"), err: domain.ErrLedgerKeyOrder},
		{name: "a key before the first", do: introduce(0, one, ""), field: "/number out-of-range"},
		{name: "no key", do: introduce(1, "registro", ""), field: "/vkey bad-key"},
		{name: "a key that is too long", do: introduce(1, one+strings.Repeat("A", 500), ""), field: "/vkey bad-key"},
	})
	if a, b := domain.LedgerKeyCommand(one), domain.LedgerKeyCommand(one); a != b || a == domain.LedgerKeyCommand(two) {
		t.Error("the id of the command does not follow from the key")
	}
}

func TestDossiersAreRecorded(t *testing.T) {
	made := domain.DossierMade{
		Account: "revisore", Scope: domain.DossierScope{Kind: domain.DossierOfTavolo, ID: "coopera-4"}, Position: 9, Size: 8, Root: "cm9vdA==",
		Entries: domain.AllEntries, Disclosures: domain.NoNames, Purpose: "controllo", SHA256: strings.Repeat("ab", 32),
	}
	record := func(change func(*domain.DossierMade)) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		m := made
		change(&m)
		return is[*domain.Registro](domain.RecordDossier(m))
	}
	run(t, []scenario{
		{name: "a dossier", do: record(func(*domain.DossierMade) {}), yield: given(made)},
		{name: "the same again", past: given(made), do: record(func(*domain.DossierMade) {}), yield: given(made)},
		{name: "of nothing", do: record(func(m *domain.DossierMade) { m.Scope.Kind = "ente" }), field: "/scope/kind not-allowed"},
		{name: "without an id", do: record(func(m *domain.DossierMade) { m.Scope.ID = "" }), field: "/scope/id bad-id"},
		{name: "of some entries", do: record(func(m *domain.DossierMade) { m.Entries = "some" }), field: "/entries not-allowed"},
		{name: "of some names", do: record(func(m *domain.DossierMade) { m.Disclosures = "some" }), field: "/disclosures not-allowed"},
		{name: "with a long purpose", do: record(func(m *domain.DossierMade) { m.Purpose = strings.Repeat("x", domain.MaxText+1) }), field: "/purpose too-long"},
		{name: "without a hash", do: record(func(m *domain.DossierMade) { m.SHA256 = "" }), field: "/sha256 bad-sha256"},
	})
}

func TestEntryKind(t *testing.T) {
	entry := `{"id":"0c6a2f9e-7a55-5b0e-9d3a-3f0d8f6c1a2b","type":"TavoloClosed","schema":1,"stream":"tavolo-coopera-4","revision":3`
	if name, stream, ok := domain.EntryKind([]byte(entry)); !ok || name != "TavoloClosed" || string(stream) != "tavolo-coopera-4" {
		t.Errorf("%q %q %v", name, stream, ok)
	}
	for end := range len(entry) - len(`","revision":3`) {
		if _, _, ok := domain.EntryKind([]byte(entry[:end])); ok {
			t.Errorf("%q is taken for an entry", entry[:end])
		}
	}
}
