package pages

import (
	"errors"
	"net/http"
	"strings"

	"tavoli/domain"
)

// An accountPage is what somebody can do with their own account.
type accountPage struct {
	*visit
	Wrong  string   // what was wrong the last time
	Done   string   // what has just been done
	Secret string   // of a second factor that is offered
	QR     [][]bool // the same for an app
}

func showAccount(v *visit) error {
	p := accountPage{visit: v}
	switch v.r.URL.Query().Get("fatto") {
	case "password":
		p.Done = v.T("La password è cambiata; le altre sessioni sono finite.", "The password was changed; all other sessions have ended.")
	case "fattore":
		p.Done = v.T("Da ora per accedere serve anche il codice.", "From now on signing in takes a code, too.")
	}
	return v.showAccount(p)
}

// showAccount shows the page to who is signed in.
func (v *visit) showAccount(p accountPage) error {
	if err := v.know(); err != nil {
		return err
	}
	if v.Who == nil {
		return &problem{Status: http.StatusUnauthorized, Title: v.T("Accesso richiesto", "Sign in first"), Detail: v.T("La sessione è finita.", "The session has ended.")}
	}
	return v.show("account", p)
}

// afterwards shows the page again with what was wrong, or goes on to another.
func (v *visit) afterwards(err error, then string) error {
	problem, refused := errors.AsType[*problem](err)
	switch {
	case refused && problem.Status != http.StatusUnauthorized && problem.Status < http.StatusInternalServerError:
		v.status = problem.Status
		return v.showAccount(accountPage{visit: v, Wrong: problem.why()})
	case err != nil:
		return err
	}
	v.redirect(then)
	return nil
}

func changePassword(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	err = v.post("/me/password", "", map[string]string{"current": form.Get("attuale"), "password": form.Get("nuova")}, nil)
	return v.afterwards(err, "/utenza?fatto=password")
}

// offerFactor shows the secret of a second factor, which is set when a code confirms
// that an app knows it.
func offerFactor(v *visit) error {
	var offered struct {
		Secret  string `json:"secret"`
		Address string `json:"address"`
	}
	if err := v.post("/me/second-factor", "", nil, &offered); err != nil {
		return v.afterwards(err, "")
	}
	return v.offer(offered.Secret, offered.Address, "")
}

func (v *visit) offer(secret, address, wrong string) (err error) {
	p := accountPage{visit: v, Secret: secret, Wrong: wrong}
	if v.site.QR != nil && address != "" {
		if p.QR, err = v.site.QR(address); err != nil {
			return err
		}
	}
	return v.showAccount(p)
}

func confirmFactor(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	secret := form.Get("segreto")
	err = v.post("/me/second-factor/confirmation", "", map[string]string{"secret": secret, "code": strings.TrimSpace(form.Get("codice")), "password": form.Get("attuale")}, nil)
	if problem, ok := asRefusal(err); ok && problem.Status != http.StatusConflict {
		v.status = problem.Status
		return v.offer(secret, "", problem.why())
	}
	return v.afterwards(err, "/utenza?fatto=fattore")
}

func removeFactor(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	err = v.post("/me/second-factor/removal", "", map[string]string{"password": form.Get("attuale"), "code": strings.TrimSpace(form.Get("codice"))}, nil)
	return v.afterwards(err, "/accesso")
}

// RoleNames lists what the visitor may do, as people say it.
func (p accountPage) RoleNames() (list []string) {
	for _, r := range p.Who.Roles {
		list = append(list, p.T(rolesIT[r.Role], string(r.Role)))
	}
	return list
}

var rolesIT = map[domain.Role]string{
	domain.RoleAdmin: "amministrazione", domain.RoleStaff: "segreteria", domain.RoleOperator: "accoglienza", domain.RoleAuditor: "controllo",
	domain.RoleReporter: "rendicontazione", domain.RoleInspector: "ispezione", domain.RoleDPO: "protezione dei dati",
}
