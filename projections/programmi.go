package projections

import (
	"cmp"
	"maps"
	"slices"

	"tavoli/domain"
)

// Programmi answers: which funded programmes are there, who are their partners,
// and which words stand on their documents?
type Programmi struct {
	by   map[domain.ProgrammaID]*programma
	enti *Enti
}

// A programma is what is held of one.
type programma struct {
	id       domain.ProgrammaID
	opened   bool
	title    string
	acronym  string
	fund     string
	blocks   []FundingBlock
	partners []partner
	reports  reports
	revision domain.Revision
}

type partner struct {
	ente   domain.EnteRef
	role   domain.PartnerRole
	from   domain.Day
	until  domain.Day
	reason string
	left   bool
}

func newProgrammi(enti *Enti) Programmi {
	return Programmi{make(map[domain.ProgrammaID]*programma), enti}
}

// apply implements model.
func (p *Programmi) apply(rec *domain.Record) {
	switch e := rec.Event.(type) {
	case domain.ProgrammaOpened:
		row := p.at(e.Programma, rec)
		row.opened, row.title, row.acronym, row.fund = true, e.Title, e.Acronym, e.Fund
	case domain.FundingBlockApproved:
		row := p.at(e.Programma, rec)
		row.blocks = append(row.blocks, FundingBlock{e.Text, slices.Clone(e.Logos), e.Approval, e.ValidFrom})
	case domain.PartnerJoined:
		row := p.at(e.Programma, rec)
		row.leave(e.Ente, e.From, "") // in another role
		row.partners = append(row.partners, partner{ente: e.Ente, role: e.Role, from: e.From})
	case domain.PartnerLeft:
		p.at(e.Programma, rec).leave(e.Ente, e.On, e.Reason)
	case domain.ReportMappingSet:
		p.at(e.Programma, rec).reports.mapped(e, rec)
	case domain.ReportTransmitted:
		p.at(e.Programma, rec).reports.transmitted(e, rec)
	case domain.QuarterReopened:
		p.at(e.Programma, rec).reports.reopened(e, rec)
	}
}

// at returns the row of a programme whose history has come to a record.
func (p *Programmi) at(id domain.ProgrammaID, rec *domain.Record) *programma {
	row, ok := p.by[id]
	if !ok {
		row = &programma{id: id}
		p.by[id] = row
	}
	row.revision = rec.Revision
	return row
}

// leave ends the partnership that stands.
func (row *programma) leave(ente domain.EnteRef, on domain.Day, reason string) {
	for i := range row.partners {
		if p := &row.partners[i]; p.ente == ente && !p.left {
			p.left, p.until, p.reason = true, on, reason
		}
	}
}

// A FundingBlock is the paragraph for documents from a day on.
type FundingBlock struct {
	Text      string     `json:"text"`
	Logos     []string   `json:"logos"`
	Approval  string     `json:"approval,omitempty"`
	ValidFrom domain.Day `json:"valid_from"`
}

// A ProgrammaPartner is an ente's part in a programme.
type ProgrammaPartner struct {
	EnteName
	Role   domain.PartnerRole `json:"role"`
	From   domain.Day         `json:"from,omitempty"`
	Until  domain.Day         `json:"until,omitempty"`
	Left   bool               `json:"left,omitempty"`
	Reason string             `json:"reason,omitempty"`
}

// A Programma is what the register holds of a funded programme.
type Programma struct {
	Programma     domain.ProgrammaID `json:"programma"`
	Title         string             `json:"title"`
	Acronym       string             `json:"acronym,omitempty"`
	Fund          string             `json:"fund,omitempty"`
	Partners      []ProgrammaPartner `json:"partners"`       // the capofila first
	FundingBlocks []FundingBlock     `json:"funding_blocks"` // by the day from which they are valid
	Revision      domain.Revision    `json:"revision"`
}

// BlockOn returns the paragraph for documents of a day, if there is one.
func (p Programma) BlockOn(day domain.Day) (FundingBlock, bool) {
	for _, b := range slices.Backward(p.FundingBlocks) {
		if b.ValidFrom <= day {
			return b, true
		}
	}
	return FundingBlock{}, false
}

// Programma answers what the register holds of a programme.
func (p *Programmi) Programma(id domain.ProgrammaID) (Programma, error) {
	row, ok := p.by[id]
	if !ok || !row.opened {
		return Programma{}, domain.ErrNoProgramma
	}
	return p.answer(row), nil
}

// List answers which programmes there are, in the order of their codes.
func (p *Programmi) List() []Programma {
	all := []Programma{}
	for _, id := range slices.Sorted(maps.Keys(p.by)) {
		if row := p.by[id]; row.opened {
			all = append(all, p.answer(row))
		}
	}
	return all
}

func (p *Programmi) answer(row *programma) Programma {
	a := Programma{row.id, row.title, row.acronym, row.fund, []ProgrammaPartner{}, []FundingBlock{}, row.revision}
	for _, b := range row.blocks {
		b.Logos = append([]string{}, b.Logos...)
		a.FundingBlocks = append(a.FundingBlocks, b)
	}
	slices.SortStableFunc(a.FundingBlocks, func(x, y FundingBlock) int { return cmp.Compare(x.ValidFrom, y.ValidFrom) })
	for _, w := range row.partners {
		a.Partners = append(a.Partners, ProgrammaPartner{p.enti.nameOf(w.ente), w.role, w.from, w.until, w.left, w.reason})
	}
	slices.SortStableFunc(a.Partners, func(x, y ProgrammaPartner) int {
		return cmp.Or(cmp.Compare(x.Role, y.Role), cmp.Compare(Fold(x.Name), Fold(y.Name)))
	})
	return a
}
