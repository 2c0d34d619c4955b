package projections

import "tavoli/domain"

// encode writes what is held of the reports of a programme.
func (r *reports) encode(e *encoder) {
	optional(e, r.mapping, func(m mapping) {
		e.text(string(m.set.Programma))
		e.text(m.set.Title)
		e.text(string(m.set.Rows))
		list(e, m.set.Columns, func(c domain.ReportColumn) {
			e.text(c.Name)
			e.text(string(c.Source))
			optional(e, c.Constant, e.text)
			list(e, c.Codes, func(t domain.CodeTranslation) {
				e.text(t.From)
				e.text(t.To)
			})
		})
		e.trace(m.Trace)
	})
	list(e, r.sent, func(t Transmission) { t.encode(e) })
}

func (t Transmission) encode(e *encoder) {
	e.number(t.Number)
	e.text(string(t.Quarter))
	e.position(t.Position)
	e.bool(t.Parameters.Personal)
	e.number(t.Parameters.Form)
	e.position(t.Mapping)
	e.text(t.Digest)
	list(e, t.Files, func(f domain.ReportFile) {
		for _, text := range []string{f.Name, f.Format, f.Table, f.SHA256} {
			e.text(text)
		}
		e.int(f.Size)
	})
	e.text(t.Reference)
	e.text(t.Reason)
	e.trace(t.Recorded)
	optional(e, t.Reopened, func(r Reopening) {
		e.text(r.Reason)
		e.trace(r.Trace)
	})
}

// decodeReports reads what [reports.encode] wrote.
func decodeReports(d *decoder) reports {
	return reports{
		mapping: readOptional(d, func() mapping {
			return mapping{
				domain.ReportMappingSet{Programma: word[domain.ProgrammaID](d), Title: d.text(), Rows: word[domain.ReportRows](d), Columns: readList(d, 4, d.reportColumn)},
				d.trace(),
			}
		}),
		sent: readList(d, 12, d.transmission),
	}
}

func (d *decoder) reportColumn() domain.ReportColumn {
	return domain.ReportColumn{
		Name: d.text(), Source: word[domain.ReportSource](d), Constant: readOptional(d, d.text),
		Codes: readList(d, 2, func() domain.CodeTranslation { return domain.CodeTranslation{From: d.text(), To: d.text()} }),
	}
}

func (d *decoder) transmission() Transmission {
	return Transmission{
		Number: d.small(), Quarter: word[domain.Quarter](d), Position: d.position(),
		Parameters: domain.ReportParameters{Personal: d.bool(), Form: d.small()}, Mapping: d.position(), Digest: d.text(),
		Files: readList(d, 5, func() domain.ReportFile {
			return domain.ReportFile{Name: d.text(), Format: d.word(), Table: d.word(), SHA256: d.text(), Size: d.int()}
		}),
		Reference: d.text(), Reason: d.text(), Recorded: d.trace(),
		Reopened: readOptional(d, func() Reopening { return Reopening{d.text(), d.trace()} }),
	}
}
