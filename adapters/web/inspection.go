package web

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// An inspection decides whether what a request asks lies within the inspector's
// scope, as it is at the time of the request, or what of it does.
type inspection func(c *call) error

// inspections say of every route what an inspector may see of it. What is not named
// here is closed to inspectors; what is open to everybody stays as it is for everybody.
var inspections = map[string]inspection{
	"get-tavolo":            thatTavolo, // beyond the scope: as for everybody
	"list-registrations":    thatTavolo,
	"get-registration":      thatTavolo,
	"get-roster":            thatTavolo,
	"get-roster-difference": thatTavolo,
	"list-presences":        thatTavolo,
	"list-guests":           thatTavolo,
	"list-evidence":         thatTavolo,
	"get-evidence":          thatTavolo,
	"list-people":           within, // the list has those of the scope alone
	"get-person":            thatPerson,
	"list-enti":             withoutPersons,
	"get-ente":              withoutPersons,
	"statistics-partners":   theseCounts,
	"statistics-enti":       theseCounts,
	"statistics-tavoli":     theseCounts,
	"statistics-quarter":    theseCounts,
	"statistics-summary":    theseCounts,
	"audit-trail":           thatStory,
	"audit-trail-stream":    thatStream,
	"get-dossier":           inspectDossier,
	"get-me":                within,

	// What everybody does with their own account.
	"sign-out":              within,
	"open-session-by-token": within,
	"change-password":       within,
	"offer-second-factor":   within,
	"confirm-second-factor": within,
	"drop-second-factor":    within,
}

// inspectors are those who look into a scope, and those of whom persons are hidden
// from where they look at what lies beside it.
var (
	inspectors = rolesOf([]domain.Role{domain.RoleInspector})
	blind      = rolesOf([]domain.Role{domain.RoleReporter})
)

// authorize decides by which of the caller's roles the request is answered. Where
// another role lets in and sees names, an inspector is asked nothing; where it sees
// none, names are shown within the scope.
func (c *call) authorize(given bool) error {
	others := c.caller.roles &^ inspectors
	inspects := c.caller.roles.any(inspectors) && c.route.inspect != nil
	switch {
	case c.caller.node && c.route.nodes:
		return nil
	case c.route.roles != nil && !given:
		return &errNoToken
	case !inspects || (others & c.route.may).any(named):
		c.caller.roles = others
		return c.lets(others, &errRole)
	}
	if err := c.inspect(); err != nil {
		c.caller.roles, c.reach = others, nil
		return c.lets(others, err)
	}
	return nil
}

// lets returns why roles are not let in, if they are not.
func (c *call) lets(roles roleSet, otherwise error) error {
	if c.route.roles == nil || roles.any(c.route.may) {
		return nil
	}
	return otherwise
}

// inspect finds out whether the request lies within the inspector's scope, and asks
// for a purpose where it shows persons.
func (c *call) inspect() (err error) {
	c.caller.roles = inspectors
	c.reach, err = latest(c, func(m *projections.Models) (*projections.Reach, error) { return m.Calendar.Reach(c.caller.scope), nil })
	if err != nil {
		return err
	}
	if err := c.route.inspect(c); err != nil {
		return err
	}
	purpose := c.query().text("purpose")
	if c.sees() && slices.Contains(c.route.query, "purpose") && strings.TrimSpace(purpose) == "" {
		return &errNoPurpose
	}
	return nil
}

// within lets everything through that is cut down to the scope as it is answered.
func within(*call) error { return nil }

func thatTavolo(c *call) error { return c.reaches(c.reach.Tavolo(c.tavolo())) }

func (c *call) reaches(within bool) error {
	if !within {
		return &errScope
	}
	return nil
}

// thatPerson hides whether there is a person beyond the scope.
func thatPerson(c *call) error { return c.personWithin(c.uuid("person")) }

func (c *call) personWithin(id domain.PersonID) error {
	if id == uuid.Nil {
		return nil // nobody, which is said in its place
	}
	_, err := latest(c, func(m *projections.Models) (bool, error) {
		if !m.People.Within(id, c.reach) {
			return false, domain.ErrNoPerson
		}
		return true, nil
	})
	return err
}

// withoutPersons shows what is no secret of a scope, and no person in it.
func withoutPersons(c *call) error {
	c.caller.roles = blind
	return nil
}

// theseCounts lets count what lies within the scope; asking for what lies beyond is
// an error and not a count of nothing.
func theseCounts(c *call) error {
	q := c.query()
	tavolo, programma := domain.TavoloID(q.text("tavolo")), domain.ProgrammaID(q.text("programma"))
	return c.reaches((tavolo == "" || c.reach.Tavolo(tavolo)) && (programma == "" || c.reach.Programma(programma)))
}

// thatStream lets an inspector read the trails of the scope's tavoli and programmes,
// of their people, and of enti.
func thatStream(c *call) error {
	stream := domain.Stream(c.vars["stream"])
	switch stream.Category() {
	case domain.CategoryTavolo, domain.CategoryPresenze:
		return c.reaches(c.reach.Tavolo(domain.TavoloID(stream.ID())))
	case domain.CategoryProgramma:
		return c.reaches(c.reach.Programma(domain.ProgrammaID(stream.ID())))
	case domain.CategoryIdentita:
		id, err := uuid.Parse(stream.ID())
		if err != nil {
			return &errNoStream
		}
		return c.personWithin(id)
	case domain.CategoryEnte:
		return withoutPersons(c)
	}
	return &errScope
}
