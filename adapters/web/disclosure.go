package web

import (
	"errors"

	"github.com/google/uuid"

	"tavoli/domain"
)

// tells notes that the answer holds personal values: those of a stream, shown in a
// form. Callers who do not see names are told none.
func (c *call) tells(subject domain.Stream, form string) {
	c.subject, c.form = string(subject), form
}

// disclose records that the caller is about to be told personal values. If that
// cannot be recorded, they are not told.
func (c *call) disclose() error {
	if c.subject == "" || !c.sees() {
		return nil
	}
	cmd := domain.Disclose{Account: c.caller.account, Subject: c.subject, Form: c.form, Purpose: c.purpose}
	err := c.disclosed(cmd)
	if c.caller.console && errors.Is(err, domain.ErrNoAccount) {
		if err := c.openConsole(); err != nil {
			return err
		}
		err = c.disclosed(cmd)
	}
	return err
}

func (c *call) disclosed(cmd domain.Disclose) error {
	meta := domain.Meta{At: c.s.Now(), Actor: c.caller.actor, Command: uuid.New()}
	_, err := domain.Execute(c.ctx, c.s.Exec, cmd, meta)
	return err
}

// openConsole makes the account of whoever started the server, who needs no token
// but is recorded as everybody is.
func (c *call) openConsole() error {
	cmd := domain.OpenAccount{Account: consoleAccount, Label: consoleLabel}
	meta := domain.Meta{At: c.s.Now(), Actor: domain.ActorSystem, Command: uuid.New()}
	_, err := domain.Execute(c.ctx, c.s.Exec, cmd, meta)
	return err
}

// consoleLabel says what that account is for.
const consoleLabel = "riga di comando di chi avvia il registro"
