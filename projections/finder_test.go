package projections_test

import (
	"testing"

	"tavoli/domain"
)

// TestFindAnEnte types names as people do.
func TestFindAnEnte(t *testing.T) {
	tape := newTape().add(
		domain.EnteRegistered{Ente: comune("C356"), Official: "Castroreale", Province: "ME"}, domain.AliasAdded{Ente: comune("C356"), Alias: "Castoreale"},
		domain.EnteRegistered{Ente: comune("H479"), Official: "Rodì Milici", Province: "ME"},
		domain.EnteRegistered{Ente: comune("H933"), Official: "San Cipirello", Province: "PA"},
		domain.EnteRegistered{Ente: comune("I202"), Official: "Santa Margherita di Belice", Province: "AG"}, domain.AliasAdded{Ente: comune("I202"), Alias: "S. Margherita Belice"},
		domain.EnteRegistered{Ente: comune("C351"), Official: "Catania", Province: "CT"},
		domain.EnteRegistered{Ente: comune("G273"), Official: "Palermo", Province: "PA"},
		domain.EnteRegistered{Ente: domain.EnteRef{Kind: domain.CittaMetropolitana, Code: "palermo"}, Official: "Città Metropolitana di Palermo", Province: "PA"},
		domain.EnteRegistered{Ente: domain.EnteRef{Kind: domain.AziendaSanitaria, Code: "asp-tp"}, Official: "Azienda Sanitaria Provinciale di Trapani", Province: "TP"},
		domain.EnteRegistered{Ente: domain.EnteRef{Kind: domain.LiberoConsorzio, Code: "enna"}, Official: "Libero Consorzio Comunale di Enna", Province: "EN"},
		domain.EnteRegistered{Ente: passwork, Official: "Passwork"}, domain.EnteRenamed{Ente: passwork, Official: "Cooperativa Passwork", Was: "Passwork", From: "2022-01-01"},
	)
	m := tape.models()
	for q, want := range map[string]string{
		"castroreale": "C356", "Castoreale": "C356", "CASTRORALE": "C356", "rodi": "H479", "Rodi' Milici": "H479", "san cipirrello": "H933", "s margherita": "I202",
		"margherita belice": "I202", "cat": "C351", "Cataina": "C351", "catanai": "C351", "passwork": "passwork", "coop": "passwork",
		"Comune di Castroreale": "C356", "comune castorale": "C356", "Municipio di Palermo": "G273", "comune di pal": "G273", "Catania (CT)": "C351", "ASP Trapani": "asp-tp", "asp di trapni": "asp-tp",
		"Provincia di Enna": "enna", "città metropolitana palermo": "palermo", "Provincia di Palermo": "palermo", "palermo": "G273", "cooperativa paswork": "passwork",
	} {
		if got := m.Enti.Find(q, 3); len(got) == 0 || got[0].Code != want {
			t.Errorf("%q finds %v, want %s", q, got, want)
		}
	}
	for _, q := range []string{"", "  ", "Milano", "xy", "<script>", "Comune di Milano", "comune di trapani", "Catania (PA)"} {
		if got := m.Enti.Find(q, 3); len(got) != 0 {
			t.Errorf("%q finds %v", q, got)
		}
	}
	if got := m.Enti.Find("a", 2); len(got) > 2 {
		t.Errorf("got %d", len(got))
	}
}
