package pages

import (
	"tavoli/domain"
)

func words[T ~string](list []T) (texts []string) {
	for _, w := range list {
		texts = append(texts, string(w))
	}
	return texts
}

// fromField and untilField ask from when to when something holds.
var (
	fromField  = field{name: "from", label: text{"Dal", "From"}, kind: aDay}
	untilField = field{name: "until", label: text{"Fino al", "Until"}, kind: aDay}
	onField    = field{name: "on", label: text{"Il", "On"}, kind: aDay}
)

// enteDeeds are what can be done about an ente.
func enteDeeds() []*deed {
	const at, api = "/segreteria/enti/{kind}/{code}/", "/enti/{kind}/{code}/"
	project := field{name: "project", label: text{"Codice del progetto SAI", "Code of the SAI project"}}
	gestore := field{name: "gestore", label: text{"Ente gestore", "Ente gestore"}, kind: anEnte, must: true, hint: enteHint}
	return []*deed{
		{
			at: "/segreteria/nuovo/ente", api: "/enti", title: text{"Registra un ente", "Make an ente known"}, roles: rStaff, then: "/segreteria/enti", made: "/segreteria/enti/{ente.kind}/{ente.code}",
			fields: []field{
				{name: "name", label: text{"Denominazione", "Name"}, must: true, most: domain.MaxLine}, {name: "kind", label: text{"Tipo", "Kind"}, kind: aChoice, must: true, words: words(domain.EnteKinds)},
				{name: "code", label: text{"Codice", "Code"}, must: true, hint: text{"Di un comune quello catastale, come G273; per gli altri il codice IPA o uno scelto qui.", "Of a comune the cadastral one, as in G273; of others the IPA code, or one chosen here."}},
				{name: "province", label: text{"Sigla della provincia", "Sign of the province"}, most: 2}, {name: "istat", label: text{"Codice ISTAT", "ISTAT code"}, most: 6}, {name: "ipa", label: text{"Codice IPA", "IPA code"}},
			},
		},
		{at: at + "denominazione", api: api + "renaming", title: text{"Cambia la denominazione", "Rename"}, roles: rStaff, fill: fillEnte, fields: []field{{name: "name", label: text{"Denominazione", "Name"}, must: true, most: domain.MaxLine}, fromField, whyField}},
		{at: at + "grafia", api: api + "aliases", title: text{"Aggiungi un'altra grafia", "Add another spelling"}, roles: rStaff, fields: []field{{name: "alias", label: text{"Grafia", "Spelling"}, must: true}, {name: "source", label: text{"Dove si trova", "Where it was met"}}}},
		{at: at + "adesione", api: api + "adhesion", title: text{"Aderisce al coordinamento", "Join the coordinamento"}, roles: rStaff, fields: []field{fromField, {name: "scheda", label: text{"Riferimento della scheda", "Reference of the form"}}}},
		{at: at + "uscita", api: api + "adhesion/end", title: text{"Lascia il coordinamento", "Leave the coordinamento"}, roles: rStaff, grave: true, fields: []field{onField, reasonField}},
		{at: at + "referente", api: api + "referenti", title: text{"Nomina un referente", "Appoint a referente"}, roles: rStaff, fields: append(personFields(), fromField, untilField)},
		{at: at + "referenti/{person}/revoca", api: api + "referenti/{person}/relief", title: text{"Solleva dall'incarico", "End the appointment"}, roles: rStaff, then: "/segreteria/enti/{kind}/{code}", fields: []field{onField, whyField}},
		{at: at + "gestore", api: api + "gestori", title: text{"Affida a un ente gestore", "Entrust to an ente gestore"}, roles: rStaff, fields: []field{gestore, project, fromField, untilField}},
		{at: at + "rilascio", api: api + "gestori/release", title: text{"Fine dell'affidamento", "End a trust"}, roles: rStaff, fill: fillRelease, fields: []field{gestore, project, onField, whyField}},
		{
			at: at + "progetto-sai", api: api + "sai-projects", title: text{"Registra un progetto SAI", "Record a SAI project"}, roles: rStaff,
			fields: []field{
				{name: "project", label: text{"Codice del progetto", "Code of the project"}, must: true}, {name: "category", label: text{"Categoria", "Category"}, kind: aChoice, must: true, words: []string{"ordinari", "minori", "dm-ds"}},
				{name: "places", label: text{"Posti", "Places"}, kind: aNumber, must: true}, fromField, untilField,
			},
		},
	}
}

// programmaDeeds are what can be done about a programme.
func programmaDeeds() []*deed {
	const at, api = "/segreteria/programmi/{programma}/", "/programmi/{programma}/"
	return []*deed{
		{
			at: "/segreteria/nuovo/programma", api: "/programmi", title: text{"Apri un programma", "Make a programme known"}, roles: rStaff, then: "/segreteria/programmi", made: "/segreteria/programmi/{programma}",
			fields: []field{
				{name: "programma", label: text{"Codice", "Code"}, must: true, hint: text{"Come 3031", "As in 3031"}}, {name: "title", label: text{"Titolo", "Title"}, must: true},
				{name: "acronym", label: text{"Acronimo", "Acronym"}}, {name: "fund", label: text{"Fondo", "Fund"}},
			},
		},
		{
			at: at + "finanziamento", api: api + "funding-block", title: text{"Approva il testo sul finanziamento", "Approve the funding paragraph"}, roles: rStaff, fill: fillProgramma,
			hint: text{"Sta su ogni documento da quel giorno.", "It stands on every document from that day on."},
			fields: []field{
				{name: "text", label: text{"Testo", "Text"}, kind: anArea, must: true}, {name: "valid_from", label: text{"Valido dal", "Valid from"}, kind: aDay, must: true},
				{name: "approval", label: text{"Approvazione", "Approval"}}, {name: "logos", label: text{"Loghi, uno per riga", "Logos, one a line"}, kind: someLines},
			},
		},
		{
			at: at + "partner", api: api + "partners", title: text{"Aggiungi un partner", "Add a partner"}, roles: rStaff,
			fields: []field{{name: "ente", label: text{"Ente", "Ente"}, kind: anEnte, must: true, hint: enteHint}, {name: "role", label: text{"Ruolo", "Role"}, kind: aChoice, words: []string{"partner", "capofila"}}, fromField},
		},
		{
			at: at + "partner/{kind}/{code}/uscita", api: api + "partners/{kind}/{code}/removal", title: text{"Fine della partnership", "End the partnership"}, roles: rStaff, grave: true, then: "/segreteria/programmi/{programma}",
			fields: []field{onField, reasonField},
		},
		{
			at: at + "conservazione", api: api + "retention", title: text{"Stabilisci la conservazione", "Set the retention"}, roles: rAdmins,
			fields: []field{
				{name: "reference_year", label: text{"Anno di riferimento", "Reference year"}, kind: aNumber, must: true, hint: text{"Dei conti, o dell'ultimo pagamento", "Of the accounts, or of the last payment"}},
				{name: "years", label: text{"Anni", "Years"}, kind: aNumber, must: true}, {name: "basis", label: text{"Norma", "Rule"}, must: true, hint: text{"Per esempio: art. 82 Reg. (UE) 2021/1060", "For instance: art. 82 Reg. (EU) 2021/1060"}},
			},
		},
		{
			at: at + "sospensione", api: api + "holds", title: text{"Vieta ogni cancellazione", "Place a hold"}, roles: rAdmins,
			fields: []field{{name: "tavolo", label: text{"Solo per il tavolo", "For one tavolo only"}, kind: aChoice, pick: pickTavolo}, reasonField, {name: "reference", label: text{"Riferimento", "Reference"}, hint: text{"Per esempio: R.G. 12/2024", "For instance: R.G. 12/2024"}}},
		},
		{at: at + "sospensioni/{hold}/fine", api: api + "holds/{hold}/lifting", title: text{"Togli il divieto", "Lift the hold"}, roles: rAdmins, then: "/segreteria/conservazione", fields: []field{reasonField}},
	}
}

// reportDeeds are what can be done about the report of a quarter.
func reportDeeds() []*deed {
	const at, api = "/segreteria/relazioni/{quarter}/", "/reports/quarters/{quarter}/"
	programma := field{name: "programma", label: text{"Programma", "Programme"}, kind: aChoice, pick: pickProgramma}
	return []*deed{
		{
			at: at + "trasmissione", api: api + "transmissions", title: text{"Registra la trasmissione", "Record the transmission"}, roles: rStaff,
			hint:   text{"Fa i file, ne registra le impronte e la posizione del registro: li si può rifare identici.", "Makes the files and records their hashes and the position of the register: they can be made again, byte for byte."},
			fields: []field{programma, {name: "reference", label: text{"Protocollo", "Protocol reference"}}, whyField},
		},
		{at: at + "riapertura", api: api + "reopening", title: text{"Riapri il trimestre", "Reopen the quarter"}, roles: rStaff, fields: []field{programma, reasonField}},
	}
}
