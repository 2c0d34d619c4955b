package pages

import (
	"net/url"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// sourceWords say what a column of the table of persons is filled from.
var sourceWords = map[domain.ReportSource]text{
	domain.SourceRow: {"numero di riga", "number of the row"}, domain.SourceProgramma: {"programma", "programme"}, domain.SourceQuarter: {"trimestre", "quarter"},
	domain.SourceTavolo: {"tavolo: identificativo", "tavolo: identifier"}, domain.SourceOrdinal: {"tavolo: numero", "tavolo: ordinal"}, domain.SourceSubject: {"tavolo: oggetto", "tavolo: subject"},
	domain.SourceTavoloMode: {"tavolo: modalità", "tavolo: mode"}, domain.SourceDay: {"tavolo: giorno", "tavolo: day"}, domain.SourceStartsAt: {"tavolo: inizio", "tavolo: start"}, domain.SourceEndsAt: {"tavolo: fine", "tavolo: end"},
	domain.SourcePerson: {"persona: identificativo", "person: identifier"}, domain.SourceCapacity: {"persona: in qualità di", "person: capacity"}, domain.SourceMode: {"persona: modalità", "person: mode"}, domain.SourceState: {"persona: stato dell'iscrizione", "person: state of the registration"},
	domain.SourceAttendance: {"presenza", "attendance"}, domain.SourcePresentFrom: {"presente da", "present from"}, domain.SourcePresentTo: {"presente fino a", "present to"}, domain.SourceMinutes: {"minuti di presenza", "minutes present"}, domain.SourceValidated: {"presenza convalidata", "attendance judged"},
	domain.SourceEnteKind: {"ente: tipo", "ente: kind"}, domain.SourceEnteCode: {"ente: codice", "ente: code"}, domain.SourceEnteName: {"ente: denominazione", "ente: name"}, domain.SourceProvince: {"ente: provincia", "ente: province"}, domain.SourceIstat: {"ente: codice ISTAT", "ente: ISTAT code"}, domain.SourceIpa: {"ente: codice IPA", "ente: IPA code"},
	domain.SourceGivenName: {"nome (dato personale)", "given name (personal)"}, domain.SourceFamilyName: {"cognome (dato personale)", "family name (personal)"}, domain.SourceFunction: {"qualifica (dato personale)", "function (personal)"}, domain.SourceEmail: {"e-mail (dato personale)", "e-mail (personal)"}, domain.SourcePhone: {"telefono (dato personale)", "telephone (personal)"},
}

// aConstant is the choice of a column that is the same in every row.
const aConstant = "constant"

// pickSource lists what a column can be filled from.
func pickSource(v *visit) ([]option, error) {
	list := []option{{Value: aConstant, Label: v.T("sempre lo stesso valore", "always the same value")}}
	for _, s := range domain.ReportSources {
		list = append(list, option{Value: string(s), Label: sourceWords[s].in(v.Lang)})
	}
	return list, nil
}

// mappingDeeds lay out the table of persons of a programme's reports.
func mappingDeeds() []*deed {
	const at, api = "/segreteria/programmi/{programma}/", "/programmi/{programma}/report-mapping"
	one := []field{
		{name: "name", label: text{"Intestazione", "Heading"}, must: true, most: domain.MaxLine},
		{name: "source", label: text{"Che cosa contiene", "What it holds"}, kind: aChoice, must: true, pick: pickSource},
		{name: "constant", label: text{"Valore", "Value"}, hint: text{"Solo se è sempre lo stesso; vuoto: la colonna resta vuota.", "Only if it is always the same; empty: the column stays empty."}, most: domain.MaxLine},
		{name: "codes", label: text{"Codici", "Codes"}, kind: someLines, read: readCodes, hint: text{"Uno per riga, parola del registro e ciò che va scritto: in-presence = P. Con niente davanti all'uguale: ciò che si scrive dove manca.", "One a line, the register's word and what is to be written: in-presence = P. With nothing before it: what stands where there is none."}},
	}
	return []*deed{
		{
			at: at + "tracciato", api: api, title: text{"Tracciato delle relazioni", "Layout of the reports"}, roles: rStaff, fill: fillMapping, mend: mendMapping,
			hint: text{"Le colonne della tabella delle persone nelle relazioni di questo programma, nell'ordine. Le relazioni già trasmesse restano come furono.", "The columns of the table of persons in this programme's reports, in order. Reports sent before stay as they were."},
			fields: []field{
				{name: "title", label: text{"Di chi è il tracciato", "Whose layout it is"}, hint: text{"Per esempio: Autorità delegata FAMI", "For instance: Delegated authority of FAMI"}, most: domain.MaxLine},
				{name: "rows", label: text{"Chi ha una riga", "Who has a row"}, kind: aChoice, must: true, pick: pickRows},
				{name: "columns", label: text{"Colonne", "Columns"}, kind: someRows, most: domain.MaxReportColumns, rows: one, row: text{"Colonna", "Column"}, add: text{"Aggiungi una colonna", "Add a column"}},
			},
		},
		{
			at: at + "tracciato-predefinito", api: api, title: text{"Torna al tracciato predefinito", "Go back to the built-in layout"}, roles: rStaff, grave: true,
			hint: text{"Le colonne tornano quelle del registro, senza dati personali.", "The columns are the register's own again, without personal values."}, fixed: map[string]any{"columns": []string{}},
		},
	}
}

// pickRows lists who can have a row.
func pickRows(v *visit) ([]option, error) {
	return []option{
		{Value: string(domain.RowsPresent), Label: v.T("chi è stato presente", "those who were present")},
		{Value: string(domain.RowsRegistered), Label: v.T("anche chi era iscritto e non è venuto", "those registered who did not come, too")},
	}, nil
}

// readCodes reads what stands instead of words of the register: "in-presence = P".
func readCodes(given string) (any, *domain.Field) {
	list := []domain.CodeTranslation{}
	for _, line := range linesOf(given) {
		from, to, ok := strings.Cut(line, "=")
		if !ok {
			return nil, &domain.Field{Code: "bad-code", Text: line + ": manca il segno di uguale · there is no equals sign"}
		}
		list = append(list, domain.CodeTranslation{From: strings.TrimSpace(from), To: strings.TrimSpace(to)})
	}
	return list, nil
}

// mendMapping tells columns that are always the same from those that are filled.
func mendMapping(_ url.Values, body map[string]any) {
	columns, _ := body["columns"].([]map[string]any) // it is always there
	for _, c := range columns {
		if c["source"] != aConstant {
			delete(c, "constant")
			continue
		}
		delete(c, "source")
		delete(c, "codes")
		if c["constant"] == nil {
			c["constant"] = ""
		}
	}
}

// fillMapping returns the layout that holds.
func fillMapping(v *visit) (url.Values, domain.Revision, error) {
	var m projections.ReportMapping
	err := v.ask("/programmi/"+url.PathEscape(v.r.PathValue("programma"))+"/report-mapping", nil, &m)
	form := url.Values{"title": {m.Title}, "rows": {string(m.Rows)}}
	var rows []url.Values
	for _, c := range m.Columns {
		row := url.Values{"name": {c.Name}, "source": {string(c.Source)}}
		if c.Constant != nil {
			row.Set("source", aConstant)
			row.Set("constant", *c.Constant)
		}
		var codes []string
		for _, code := range c.Codes {
			codes = append(codes, strings.TrimSpace(code.From+" = "+code.To))
		}
		row.Set("codes", strings.Join(codes, "\n"))
		rows = append(rows, row)
	}
	field{name: "columns"}.put(form, rows)
	return form, m.Revision, err
}
