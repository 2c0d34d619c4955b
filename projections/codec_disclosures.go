package projections

// encode implements model. What a subject is a part of follows from it, and where a
// row is found from the row.
func (d *Disclosures) encode(e *encoder) {
	for _, t := range d.tables() {
		e.texts(t.texts)
	}
	list(e, d.rows, func(row disclosure) {
		e.position(row.position)
		e.int(row.recorded)
		e.int(row.effective)
		e.int(row.until)
		e.uint(uint64(row.account))
		e.uint(uint64(row.subject))
		e.uint(uint64(row.purpose))
		e.code(row.form)
	})
}

// decode implements model.
func (d *Disclosures) decode(from *decoder) {
	for _, t := range d.tables() {
		t.fill(from.texts())
	}
	for range from.count(8) {
		row := disclosure{
			position: from.position(), recorded: from.int(), effective: from.int(), until: from.int(),
			account: from.entry(&d.accounts), subject: from.entry(&d.subjects), purpose: from.entry(&d.purposes), form: from.code(len(forms)),
		}
		if from.err != nil {
			return
		}
		row.topic = d.topics.add(topicOf(d.subjects.text(row.subject)))
		d.add(row)
	}
}

func (d *Disclosures) tables() []*table { return []*table{&d.accounts, &d.subjects, &d.purposes} }

// entry reads the number of a text in a table.
func (d *decoder) entry(t *table) uint32 { return uint32(d.index(len(t.texts) + 1)) }
