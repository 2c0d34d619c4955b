package pages

import (
	"strings"

	"tavoli/domain"
)

// roleField asks for a role.
func roleField(name string, must bool) field {
	return field{name: name, label: text{"Ruolo", "Role"}, kind: aChoice, must: must, words: []string{"staff", "operator", "auditor", "reporter", "dpo", "inspector", "admin"}}
}

// heldField asks for one of the roles that the account has.
func heldField() field {
	f := roleField("role", true)
	f.pick = func(v *visit) (list []option, err error) {
		accounts, err := v.accounts()
		for _, a := range accounts {
			if a.Account != domain.AccountID(v.r.PathValue("account")) {
				continue
			}
			for _, r := range a.Roles {
				list = append(list, option{Value: string(r.Role), Label: v.site.word(v.Lang, string(r.Role))})
			}
		}
		return list, err
	}
	return f
}

// accountDeeds are what can be done about an account.
func accountDeeds() []*deed {
	const at, api = "/segreteria/utenze/{account}/", "/accounts/{account}/"
	until := field{name: "until", label: text{"Fino a", "Until"}, kind: aMoment, hint: text{"Vuoto: finché non è tolto.", "Empty: until it is taken away."}}
	first := roleField("roles", false)
	first.read = func(role string) (any, *domain.Field) { return []string{role}, nil }
	first.hint = text{"Chi ispeziona riceve il ruolo dopo, con il suo ambito.", "An inspector is given the role afterwards, with its scope."}
	return []*deed{
		{
			at: "/segreteria/nuovo/utenza", api: "/accounts", title: text{"Apri un'utenza", "Make an account"}, roles: rAdmins, then: "/segreteria/utenze", made: "/segreteria/utenze/{account}",
			fields: []field{
				{name: "account", label: text{"Nome dell'utenza", "Name of the account"}, must: true, hint: text{"Minuscole, cifre, punti e trattini; meglio la funzione che il nome di una persona.", "Lower-case letters, digits, dots, dashes; rather a function than a person's name."}},
				{name: "label", label: text{"A che cosa serve", "What it is for"}, must: true}, first, until,
			},
		},
		{
			at: at + "ruolo", api: api + "roles", title: text{"Assegna un ruolo", "Give a role"}, roles: rAdmins,
			hint: text{"Chi ispeziona riceve un ambito (programmi o tavoli) e una scadenza.", "An inspector is given a scope (programmes or tavoli) and an end."},
			fields: []field{
				roleField("role", true), until,
				{name: "scope.programmi", label: text{"Programmi in ambito", "Programmes in scope"}, kind: someChoices, pick: pickProgramma, also: "scope"},
				{name: "scope.tavoli", label: text{"Tavoli in ambito", "Tavoli in scope"}, kind: someChoices, pick: pickTavolo, also: "scope"},
			},
		},
		{at: at + "revoca-ruolo", api: api + "roles/revocation", title: text{"Togli un ruolo", "Take a role away"}, roles: rAdmins, grave: true, fields: []field{heldField(), whyField}},
		{
			at: at + "invito", api: api + "invitation", title: text{"Invita a scegliere la password", "Invite to choose a password"}, roles: rAdmins, told: tellSecret,
			hint: text{"Il codice si vede una volta sola: consegnarlo alla persona per una via sicura.", "The secret is shown once: hand it over by a safe way."},
		},
		{
			at: at + "gettone", api: api + "tokens", title: text{"Rilascia un gettone", "Issue a token"}, roles: rAdmins, told: tellSecret,
			hint: text{"Per i programmi. Si vede una volta sola.", "For programs. It is shown once."}, fields: []field{{name: "label", label: text{"Per che cosa", "What for"}}, until},
		},
		{at: at + "gettoni/{token}/revoca", api: api + "tokens/{token}/revocation", title: text{"Revoca il gettone", "Revoke the token"}, roles: rAdmins, grave: true, then: "/segreteria/utenze/{account}", fields: []field{whyField}},
		{at: at + "secondo-fattore", api: api + "second-factor/removal", title: text{"Togli il secondo fattore", "Remove the second factor"}, roles: rAdmins, grave: true, fields: []field{whyField}},
	}
}

// A secretPage tells a secret, once.
type secretPage struct {
	*visit
	Account, Secret, Title, Back string
	Invitation                   bool
}

// tellSecret shows what opens an account, or lets its password be chosen.
func tellSecret(v *visit, d *deed, answer map[string]any) error {
	secret, _ := answer["secret"].(string) // absent: the template shows nothing
	return v.show("secret", secretPage{v, v.r.PathValue("account"), secret, d.title.in(v.Lang), v.above(d), strings.HasSuffix(d.at, "/invito")})
}
