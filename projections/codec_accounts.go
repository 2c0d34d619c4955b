package projections

import "tavoli/domain"

// encode implements model.
func (a *Accounts) encode(e *encoder) {
	sorted(e, a.by, func(id domain.AccountID, row *account) {
		e.text(string(id))
		e.bool(row.opened)
		e.text(row.label)
		sorted(e, row.roles, func(role domain.Role, g RoleGrant) {
			e.text(string(role))
			e.optionalTime(g.Until)
			list(e, g.Scope.Programmi, func(p domain.ProgrammaID) { e.text(string(p)) })
			list(e, g.Scope.Tavoli, func(t domain.TavoloID) { e.text(string(t)) })
		})
		list(e, row.tokens, func(t token) {
			e.uuid(t.id)
			e.text(t.sha256)
			e.text(t.label)
			e.time(t.issued)
			e.optionalTime(t.until)
			e.text(string(t.method))
		})
		e.bytes(row.password)
		e.bytes(row.factor)
		e.int(row.step)
		e.revision(row.revision)
	})
}

// decode implements model.
func (a *Accounts) decode(d *decoder) {
	a.by = readSorted(d, 6, func() domain.AccountID { return domain.AccountID(d.text()) }, func(id domain.AccountID) *account {
		row := &account{
			id: id, opened: d.bool(), label: d.text(),
			roles: readSorted(d, 4, func() domain.Role { return word[domain.Role](d) }, d.grant),
			tokens: readList(d, 20, func() token {
				return token{d.uuid(), d.text(), d.text(), d.time(), d.optionalTime(), word[domain.SignInMethod](d)}
			}),
			password: d.sealed(), factor: d.sealed(), step: d.int(),
			revision: d.revision(),
		}
		for _, t := range row.tokens {
			a.secrets[t.sha256] = tokenRef{id, t.id}
		}
		return row
	})
}

// sealed reads a sealed credential, which is nil where there is none.
func (d *decoder) sealed() []byte {
	if b := d.bytes(); len(b) > 0 {
		return b
	}
	return nil
}

// grant reads what is held of a role.
func (d *decoder) grant(role domain.Role) RoleGrant {
	g := RoleGrant{Role: role, Until: d.optionalTime()}
	g.Scope.Programmi = readList(d, 1, func() domain.ProgrammaID { return word[domain.ProgrammaID](d) })
	g.Scope.Tavoli = readList(d, 1, func() domain.TavoloID { return word[domain.TavoloID](d) })
	return g
}
