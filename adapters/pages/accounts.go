package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tavoli/domain"
	"tavoli/projections"
)

// An accountsPage is the accounts there are, or one of them.
type accountsPage struct {
	*visit
	Items []projections.Account
	Of    *projections.Account
}

// accounts asks for the accounts.
func (v *visit) accounts() (list []projections.Account, err error) {
	var page struct {
		Items []projections.Account `json:"items"`
	}
	err = v.ask("/accounts", nil, &page)
	return page.Items, err
}

// showAccounts lists the accounts.
func showAccounts(v *visit) (err error) {
	if err := v.enter(rAccounts...); err != nil {
		return err
	}
	p := accountsPage{visit: v}
	if p.Items, err = v.accounts(); err != nil {
		return err
	}
	return v.show("accounts", p)
}

// showAccountOf shows one account.
func showAccountOf(v *visit) error {
	if err := v.enter(rAccounts...); err != nil {
		return err
	}
	list, err := v.accounts()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(a projections.Account) bool { return a.Account == domain.AccountID(v.r.PathValue("account")) })
	if i < 0 {
		return &problem{Status: http.StatusNotFound, Code: "account-not-found", Title: v.T("Non trovato", "Not found"), Detail: v.T("l'utenza non esiste", "there is no such account")}
	}
	return v.show("accountof", accountsPage{visit: v, Of: &list[i]})
}

// Actions lists what the visitor may do about the account.
func (p accountsPage) Actions() []deedLink {
	return p.Deeds("/segreteria/utenze/{account}", string(p.Of.Account))
}

// A retentionPage is what has to be kept for how long.
type retentionPage struct {
	*visit
	Report    projections.RetentionReport
	Forgotten projections.RemovalPage
	By        string
}

// Duties lists what the visitor may do about how long a programme is kept.
func (p retentionPage) Duties(id domain.ProgrammaID) []deedLink {
	return slices.DeleteFunc(p.Deeds("/segreteria/programmi/{programma}", string(id)), func(d deedLink) bool {
		return !strings.HasSuffix(d.At, "/conservazione") && !strings.HasSuffix(d.At, "/sospensione")
	})
}

// showRetention shows what has to be kept, and who falls due.
func showRetention(v *visit) error {
	if err := v.enter(rOversee...); err != nil {
		return err
	}
	query := v.r.URL.Query()
	p := retentionPage{visit: v, By: query.Get("entro")}
	asked := url.Values{"limit": {"100"}}
	for from, to := range map[string]string{"entro": "by", "nomi": "names", "da": "cursor", "scopo": "purpose"} {
		if value := query.Get(from); value != "" {
			asked.Set(to, value)
		}
	}
	if err := v.ask("/retention", asked, &p.Report); err != nil {
		return err
	}
	if err := v.ask("/retention/forgotten", url.Values{"limit": {"20"}}, &p.Forgotten); err != nil {
		return err
	}
	return v.show("retention", p)
}
