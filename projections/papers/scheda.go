package papers

import (
	"fmt"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// A SchedaSheet is what the paper of a request to join is made from.
type SchedaSheet struct {
	Adesione   projections.Adesione
	Funding    string
	Position   domain.Position
	RecordedAt time.Time
}

var schedaColumns = []Column{
	{Head: "cognome e nome", En: "name", Kind: projections.TextCell, Width: 28}, {Head: "qualifica", En: "function", Kind: projections.TextCell, Width: 22},
	{Head: "e-mail", En: "e-mail", Kind: projections.TextCell, Width: 28}, {Head: "telefono", En: "telephone", Kind: projections.TextCell, Width: 16},
	{Head: "dal", En: "from", Kind: projections.DayCell, Width: 11}, {Head: "al", En: "until", Kind: projections.DayCell, Width: 11},
}

// Scheda returns a request to join the coordinamento as a paper that can be signed.
func Scheda(s SchedaSheet) Paper {
	a := s.Adesione
	referenti := Section{Key: "referenti", Name: "Referenti", Heading: "Referenti indicati dall'ente", HeadingEn: "Referenti named by the ente", Columns: schedaColumns}
	for _, r := range a.Referenti {
		referenti.Rows = append(referenti.Rows, []string{r.Name, r.Function, r.Email, r.Phone, string(r.From), string(r.Until)})
	}
	list := []Particular{{"Ente", "Ente", a.Ente.Name}}
	if a.Proposed == nil {
		list = append(list, Particular{"Codice", "Code", a.Ente.Code})
	} else {
		list = append(list, Particular{"Tipo di ente", "Kind", projections.InItalian(string(a.Proposed.Kind)) + ", non in elenco"})
	}
	list = append(list, []Particular{
		{"Provincia", "Province", a.Ente.Province},
		{"Presentata il", "Presented on", Clock(a.RequestedAt)}, {"Stato", "State", projections.InItalian(a.State)},
	}...)
	if a.Note != "" {
		list = append(list, Particular{"Nota", "Note", a.Note})
	}
	if a.Reason != "" {
		list = append(list, Particular{"Motivo", "Reason", a.Reason})
	}
	list = append(list, Particular{"Rappresentante dell'ente", "Who represents the ente", "______________________________"}, Particular{"Luogo, data e firma", "Place, date and signature", "______________________________"})
	return Paper{
		Name: "scheda-" + a.Adesione.String()[:8], Title: "Scheda di adesione al Coordinamento", TitleEn: "Request to join the coordinamento", At: s.RecordedAt, Funding: s.Funding,
		Particulars: list, Sections: []Section{referenti},
		Foot: []string{fmt.Sprintf("Scheda %s · posizione %d · registrato fino al %s", a.Adesione, s.Position, Clock(s.RecordedAt))},
	}
}
