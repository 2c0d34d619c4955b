package projections

import "tavoli/domain"

func (n *Enti) ordering() ordering {
	return orderOf(len(n.rows), func(a, b int32) int { return compareEnti(n.rows[a].ref, n.rows[b].ref) })
}

// encode implements model.
func (n *Enti) encode(e *encoder) {
	order := n.ordering()
	e.count(len(order.numbers))
	for _, i := range order.numbers {
		n.rows[i].encode(e)
	}
}

func (row *ente) encode(e *encoder) {
	e.ente(row.ref)
	e.bool(row.known)
	for _, text := range []string{row.name, row.province, row.istat, row.ipa} {
		e.text(text)
	}
	e.texts(row.aliases)
	list(e, row.names, func(n NamedSince) {
		e.text(n.Name)
		e.text(string(n.From))
	})
	e.bool(row.member)
	list(e, row.history, func(m Membership) {
		e.text(string(m.From))
		e.text(string(m.Until))
		e.text(m.Scheda)
		e.text(m.Reason)
	})
	list(e, row.referenti, func(r referente) {
		e.uuid(r.person)
		e.text(string(r.from))
		e.text(string(r.until))
	})
	row.encodeProjects(e)
	list(e, row.adesioni, func(a adesione) { a.encode(e) })
	e.revision(row.revision)
}

func (row *ente) encodeProjects(e *encoder) {
	list(e, row.gestori, func(g gestore) {
		e.ente(g.ente)
		e.text(g.project)
		e.text(string(g.from))
		e.text(string(g.until))
	})
	list(e, row.projects, func(p SaiProject) {
		e.text(p.Project)
		e.text(string(p.Category))
		e.number(p.Places)
		e.text(string(p.From))
		e.text(string(p.Until))
	})
}

// decode implements model.
func (n *Enti) decode(d *decoder) {
	count := d.count(15)
	for i := range int32(count) {
		row := decodeEnte(d)
		if i > 0 && d.err == nil && compareEnti(n.rows[i-1].ref, row.ref) >= 0 {
			d.fail("enti do not ascend")
		}
		if d.err != nil {
			return
		}
		n.rows = append(n.rows, row)
		n.by[row.ref] = i
		if row.istat != "" {
			n.istat[row.istat] = i
		}
	}
}

func decodeEnte(d *decoder) *ente {
	row := &ente{
		ref: d.ente(), known: d.bool(), name: d.text(), province: d.word(), istat: d.text(), ipa: d.text(), aliases: d.texts(),
		names:  readList(d, 2, func() NamedSince { return NamedSince{d.text(), word[domain.Day](d)} }),
		member: d.bool(),
	}
	row.history = readList(d, 4, func() Membership {
		return Membership{word[domain.Day](d), word[domain.Day](d), d.text(), d.text()}
	})
	row.referenti = readList(d, 18, func() referente { return referente{d.uuid(), word[domain.Day](d), word[domain.Day](d)} })
	row.gestori = readList(d, 5, func() gestore {
		return gestore{d.ente(), d.text(), word[domain.Day](d), word[domain.Day](d)}
	})
	row.projects = readList(d, 5, func() SaiProject {
		return SaiProject{d.text(), word[domain.SaiCategory](d), d.small(), word[domain.Day](d), word[domain.Day](d)}
	})
	row.adesioni = readList(d, 20, func() adesione { return decodeAdesione(d) })
	row.revision = d.revision()
	row.refold()
	return row
}

// encode implements model.
func (p *Programmi) encode(e *encoder) {
	sorted(e, p.by, func(id domain.ProgrammaID, row *programma) {
		e.text(string(id))
		e.bool(row.opened)
		for _, text := range []string{row.title, row.acronym, row.fund} {
			e.text(text)
		}
		list(e, row.blocks, func(b FundingBlock) {
			e.text(b.Text)
			e.texts(b.Logos)
			e.text(b.Approval)
			e.text(string(b.ValidFrom))
		})
		list(e, row.partners, func(w partner) {
			e.ente(w.ente)
			e.text(string(w.role))
			e.text(string(w.from))
			e.text(string(w.until))
			e.text(w.reason)
			e.bool(w.left)
		})
		row.reports.encode(e)
		e.revision(row.revision)
	})
}

// decode implements model.
func (p *Programmi) decode(d *decoder) {
	p.by = readSorted(d, 11, func() domain.ProgrammaID { return domain.ProgrammaID(d.text()) }, func(id domain.ProgrammaID) *programma {
		return &programma{
			id: id, opened: d.bool(), title: d.text(), acronym: d.text(), fund: d.text(),
			blocks: readList(d, 4, func() FundingBlock {
				return FundingBlock{d.text(), d.texts(), d.text(), word[domain.Day](d)}
			}),
			partners: readList(d, 7, func() partner {
				return partner{d.ente(), word[domain.PartnerRole](d), word[domain.Day](d), word[domain.Day](d), d.text(), d.bool()}
			}),
			reports:  decodeReports(d),
			revision: d.revision(),
		}
	})
}
