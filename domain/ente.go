package domain

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// An EnteKind is what sort of body an ente is.
type EnteKind string

// The kinds there are.
const (
	Comune             EnteKind = "comune"
	LiberoConsorzio    EnteKind = "libero-consorzio"
	CittaMetropolitana EnteKind = "citta-metropolitana"
	AziendaSanitaria   EnteKind = "azienda-sanitaria"
	Universita         EnteKind = "universita"
	EnteGestore        EnteKind = "ente-gestore"
	Associazione       EnteKind = "associazione"
	Ministero          EnteKind = "ministero"
	AltroEnte          EnteKind = "altro"
)

// EnteKinds lists every kind, in the order in which they are shown.
var EnteKinds = []EnteKind{Comune, LiberoConsorzio, CittaMetropolitana, AziendaSanitaria, Universita, EnteGestore, Associazione, Ministero, AltroEnte}

// An EnteRef names an ente by kind and code, never by its name: a comune by its
// cadastral (Belfiore) code, other bodies by the code they have in the public
// index or were given here.
type EnteRef struct {
	Kind EnteKind `json:"kind"`
	Code string   `json:"code"`
}

// Stream names the ente's history.
func (r EnteRef) Stream() Stream { return Stream(CategoryEnte + "-" + string(r.Kind) + "_" + r.Code) }

// String returns the reference as "kind/code".
func (r EnteRef) String() string { return string(r.Kind) + "/" + r.Code }

// IsZero reports whether nobody is named.
func (r EnteRef) IsZero() bool { return r == EnteRef{} }

// ParseEnteRef reads what [EnteRef.String] writes. It does not check it.
func ParseEnteRef(text string) EnteRef {
	kind, code, _ := strings.Cut(text, "/")
	return EnteRef{EnteKind(kind), code}
}

var (
	belfiore = regexp.MustCompile(`^[A-Z][0-9]{3}$`)
	enteCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)
	sigla    = regexp.MustCompile(`^[A-Z]{2}$`)
	istat    = regexp.MustCompile(`^[0-9]{6}$`)
)

// Valid reports whether the reference can name an ente.
func (r EnteRef) Valid() bool {
	var c check
	r.check(&c, "")
	return c.err() == nil
}

func (r EnteRef) check(c *check, pointer string) {
	oneOf(c, r.Kind, pointer+"/kind", EnteKinds...)
	if r.Kind == Comune {
		c.that(belfiore.MatchString(r.Code), pointer+"/code", "bad-code", "a comune is named by its cadastral code, a letter and three digits")
		return
	}
	c.that(enteCode.MatchString(r.Code), pointer+"/code", "bad-code", "must be 1 to 40 letters, digits, dots, dashes")
}

// known notes that an ente a command speaks of is not registered.
func (c *check) known(found bool, pointer string) {
	c.that(found || len(c.fields) > 0, pointer, "unknown-ente", "there is no such ente in the register")
}

// EnteRegistered records that the register knows a body.
type EnteRegistered struct {
	Ente     EnteRef `json:"ente"`
	Official string  `json:"name"`
	Province string  `json:"province,omitempty"` // its two-letter sign: "PA"
	Istat    string  `json:"istat,omitempty"`    // of a comune
	Ipa      string  `json:"ipa,omitempty"`      // in the index of public administrations
}

// EnteRenamed records that a body has another name from a day on.
type EnteRenamed struct {
	Ente     EnteRef `json:"ente"`
	Official string  `json:"name"`
	Was      string  `json:"was"`
	From     Day     `json:"from"`
	Reason   string  `json:"reason,omitempty"`
}

// AliasAdded records another way in which the name of a body is written.
type AliasAdded struct {
	Ente   EnteRef `json:"ente"`
	Alias  string  `json:"alias"`
	Source string  `json:"source,omitempty"` // where it was met
}

// CoordinamentoJoined records that an ente is a member of the coordinamento from
// a day on.
type CoordinamentoJoined struct {
	Ente   EnteRef `json:"ente"`
	From   Day     `json:"from"`
	Scheda string  `json:"scheda,omitempty"` // reference of the form
}

// CoordinamentoLeft records that an ente is a member no longer.
type CoordinamentoLeft struct {
	Ente   EnteRef `json:"ente"`
	On     Day     `json:"on"`
	Reason string  `json:"reason"`
}

// ReferenteAppointed records that a person speaks for an ente.
type ReferenteAppointed struct {
	Ente        EnteRef     `json:"ente"`
	Person      PersonID    `json:"person"`
	Commitments Commitments `json:"commitments,omitzero"`
	From        Day         `json:"from"`
	Until       Day         `json:"until,omitempty"`
}

// ReferenteRelieved records that a person speaks for an ente no longer.
type ReferenteRelieved struct {
	Ente   EnteRef  `json:"ente"`
	Person PersonID `json:"person"`
	On     Day      `json:"on"`
	Reason string   `json:"reason,omitempty"`
}

// GestoreEntrusted records that a third-sector body runs SAI projects for an ente.
type GestoreEntrusted struct {
	Ente    EnteRef `json:"ente"`
	Gestore EnteRef `json:"gestore"`
	Project string  `json:"project,omitempty"`
	From    Day     `json:"from"`
	Until   Day     `json:"until,omitempty"`
}

// GestoreReleased records the end of such a trust.
type GestoreReleased struct {
	Ente    EnteRef `json:"ente"`
	Gestore EnteRef `json:"gestore"`
	Project string  `json:"project,omitempty"`
	On      Day     `json:"on"`
	Reason  string  `json:"reason,omitempty"`
}

// A SaiCategory is whom a SAI project takes in.
type SaiCategory string

// The categories of the SAI network.
const (
	SaiOrdinari SaiCategory = "ordinari"
	SaiMinori   SaiCategory = "minori"
	SaiDMDS     SaiCategory = "dm-ds" // mental distress or disability
)

// SaiProjectRecorded records a SAI project of an ente and its places.
type SaiProjectRecorded struct {
	Ente     EnteRef     `json:"ente"`
	Project  string      `json:"project"`
	Category SaiCategory `json:"category"`
	Places   int         `json:"places"`
	From     Day         `json:"from"`
	Until    Day         `json:"until,omitempty"`
}

func (EnteRegistered) Name() string      { return "EnteRegistered" }
func (EnteRenamed) Name() string         { return "EnteRenamed" }
func (AliasAdded) Name() string          { return "AliasAdded" }
func (CoordinamentoJoined) Name() string { return "CoordinamentoJoined" }
func (CoordinamentoLeft) Name() string   { return "CoordinamentoLeft" }
func (ReferenteAppointed) Name() string  { return "ReferenteAppointed" }
func (ReferenteRelieved) Name() string   { return "ReferenteRelieved" }
func (GestoreEntrusted) Name() string    { return "GestoreEntrusted" }
func (GestoreReleased) Name() string     { return "GestoreReleased" }
func (SaiProjectRecorded) Name() string  { return "SaiProjectRecorded" }

var enteEvents = []kind{
	of[EnteRegistered](), of[EnteRenamed](), of[AliasAdded](),
	of[CoordinamentoJoined](), of[CoordinamentoLeft](),
	of[ReferenteAppointed](), of[ReferenteRelieved](),
	of[GestoreEntrusted](), of[GestoreReleased](), of[SaiProjectRecorded](),
}

// trust names what a gestore was entrusted with.
type trust struct {
	gestore EnteRef
	project string
}

// Ente is what decisions need of an ente's history.
type Ente struct {
	registered EnteRegistered
	name       string
	aliases    []string
	member     bool
	since      Day
	referenti  map[PersonID]ReferenteAppointed
	gestori    map[trust]Day
	projects   map[string]SaiProjectRecorded
	adesioni   map[uuid.UUID]adesione
}

// Apply implements [State].
func (n *Ente) Apply(e Event) {
	switch e := e.(type) {
	case EnteRegistered:
		n.registered, n.name = e, e.Official
		n.referenti = make(map[PersonID]ReferenteAppointed)
		n.gestori = make(map[trust]Day)
		n.projects = make(map[string]SaiProjectRecorded)
		n.adesioni = make(map[uuid.UUID]adesione)
	case EnteRenamed:
		n.name = e.Official
	case AliasAdded:
		n.aliases = append(n.aliases, e.Alias)
	case CoordinamentoJoined:
		n.member, n.since = true, e.From
	case CoordinamentoLeft:
		n.member = false
	case ReferenteAppointed:
		n.referenti[e.Person] = e
	case ReferenteRelieved:
		delete(n.referenti, e.Person)
	case GestoreEntrusted:
		n.gestori[trust{e.Gestore, e.Project}] = e.From
	case GestoreReleased:
		delete(n.gestori, trust{e.Gestore, e.Project})
	case SaiProjectRecorded:
		n.projects[e.Project] = e
	case AdesioneRequested:
		n.adesioni[e.Adesione] = adesione{requested: e}
	case AdesioneApproved:
		n.adesioni[e.Adesione] = adesione{n.adesioni[e.Adesione].requested, "approved"}
	case AdesioneRefused:
		n.adesioni[e.Adesione] = adesione{n.adesioni[e.Adesione].requested, "refused"}
	}
}

func (n *Ente) exists() bool { return !n.registered.Ente.IsZero() }

// Refusals of commands on an ente.
var (
	ErrNoEnte       = &Error{Kind: NotFound, Code: "ente-not-found", Text: "there is no such ente"}
	ErrEnteExists   = &Error{Kind: Refused, Code: "ente-exists", Text: "the ente is registered already, otherwise"}
	ErrNotMember    = &Error{Kind: Refused, Code: "not-a-member", Text: "the ente is not in the coordinamento"}
	ErrMember       = &Error{Kind: Refused, Code: "already-a-member", Text: "the ente is in the coordinamento already"}
	ErrNoReferente  = &Error{Kind: Refused, Code: "not-a-referente", Text: "the person is no referente of the ente"}
	ErrReferente    = &Error{Kind: Refused, Code: "already-referente", Text: "the person is a referente of the ente already"}
	ErrNotGestore   = &Error{Kind: Refused, Code: "not-a-gestore", Text: "the body runs no such project for the ente"}
	ErrBeforeJoined = &Error{Kind: Refused, Code: "before-joining", Text: "the ente joined later than that"}
)

// enteExists asks whether an ente is registered.
func (x *Executor) enteExists(ctx context.Context, ref EnteRef) (found bool, err error) {
	if !ref.Valid() {
		return false, nil
	}
	err = Peek(ctx, x, ref.Stream(), func(n *Ente) error {
		found = n.exists()
		return nil
	})
	return found, err
}

// RegisterEnte makes a body known. Registering it again with the same words
// changes nothing.
type RegisterEnte struct {
	Kind     EnteKind `json:"kind"`
	Code     string   `json:"code"`
	Official string   `json:"name"`
	Province string   `json:"province"`
	Istat    string   `json:"istat"`
	Ipa      string   `json:"ipa"`
}

func (c RegisterEnte) ref() EnteRef { return EnteRef{c.Kind, c.Code} }

// Stream implements [Command].
func (c RegisterEnte) Stream() Stream { return c.ref().Stream() }

// Decide implements [Command].
func (c RegisterEnte) Decide(n *Ente, _ Meta) ([]Event, error) {
	var bad check
	c.ref().check(&bad, "")
	bad.required(c.Official, "/name")
	bad.that(c.Province == "" || sigla.MatchString(c.Province), "/province", "bad-province", "must be two capital letters")
	bad.that(c.Kind != Comune || c.Province != "", "/province", "required", "a comune has a province")
	bad.that(c.Istat == "" || istat.MatchString(c.Istat), "/istat", "bad-istat", "must be six digits")
	bad.line(c.Ipa, "/ipa")
	fact := EnteRegistered{c.ref(), strings.TrimSpace(c.Official), c.Province, c.Istat, c.Ipa}
	switch {
	case bad.err() != nil:
		return nil, bad.err()
	case n.exists() && n.registered == fact:
		return nil, nil
	case n.exists():
		return nil, ErrEnteExists
	}
	return []Event{fact}, nil
}

// RenameEnte gives a body another name from a day on; the old one stays as an alias.
type RenameEnte struct {
	Ente     EnteRef `json:"-"`
	Official string  `json:"name"`
	From     Day     `json:"from"`
	Reason   string  `json:"reason"`
}

// Stream implements [Command].
func (c RenameEnte) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c RenameEnte) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.required(c.Official, "/name")
	bad.day(c.From, "/from", false)
	bad.text(c.Reason, "/reason", MaxText)
	from := cmp.Or(c.From, DayOf(meta.Effective()))
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case n.name == c.Official:
		return nil, nil
	}
	return []Event{EnteRenamed{c.Ente, c.Official, n.name, from, c.Reason}}, nil
}

// AddAlias notes another spelling of a body's name. Adding one again changes nothing.
type AddAlias struct {
	Ente   EnteRef `json:"-"`
	Alias  string  `json:"alias"`
	Source string  `json:"source"`
}

// Stream implements [Command].
func (c AddAlias) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c AddAlias) Decide(n *Ente, _ Meta) ([]Event, error) {
	var bad check
	bad.required(c.Alias, "/alias")
	bad.line(c.Source, "/source")
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case c.Alias == n.name, slices.Contains(n.aliases, c.Alias):
		return nil, nil
	}
	return []Event{AliasAdded(c)}, nil
}

// JoinCoordinamento makes an ente a member from a day on. Joining again on the
// same day changes nothing.
type JoinCoordinamento struct {
	Ente   EnteRef `json:"-"`
	From   Day     `json:"from"` // empty: the day it happened
	Scheda string  `json:"scheda"`
}

// Stream implements [Command].
func (c JoinCoordinamento) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c JoinCoordinamento) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.day(c.From, "/from", false)
	bad.line(c.Scheda, "/scheda")
	from := cmp.Or(c.From, DayOf(meta.Effective()))
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case n.member && n.since == from:
		return nil, nil
	case n.member:
		return nil, ErrMember
	}
	return []Event{CoordinamentoJoined{c.Ente, from, c.Scheda}}, nil
}

// LeaveCoordinamento ends a membership.
type LeaveCoordinamento struct {
	Ente   EnteRef `json:"-"`
	On     Day     `json:"on"`
	Reason string  `json:"reason"`
}

// Stream implements [Command].
func (c LeaveCoordinamento) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c LeaveCoordinamento) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.day(c.On, "/on", false)
	bad.reason(c.Reason)
	on := cmp.Or(c.On, DayOf(meta.Effective()))
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case !n.member:
		return nil, ErrNotMember
	case on < n.since:
		return nil, ErrBeforeJoined
	}
	return []Event{CoordinamentoLeft{c.Ente, on, c.Reason}}, nil
}

// AppointReferente names a person who speaks for an ente. There may be several.
type AppointReferente struct {
	Ente EnteRef `json:"-"`
	Person
	From  Day `json:"from"`
	Until Day `json:"until"`
}

// Stream implements [Command].
func (c *AppointReferente) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c *AppointReferente) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.day(c.From, "/from", false)
	bad.day(c.Until, "/until", false)
	from := cmp.Or(c.From, DayOf(meta.Effective()))
	bad.that(c.Until == "" || c.Until >= from, "/until", "ends-before-start", "is before it begins")
	_, appointed := n.referenti[c.id()]
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case appointed:
		return nil, ErrReferente
	}
	return []Event{ReferenteAppointed{c.Ente, c.id(), c.commitments(), from, c.Until}}, nil
}

// RelieveReferente ends an appointment.
type RelieveReferente struct {
	Ente   EnteRef  `json:"-"`
	Person PersonID `json:"-"`
	On     Day      `json:"on"`
	Reason string   `json:"reason"`
}

// Stream implements [Command].
func (c RelieveReferente) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c RelieveReferente) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.day(c.On, "/on", false)
	bad.text(c.Reason, "/reason", MaxText)
	on := cmp.Or(c.On, DayOf(meta.Effective()))
	appointed, ok := n.referenti[c.Person]
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case !ok:
		return nil, ErrNoReferente
	case on < appointed.From:
		return nil, ErrBeforeJoined
	}
	return []Event{ReferenteRelieved{c.Ente, c.Person, on, c.Reason}}, nil
}

// EntrustGestore records who runs a SAI project for an ente. Repeating it changes nothing.
type EntrustGestore struct {
	Ente    EnteRef `json:"-"`
	Gestore EnteRef `json:"gestore"`
	Project string  `json:"project"`
	From    Day     `json:"from"`
	Until   Day     `json:"until"`

	found bool
}

// Stream implements [Command].
func (c *EntrustGestore) Stream() Stream { return c.Ente.Stream() }

// Consult asks whether the gestore is registered.
func (c *EntrustGestore) Consult(ctx context.Context, x *Executor, _ *Ente) (err error) {
	if c.Gestore.Kind != EnteGestore || c.Ente.Kind == EnteGestore { // refused anyway; asking could lock two enti crosswise
		return nil
	}
	c.found, err = x.enteExists(ctx, c.Gestore)
	return err
}

// Decide implements [Command].
func (c *EntrustGestore) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	c.Gestore.check(&bad, "/gestore")
	bad.that(c.Gestore.Kind == EnteGestore || len(bad.fields) > 0, "/gestore/kind", "not-a-gestore", "must be an ente-gestore")
	bad.that(c.Ente.Kind != EnteGestore, "/gestore", "is-a-gestore", "an ente gestore entrusts nobody")
	bad.line(c.Project, "/project")
	bad.day(c.From, "/from", false)
	bad.day(c.Until, "/until", false)
	bad.known(c.found, "/gestore")
	from := cmp.Or(c.From, DayOf(meta.Effective()))
	bad.that(c.Until == "" || c.Until >= from, "/until", "ends-before-start", "is before it begins")
	_, entrusted := n.gestori[trust{c.Gestore, c.Project}]
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case entrusted:
		return nil, nil
	}
	return []Event{GestoreEntrusted{c.Ente, c.Gestore, c.Project, from, c.Until}}, nil
}

// ReleaseGestore ends such a trust.
type ReleaseGestore struct {
	Ente    EnteRef `json:"-"`
	Gestore EnteRef `json:"gestore"`
	Project string  `json:"project"`
	On      Day     `json:"on"`
	Reason  string  `json:"reason"`
}

// Stream implements [Command].
func (c ReleaseGestore) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c ReleaseGestore) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.day(c.On, "/on", false)
	bad.text(c.Reason, "/reason", MaxText)
	_, entrusted := n.gestori[trust{c.Gestore, c.Project}]
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case !entrusted:
		return nil, ErrNotGestore
	}
	return []Event{GestoreReleased{c.Ente, c.Gestore, c.Project, cmp.Or(c.On, DayOf(meta.Effective())), c.Reason}}, nil
}

// RecordSaiProject records a SAI project and its places. Recording it again with
// the same figures changes nothing; with others it replaces them.
type RecordSaiProject struct {
	Ente     EnteRef     `json:"-"`
	Project  string      `json:"project"`
	Category SaiCategory `json:"category"`
	Places   int         `json:"places"`
	From     Day         `json:"from"`
	Until    Day         `json:"until"`
}

// Stream implements [Command].
func (c RecordSaiProject) Stream() Stream { return c.Ente.Stream() }

// Decide implements [Command].
func (c RecordSaiProject) Decide(n *Ente, meta Meta) ([]Event, error) {
	var bad check
	bad.required(c.Project, "/project")
	oneOf(&bad, c.Category, "/category", SaiOrdinari, SaiMinori, SaiDMDS)
	bad.that(c.Places > 0 && c.Places <= 10_000, "/places", "out-of-range", "must be 1 to 10000")
	bad.day(c.From, "/from", false)
	bad.day(c.Until, "/until", false)
	c.From = cmp.Or(c.From, DayOf(meta.Effective()))
	switch {
	case !n.exists():
		return nil, ErrNoEnte
	case bad.err() != nil:
		return nil, bad.err()
	case n.projects[c.Project] == SaiProjectRecorded(c):
		return nil, nil
	}
	return []Event{SaiProjectRecorded(c)}, nil
}
