package browser_test

import (
	"strings"
	"testing"
)

// TestAnAuditorLooksBackInTime plays what an auditor does who asks what the register
// said of a meeting before it was corrected, who corrected it, and what proves that.
func TestAnAuditorLooksBackInTime(t *testing.T) {
	v := newVisitor(t)
	v.signsIn("revisore", "Controllo di secondo livello", "auditor")
	v.press("Controllo")
	v.shoot("controllo")
	v.guide("controllo", "main")
	v.press("elenco coopera-6")
	v.sees("Come il registro lo sa ora", "72 righe")
	now := v.present()

	v.unfold(".moments summary")
	v.set("#noto", "2022-06-30")
	v.press("Guarda")
	v.sees("Come il registro lo sapeva il 30 giugno 2022, a fine giornata", "72 righe")
	then := v.present()
	if corrected := 3; then != now+corrected {
		t.Errorf("on 30 June the register knew %d presences, now it knows %d", then, now)
	}
	v.sound()
	v.shoot("controllo-elenco-allora")
	v.guide("controllo-elenco-allora", "main")

	v.press("Confronto di due momenti")
	v.sees("30 giugno 2022, a fine giornata", "Cambiate (3)", "partecipazione presente assente")
	v.set("#prima_noto", "2022-07-05")
	v.press("Confronta")
	v.sees("Nulla.")
	v.set("#prima_noto", "2022-06-30")
	v.press("Confronta")
	v.sees("Cambiate (3)")
	v.shoot("controllo-confronto")
	v.guide("controllo-confronto", "#esito")
	v.findsTheCause()
}

// findsTheCause goes on to what was recorded since, and on the day of the correction,
// to the proof of it, and to what became known of the auditor's own look.
func (v *visitor) findsTheCause() {
	v.t.Helper()
	const why = "il rapporto della piattaforma attribuiva il collegamento alla persona sbagliata"
	v.press("Chi l'ha cambiato, quando e perché")
	v.sees("Solo ciò che fu registrato dopo", why)
	v.sound()
	v.shoot("controllo-causa")
	v.guide("controllo-causa", ".alert-info")
	v.open("/controllo")
	v.set("#giorno", "2022-07-04")
	v.press("Mostra gli atti")
	v.sees(why)
	v.shoot("controllo-atti")
	v.open("/controllo/prove")
	v.press("Firma ora")
	v.sees("Il checkpoint più recente")
	v.guide("controllo-prove", "main")
	v.fill("#posizione", "1849")
	v.press("Prova")
	v.sees("Questo fatto appartiene a ciò che il checkpoint firma", "Scarica la prova")
	v.shoot("controllo-prova")
	v.open("/controllo/consultazioni?utenza=revisore")
	v.sees("Tavolo coopera-6 · Dall'accoglienza")
	if strings.Contains(v.text(), "Dimostrativo") {
		v.t.Error("the reading log shows a name")
	}
	v.shoot("controllo-consultazioni")
	v.guide("controllo-consultazioni", "main")
	v.open("/controllo/dossier")
	v.guide("controllo-dossier", "main")
}

// present counts the lines of a roster that tell of somebody who was there.
func (v *visitor) present() int {
	v.t.Helper()
	return evaluate[int](v, `[...document.querySelectorAll('tbody tr')].filter(r => r.innerText.includes('presente')).length`)
}
