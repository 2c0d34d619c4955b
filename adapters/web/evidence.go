package web

import (
	"cmp"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// EvidenceMade is what filing a document is answered with.
type EvidenceMade struct {
	Written
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// EvidencePage is the documents filed for a tavolo.
type EvidencePage struct {
	Items []projections.Evidence `json:"items"`
}

func listEvidence() action {
	return question(thisTavolo, nil, func(c *call, _ *query) func(*projections.Models) (EvidencePage, error) {
		return func(m *projections.Models) (EvidencePage, error) {
			list, err := m.Rosters.Evidence(c.tavolo())
			return EvidencePage{list}, err
		}
	}).also(404)
}

// fileEvidence takes the body as the file; what it is stands in the parameters.
func fileEvidence() action {
	return action{
		answer: typeOf[EvidenceMade](), created: true, long: true, query: []string{"kind", "title", "effective_at"}, upload: true,
		do: func(c *call) error {
			if c.s.Files == nil {
				return &errNotOffered
			}
			d := &doing{call: c, beside: new(Beside)}
			cmd, err := d.describeFile()
			if err != nil {
				return err
			}
			if again, err := d.again(); again {
				return err
			}
			if err := execute(d, cmd); err != nil {
				return err
			}
			return d.finish(func() (any, string) {
				return EvidenceMade{d.written(), cmd.SHA256, cmd.Size}, apiPath + "/tavoli/" + string(cmd.Tavolo) + "/evidence/" + cmd.SHA256
			})
		},
	}
}

// describeFile keeps the file and returns the command that files it.
func (d *doing) describeFile() (*domain.FileEvidence, error) {
	q := d.query()
	cmd := &domain.FileEvidence{Tavolo: d.tavolo(), Kind: domain.EvidenceKind(q.text("kind")), Title: q.text("title")}
	d.beside.EffectiveAt = domain.Moment(q.text("effective_at"))
	if err := q.unknown(d.route.query); err != nil {
		return nil, err
	}
	media, _, err := mime.ParseMediaType(d.r.Header.Get("Content-Type"))
	if err != nil {
		return nil, &errMediaType
	}
	cmd.MediaType = media
	if _, err := latest(d.call, func(m *projections.Models) (projections.TavoloDetail, error) {
		return m.Calendar.Tavolo(cmd.Tavolo, false)
	}); err != nil {
		return nil, err
	}
	if d.r.ContentLength > domain.MaxEvidence {
		return nil, &errTooLarge
	}
	body := http.MaxBytesReader(d.w, d.r.Body, domain.MaxEvidence)
	if cmd.SHA256, cmd.Size, err = d.s.Files.Put(d.ctx, body); err != nil {
		return nil, uploadFault(err)
	}
	return cmd, d.prepare([]any{cmd, d.beside})
}

func getEvidence() action {
	return action{
		media: map[string]string{"*/*": "the file, of the media type it was filed with"}, query: append(slices.Clone(times), "purpose"), tagged: true, long: true,
		statuses: []int{404, 409},
		do:       func(c *call) error { return c.sendFile(c.vars["sha256"]) },
	}
}

// sendFile answers with a document of the tavolo. It is never shown in place: a
// browser saves it.
func (c *call) sendFile(sha string) error {
	q := c.query()
	m := q.moment()
	c.purpose = q.text("purpose")
	if err := q.unknown(c.route.query); err != nil {
		return err
	}
	if c.s.Files == nil {
		return &errNotOffered
	}
	list, err := c.filed(m)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(e projections.Evidence) bool { return e.SHA256 == sha })
	if i < 0 {
		return &errNoFile
	}
	if now, err := c.destroyed(sha); now || err != nil {
		return cmp.Or(err, error(domain.ErrEvidenceGone))
	}
	file, err := c.s.Files.Open(sha)
	if err != nil {
		return err
	}
	defer file.Close()
	c.tells(domain.Stream(string(c.tavolo().Presenze())+"/evidence/"+sha), domain.AsExport)
	if err := c.disclose(); err != nil {
		return err
	}
	c.stream(list[i], file)
	return nil
}

// destroyed reports whether the document was destroyed for the tavolo, whatever the
// moment that is asked about: then nobody is shown it, though another tavolo needs it.
func (c *call) destroyed(sha string) (bool, error) {
	list, err := latest(c, func(m *projections.Models) ([]projections.Evidence, error) { return m.Rosters.Evidence(c.tavolo()) })
	return slices.ContainsFunc(list, func(e projections.Evidence) bool { return e.SHA256 == sha && e.Destroyed != nil }), err
}

// filed lists the documents of the tavolo: those filed up to now, or at a moment.
func (c *call) filed(m moment) (list []projections.Evidence, err error) {
	question := func(m *projections.Models) ([]projections.Evidence, error) { return m.Rosters.Evidence(c.tavolo()) }
	if m.when.IsZero() && m.atLeast == 0 {
		return latest(c, question)
	}
	list, _, err = askAs(c, m, thisTavolo, question)
	return list, err
}

func (c *call) stream(e projections.Evidence, file io.ReadSeeker) {
	h := c.w.Header()
	h.Set("Content-Type", e.MediaType)
	h.Set("Content-Disposition", `attachment; filename="`+e.SHA256[:16]+`"`)
	h.Set("Content-Security-Policy", "sandbox")
	h.Set("Etag", `"`+e.SHA256+`"`)
	w := &counted{ResponseWriter: c.w, status: http.StatusOK}
	http.ServeContent(w, c.r, "", time.Time{}, file)
	c.status, c.sent = w.status, w.sent
}
