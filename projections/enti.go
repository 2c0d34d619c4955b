package projections

import (
	"slices"
	"strings"

	"tavoli/domain"
)

// Enti answers: which bodies are there, by which names, who speaks for them, and
// which of them are in the coordinamento?
// It also numbers enti for the other models.
type Enti struct {
	by    map[domain.EnteRef]int32
	istat map[string]int32
	rows  []*ente

	people *People
}

// An ente is what is held of one. One that other facts speak of before its own
// were seen is not known yet.
type ente struct {
	ref       domain.EnteRef
	known     bool
	name      string
	province  string
	istat     string
	ipa       string
	aliases   []string
	names     []NamedSince
	member    bool
	history   []Membership
	referenti []referente
	gestori   []gestore
	projects  []SaiProject
	adesioni  []adesione
	folded    []string // the names as they are searched
	revision  domain.Revision
}

type referente struct {
	person      domain.PersonID
	from, until domain.Day
}

type gestore struct {
	ente        domain.EnteRef
	project     string
	from, until domain.Day
}

func newEnti(people *People) Enti {
	return Enti{by: make(map[domain.EnteRef]int32), istat: make(map[string]int32), people: people}
}

// apply implements model.
func (n *Enti) apply(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.EnteRegistered:
		n.register(n.at(e.Ente, rec), e)
	case domain.EnteRenamed:
		row := n.at(e.Ente, rec)
		row.alias(e.Was)
		row.name = e.Official
		row.names = append(row.names, NamedSince{e.Official, e.From})
		row.refold()
	case domain.AliasAdded:
		n.at(e.Ente, rec).alias(e.Alias)
	case domain.CoordinamentoJoined:
		n.at(e.Ente, rec).join(e)
	case domain.CoordinamentoLeft:
		n.at(e.Ente, rec).leave(e)
	case domain.ReferenteAppointed:
		row := n.at(e.Ente, rec)
		row.referenti = append(row.referenti, referente{e.Person, e.From, e.Until})
		n.people.index(e.Person)
	case domain.ReferenteRelieved:
		n.at(e.Ente, rec).relieve(e)
	case domain.GestoreEntrusted:
		row := n.at(e.Ente, rec)
		row.gestori = append(row.gestori, gestore{e.Gestore, e.Project, e.From, e.Until})
	case domain.GestoreReleased:
		n.at(e.Ente, rec).release(e)
	case domain.SaiProjectRecorded:
		n.at(e.Ente, rec).record(e)
	default:
		n.asked(rec)
	}
}

// at returns the row of an ente whose own history has come to a record.
func (n *Enti) at(ref domain.EnteRef, rec *domain.Record) *ente {
	row := n.rows[n.index(ref)]
	row.revision = rec.Revision
	return row
}

// index returns the number of an ente, giving one to an ente not met before.
func (n *Enti) index(ref domain.EnteRef) int32 {
	if i, ok := n.by[ref]; ok {
		return i
	}
	i := int32(len(n.rows))
	ref.Kind, ref.Code = domain.EnteKind(strings.Clone(string(ref.Kind))), strings.Clone(ref.Code)
	n.rows = append(n.rows, &ente{ref: ref, revision: domain.NoStream})
	n.by[ref] = i
	return i
}

// indexOf returns the number of an ente that need not be named; -1: none is.
func (n *Enti) indexOf(ref *domain.EnteRef) int32 {
	if ref == nil {
		return -1
	}
	return n.index(*ref)
}

func (n *Enti) register(row *ente, e domain.EnteRegistered) {
	row.known, row.province, row.istat, row.ipa = true, e.Province, e.Istat, e.Ipa
	if len(row.names) == 0 { // a name given since stands
		row.name = e.Official
	}
	row.names = slices.Insert(row.names, 0, NamedSince{Name: e.Official})
	if e.Istat != "" {
		n.istat[e.Istat] = n.by[e.Ente]
	}
	row.refold()
}

// alias notes another spelling of the name.
func (row *ente) alias(text string) {
	if text != "" && !slices.Contains(row.aliases, text) {
		row.aliases = append(row.aliases, text)
		row.refold()
	}
}

func (row *ente) join(e domain.CoordinamentoJoined) {
	row.member = true
	row.history = append(row.history, Membership{From: e.From, Scheda: e.Scheda})
}

func (row *ente) leave(e domain.CoordinamentoLeft) {
	if last := len(row.history) - 1; row.member && last >= 0 {
		row.history[last].Until, row.history[last].Reason = e.On, e.Reason
	}
	row.member = false
}

func (row *ente) relieve(e domain.ReferenteRelieved) {
	for i := len(row.referenti) - 1; i >= 0; i-- {
		if row.referenti[i].person == e.Person {
			row.referenti[i].until = e.On
			return
		}
	}
}

func (row *ente) release(e domain.GestoreReleased) {
	for i := len(row.gestori) - 1; i >= 0; i-- {
		if g := &row.gestori[i]; g.ente == e.Gestore && g.project == e.Project {
			g.until = e.On
			return
		}
	}
}

// record keeps the newest figures of a project.
func (row *ente) record(e domain.SaiProjectRecorded) {
	project := SaiProject{e.Project, e.Category, e.Places, e.From, e.Until}
	if i := slices.IndexFunc(row.projects, func(p SaiProject) bool { return p.Project == e.Project }); i >= 0 {
		row.projects[i] = project
		return
	}
	row.projects = append(row.projects, project)
}

// title returns the name of an ente, or its key where the name is not known.
func (row *ente) title() string {
	if row.name == "" {
		return row.ref.String()
	}
	return row.name
}

// named returns an ente as other answers name it, or nil for none.
func (n *Enti) named(i int32) *EnteName {
	if i < 0 {
		return nil
	}
	row := n.rows[i]
	return &EnteName{row.ref.Kind, row.ref.Code, row.title(), row.province}
}

// nameOf returns an ente as other answers name it, met before or not.
func (n *Enti) nameOf(ref domain.EnteRef) EnteName {
	if i, ok := n.by[ref]; ok {
		return *n.named(i)
	}
	return EnteName{Kind: ref.Kind, Code: ref.Code, Name: ref.String()}
}

// NameOf returns an ente as other answers name it.
func (n *Enti) NameOf(ref domain.EnteRef) EnteName { return n.nameOf(ref) }

// Resolve returns the key of an ente by which it is registered: a comune may be
// named by its six digits of ISTAT instead of its cadastral code.
func (n *Enti) Resolve(ref domain.EnteRef) domain.EnteRef {
	if ref.Kind == domain.Comune && len(ref.Code) == 6 {
		if i, ok := n.istat[ref.Code]; ok {
			return n.rows[i].ref
		}
	}
	return ref
}

// Name returns the name of an ente, or its key where the name is not known.
func (n *Enti) Name(ref domain.EnteRef) string {
	if i, ok := n.by[ref]; ok {
		return n.rows[i].title()
	}
	return ref.String()
}

// referenteOf returns for whom a person speaks or spoke.
func (n *Enti) referenteOf(person domain.PersonID) []PersonReferente {
	found := []PersonReferente{}
	for i, row := range n.rows {
		for _, r := range row.referenti {
			if r.person == person {
				found = append(found, PersonReferente{*n.named(int32(i)), r.from, r.until})
			}
		}
	}
	slices.SortFunc(found, func(a, b PersonReferente) int {
		if c := strings.Compare(string(a.From), string(b.From)); c != 0 {
			return c
		}
		return compareEnti(a.ref(), b.ref())
	})
	return found
}
