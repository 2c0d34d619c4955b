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

func (EnteRegistered) Name() string { return "EnteRegistered" }
func (EnteRenamed) Name() string    { return "EnteRenamed" }
func (AliasAdded) Name() string     { return "AliasAdded" }

var enteEvents = []kind{
	of[EnteRegistered](), of[EnteRenamed](), of[AliasAdded](),
	of[CoordinamentoJoined](), of[CoordinamentoLeft](),
	of[ReferenteAppointed](), of[ReferenteRelieved](),
	of[GestoreEntrusted](), of[GestoreReleased](), of[SaiProjectRecorded](),
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
	default:
		n.ask(e)
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
	bad.that(c.ref() != Unlisted, "/code", "reserved", "is kept for enti that are not registered yet")
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
