package projections

import (
	"time"

	"tavoli/domain"
)

// encode implements model.
func (a *Accounts) encode(e *encoder) {
	sorted(e, a.by, func(id domain.AccountID, row *account) {
		e.text(string(id))
		e.bool(row.opened)
		e.text(row.label)
		sorted(e, row.roles, func(role domain.Role, until *time.Time) {
			e.text(string(role))
			e.optionalTime(until)
		})
		list(e, row.tokens, func(t token) {
			e.uuid(t.id)
			e.text(t.sha256)
			e.text(t.label)
			e.time(t.issued)
			e.optionalTime(t.until)
		})
		e.revision(row.revision)
	})
}

// decode implements model.
func (a *Accounts) decode(d *decoder) {
	a.by = readSorted(d, 6, func() domain.AccountID { return domain.AccountID(d.text()) }, func(id domain.AccountID) *account {
		row := &account{
			id: id, opened: d.bool(), label: d.text(),
			roles:    readSorted(d, 2, func() domain.Role { return word[domain.Role](d) }, func(domain.Role) *time.Time { return d.optionalTime() }),
			tokens:   readList(d, 20, func() token { return token{d.uuid(), d.text(), d.text(), d.time(), d.optionalTime()} }),
			revision: d.revision(),
		}
		for _, t := range row.tokens {
			a.secrets[t.sha256] = tokenRef{id, t.id}
		}
		return row
	})
}
