package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// Post sends letters. It is safe for concurrent use.
type Post interface {
	// Post queues letters of a kind about a tavolo to an audience, each once for the
	// same command, as the read models are at a position.
	Post(ctx context.Context, kind domain.LetterKind, tavolo domain.TavoloID, audience string, command uuid.UUID, actor domain.Actor, atLeast domain.Position) (Posted, error)

	// Preview writes a letter as it would be sent.
	Preview(ctx context.Context, kind domain.LetterKind, words domain.LetterTemplate, tavolo domain.TavoloID, person domain.PersonID) (LetterShown, error)

	// Read returns a letter that lies in the outbox, or fs.ErrNotExist.
	Read(id domain.LetterID) ([]byte, error)

	// State says where letters go, and why they do not just now, if so.
	State() PostState
}

// A Postman reads what mail servers write about letters after they took them.
type Postman interface {
	// ReadNotice reads a notice that was saved as it came. What it says is without
	// what tells who the recipient is.
	ReadNotice(ctx context.Context, data []byte) (LetterNotice, error)
}

// A LetterNotice is what a mail server says of a letter.
type LetterNotice struct {
	Letter  domain.LetterID
	Sending int    // how often it had been sent again
	Kind    string // returned, arrived or under-way
	Status  string
	Text    string
}

// PostState says how the sending of letters is doing.
type PostState struct {
	Carrier string `json:"carrier" doc:"smtp with the relay's address, outbox where letters lie in a folder, or off"`
	Trouble string `json:"trouble,omitempty" doc:"why no letter can be sent just now"`
}

// Posted is what became of letters that somebody wants sent.
type Posted struct {
	Queued   int
	Without  []domain.PersonID // who has no address
	Position domain.Position
}

// errLettersOff says that no letters are sent here.
var errLettersOff = &domain.Error{Kind: domain.Refused, Code: "letters-off", Text: "no letters are sent here: they were switched off, or this is a demonstration"}

// LettersPage is some letters with how the sending is doing.
type LettersPage struct {
	projections.LetterPage
	Post PostState `json:"post"`
}

// LetterWithPost is a letter with where it went.
type LetterWithPost struct {
	projections.Letter
	Post PostState `json:"post"`
}

func (l LetterWithPost) revision() domain.Revision { return l.Revision }

// postState returns how the sending is doing.
func (s *Server) postState() PostState {
	if s.Post == nil {
		return PostState{Carrier: "off"}
	}
	return s.Post.State()
}

func listLetters() action {
	return question(everything, []string{"state", "kind", "tavolo", "person", "limit", "cursor", "purpose"}, func(c *call, q *query) func(*projections.Models) (LettersPage, error) {
		lq := projections.LetterQuery{
			State: word(q, "state", domain.LetterStates...), Kind: word(q, "kind", domain.LetterKinds...), Tavolo: domain.TavoloID(q.text("tavolo")),
			Names: c.sees(), Limit: q.limit(), Cursor: q.text("cursor"),
		}
		if text := q.text("person"); text != "" {
			id, err := uuid.Parse(text)
			q.that(err == nil, "person", "must be the id of a person")
			lq.Person = id
		}
		return func(m *projections.Models) (LettersPage, error) {
			page, err := m.Letters.List(lq)
			if len(page.Items) > 0 {
				c.tells("letters", domain.AsPage)
			}
			return LettersPage{page, c.s.postState()}, err
		}
	})
}

func getLetter() action {
	return question(everything, []string{"purpose"}, func(c *call, _ *query) func(*projections.Models) (LetterWithPost, error) {
		return func(m *projections.Models) (LetterWithPost, error) {
			l, err := m.Letters.Letter(c.uuid("delivery"), c.sees())
			if err == nil {
				c.tells(domain.LetterStream(l.Delivery), domain.AsPage)
			}
			return LetterWithPost{l, c.s.postState()}, err
		}
	}).also(404)
}

// readLetter answers with a letter as it lies in the outbox.
func readLetter() action {
	return action{
		media: map[string]string{"message/rfc822": "the letter, as a mail program opens it"}, query: []string{"purpose"}, statuses: []int{404},
		do: func(c *call) error {
			q := c.query()
			c.purpose = q.text("purpose")
			if err := q.unknown(c.route.query); err != nil {
				return err
			}
			if c.s.Post == nil {
				return errNoMessage
			}
			id := c.uuid("delivery")
			data, err := c.s.Post.Read(id)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return errNoMessage
			case err != nil:
				return err
			}
			c.tells(domain.LetterStream(id), domain.AsExport)
			if err := c.disclose(); err != nil {
				return err
			}
			c.w.Header().Set("Content-Type", "message/rfc822")
			c.w.Header().Set("Content-Disposition", `attachment; filename="`+id.String()+`.eml"`)
			c.send(200, data)
			return nil
		},
	}
}

// errNoMessage says that a letter does not lie in the outbox.
var errNoMessage = &domain.Error{Kind: domain.NotFound, Code: "message-not-found", Text: "the letter does not lie in the outbox"}

func resendLetter() action {
	return command(func(d *doing, c *domain.ResendLetter) error {
		if d.s.Post == nil {
			return errLettersOff
		}
		c.Delivery = d.uuid("delivery")
		l, err := latest(d.call, func(m *projections.Models) (projections.Letter, error) { return m.Letters.Letter(c.Delivery, false) })
		if err != nil {
			return err
		}
		t, err := latest(d.call, func(m *projections.Models) (projections.Template, error) { return m.Letters.Template(l.Kind, -1) })
		c.Template = t.Version
		return err
	}, nothing).also(404, 409)
}

// returnLetter notes that a letter came back, with which staff know an address is wrong.
func returnLetter() action {
	return command(func(d *doing, c *domain.ReturnLetter) error {
		c.Delivery = d.uuid("delivery")
		return nil
	}, nothing).also(404, 409)
}

// NoticeTaken is what a notice about a letter is answered with.
type NoticeTaken struct {
	Written
	Delivery domain.LetterID `json:"delivery" doc:"the letter it is about"`
	Says     string          `json:"says" doc:"returned: the letter is put aside; arrived: the recipient's server has it; under-way: nothing is known yet, and nothing is noted"`
	Status   string          `json:"status,omitempty" doc:"of RFC 3463"`
}

// maxNotice is how long a notice may be: receipts of PEC return the whole letter.
const maxNotice = 5 << 20

// takeNotice reads a delivery status notification or a receipt of a PEC, and notes of
// its letter what it says.
func takeNotice() action {
	return action{
		answer: typeOf[NoticeTaken](), upload: true, statuses: []int{404, 409, 413, 415, 422},
		do: func(c *call) error {
			man, ok := c.s.Post.(Postman)
			if !ok {
				return errLettersOff
			}
			if err := c.query().unknown(nil); err != nil {
				return err
			}
			if _, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil {
				return &errMediaType
			}
			if c.r.ContentLength > maxNotice {
				return &errTooLarge
			}
			data, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxNotice))
			if err != nil {
				return uploadFault(err)
			}
			notice, err := man.ReadNotice(c.ctx, data)
			if err != nil {
				return err
			}
			return c.heard(notice, data)
		},
	}
}

// heard notes of a letter what a notice says.
func (c *call) heard(n LetterNotice, data []byte) error {
	d := &doing{call: c, beside: new(Beside)}
	if err := d.prepare([]any{n, data}); err != nil {
		return err
	}
	if again, err := d.again(); again {
		return err
	}
	var err error
	switch n.Kind {
	case "returned":
		err = execute[*domain.Letter](d, domain.ReturnLetter{Delivery: n.Letter, Sending: &n.Sending, Status: n.Status, Reason: cmp.Or(n.Text, "restituita · returned")})
	case "arrived":
		err = execute[*domain.Letter](d, domain.ReceiveLetter{Delivery: n.Letter, Sending: &n.Sending, Answer: n.Text})
	default:
		err = d.untouched(n.Letter)
	}
	if err != nil {
		return err
	}
	return d.finish(func() (any, string) { return NoticeTaken{d.written(), n.Letter, n.Kind, n.Status}, "" })
}

// untouched answers with how far a letter has come of which nothing is noted.
func (d *doing) untouched(id domain.LetterID) error {
	l, at, err := askAt(d.call, d.s.View.Seen(), func(m *projections.Models) (projections.Letter, error) { return m.Letters.Letter(id, false) })
	if err == nil && d.meta.IfRevision != nil && *d.meta.IfRevision != l.Revision {
		err = domain.ErrChanged
	}
	d.result.Position, d.result.Revision = at, l.Revision
	return err
}

// A LetterOrder is which letters somebody wants sent, to whom.
type LetterOrder struct {
	Kind domain.LetterKind `json:"kind"`
	To   string            `json:"to" doc:"registered, active, coordinamento, present or concerned; absent: whom such letters go to"`
}

// LettersPosted is what ordering letters is answered with.
type LettersPosted struct {
	Written
	Queued  int               `json:"queued" doc:"letters that wait to be sent, or were queued by the same request before"`
	Without []domain.PersonID `json:"without_address" doc:"who has no address and is not told"`
}

// usual is whom letters go to that staff send, where they do not say.
var usual = map[domain.LetterKind]string{
	domain.LetterConvocazione: projections.ToCoordinamento, domain.LetterThanks: projections.ToRegistered, domain.LetterJoinLink: projections.ToRegistered,
	domain.LetterReminder: projections.ToRegistered, domain.LetterRescheduled: projections.ToConcerned, domain.LetterRectified: projections.ToConcerned,
	domain.LetterCalledOff: projections.ToConcerned, domain.LetterConfirmation: projections.ToRegistered, domain.LetterWaiting: projections.ToActive,
}

// sendLetters queues letters to an audience.
func sendLetters() action {
	read := newForm(typeOf[LetterOrder](), typeOf[Beside]())
	return action{
		body: read.types, answer: typeOf[LettersPosted](), statuses: []int{404, 409},
		do: func(c *call) error {
			var order LetterOrder
			d := &doing{call: c, beside: new(Beside)}
			if err := d.read(read, &order, d.beside); err != nil {
				return err
			}
			if again, err := d.again(); again {
				return err
			}
			audience, err := order.audience()
			if err != nil {
				return err
			}
			if c.s.Post == nil {
				return errLettersOff
			}
			head, err := c.s.Store.Head(c.ctx)
			if err != nil {
				return err
			}
			revision, err := d.revisionOfTavolo()
			if err != nil {
				return err
			}
			posted, err := c.s.Post.Post(c.ctx, order.Kind, c.tavolo(), audience, d.meta.Command, d.meta.Actor, head)
			if err != nil {
				return err
			}
			d.result.Position, d.result.Revision = max(posted.Position, head), revision
			return d.finish(func() (any, string) { return LettersPosted{d.written(), posted.Queued, posted.Without}, "" })
		},
	}
}

// revisionOfTavolo returns the revision of the tavolo, which is that of the caller if
// the caller insists on one.
func (d *doing) revisionOfTavolo() (domain.Revision, error) {
	t, err := latest(d.call, func(m *projections.Models) (projections.TavoloDetail, error) {
		return m.Calendar.Tavolo(d.tavolo(), false)
	})
	if err == nil && d.meta.IfRevision != nil && *d.meta.IfRevision != t.Revision {
		err = domain.ErrChanged
	}
	return t.Revision, err
}

// audience returns whom the letters go to, or what is wrong with the order.
func (o LetterOrder) audience() (string, error) {
	to, known := usual[o.Kind]
	if !known {
		return "", invalid("/kind", "not-allowed", "letters of this kind are not sent by hand")
	}
	if o.To == "" {
		return to, nil
	}
	for _, a := range projections.Audiences {
		if a == o.To {
			return a, nil
		}
	}
	return "", invalid("/to", "not-allowed", "is none of those there are")
}

// TemplatesPage is the words of every kind of letter.
type TemplatesPage struct {
	Items  []projections.Template `json:"items"`
	Fields []domain.LetterField   `json:"fields" doc:"what is filled in"`
}

func listTemplates() action {
	return question(everything, nil, func(*call, *query) func(*projections.Models) (TemplatesPage, error) {
		return func(m *projections.Models) (TemplatesPage, error) {
			return TemplatesPage{m.Letters.Templates(), domain.LetterFields()}, nil
		}
	})
}

// letterKind reads the kind of letter in the path.
func (c *call) letterKind() domain.LetterKind { return domain.LetterKind(c.vars["letter"]) }

func getTemplate() action {
	return question(everything, nil, func(c *call, _ *query) func(*projections.Models) (projections.TemplateHistory, error) {
		return func(m *projections.Models) (projections.TemplateHistory, error) {
			return m.Letters.TemplateHistory(c.letterKind())
		}
	}).also(404)
}

// TemplateMade is what setting the words of letters is answered with.
type TemplateMade struct {
	Written
	Version int `json:"version"`
}

func setTemplate() action {
	return answering[TemplateMade](command(func(d *doing, c *domain.SetTemplate) error {
		c.Kind = d.letterKind()
		return nil
	}, func(d *doing, c *domain.SetTemplate) (any, string) {
		made := TemplateMade{Written: d.written()}
		for _, e := range d.result.Events {
			if e, ok := e.(domain.TemplateSet); ok {
				made.Version = e.Version
			}
		}
		if made.Version == 0 { // nothing was left to do
			if t, err := latest(d.call, func(m *projections.Models) (projections.Template, error) { return m.Letters.Template(c.Kind, -1) }); err == nil {
				made.Version = t.Version
			}
		}
		return made, ""
	}).also(404))
}

// A PreviewOrder is the letter that somebody wants to see.
type PreviewOrder struct {
	Subject string          `json:"subject" doc:"absent with text: the words there are"`
	Text    string          `json:"text"`
	Version *int            `json:"version" doc:"words that were set before; absent: the newest"`
	Tavolo  domain.TavoloID `json:"tavolo" doc:"absent with person: the data are invented"`
	Person  domain.PersonID `json:"person"`
}

// LetterShown is a letter as it would be sent.
type LetterShown struct {
	Subject  string             `json:"subject"`
	Text     string             `json:"text"`
	HTML     string             `json:"html"`
	Calendar string             `json:"calendar,omitempty" doc:"the entry for the recipient's calendar"`
	Not      domain.LetterFault `json:"not,omitempty" doc:"why it would not be sent as things stand"`
}

// previewLetter shows a letter. It changes nothing.
func previewLetter() action {
	read := newForm(typeOf[PreviewOrder]())
	return action{
		body: read.types, answer: typeOf[LetterShown](), statuses: []int{404, 409}, unkeyed: true,
		do: func(c *call) error {
			if c.s.Post == nil {
				return errLettersOff
			}
			var order PreviewOrder
			data, err := c.body(c.s.state.limits.Body)
			if err != nil {
				return err
			}
			if err := c.query().unknown(nil); err != nil {
				return err
			}
			if err := read.decode(data, &order); err != nil {
				return err
			}
			words, err := latest(c, func(m *projections.Models) (projections.Template, error) {
				return m.Letters.Template(c.letterKind(), order.version())
			})
			if err != nil {
				return err
			}
			if order.Text != "" || order.Subject != "" {
				words.LetterTemplate = domain.LetterTemplate{Subject: order.Subject, Text: order.Text}
			}
			if err := words.Check(); err != nil {
				return err
			}
			shown, err := c.s.Post.Preview(c.ctx, c.letterKind(), words.LetterTemplate, order.Tavolo, order.Person)
			if err != nil {
				return err
			}
			if order.Person != uuid.Nil {
				c.tells(domain.IdentitaStream(order.Person), domain.AsPage)
			}
			if err := c.disclose(); err != nil {
				return err
			}
			body := encode(shown)
			c.tell(c.s.View.Seen())
			c.w.Header().Set("Content-Type", asJSON[0])
			c.w.Header().Set("Etag", tagOf(-1, body))
			c.send(200, body)
			return nil
		},
	}
}

func (o PreviewOrder) version() int {
	if o.Version == nil {
		return -1
	}
	return max(0, *o.Version)
}

// letterRoutes are what can be asked of letters.
func letterRoutes() []route {
	return []route{
		{"GET", "/letters", "list-letters", auditors, "The letters, the newest first, with what became of each", listLetters()},
		{"GET", "/letters/{delivery}", "get-letter", auditors, "What became of a letter", getLetter()},
		{"GET", "/letters/{delivery}/message", "get-letter-message", staff, "A letter that lies in the outbox, as it would be sent", readLetter()},
		{"POST", "/letters/{delivery}/resending", "resend-letter", staff, "Send a letter again that was sent, put aside or waits to be tried again", resendLetter()},
		{"POST", "/letters/{delivery}/return", "return-letter", staff, "Say that a letter came back: it is put aside, to be sent again once the address is corrected", returnLetter()},
		{"POST", "/letter-notices", "take-letter-notice", staff, "Read a delivery status notification, or a receipt of a PEC, as it was saved, and note of the letter what it says", takeNotice()},
		{"GET", "/letter-templates", "list-letter-templates", auditors, "The words of every kind of letter", listTemplates()},
		{"GET", "/letter-templates/{letter}", "get-letter-template", auditors, "The words of a kind of letter, with those it had before", getTemplate()},
		{"POST", "/letter-templates/{letter}", "set-letter-template", staff, "Give a kind of letter other words", setTemplate()},
		{"POST", "/letter-templates/{letter}/preview", "preview-letter", staff, "Show a letter to a person as it would be sent; nothing is sent or changed", previewLetter()},
		{"POST", "/tavoli/{tavolo}/letters", "send-letters", staff, "Send letters about a tavolo: the convocazione, reminders, the address to join, thanks with the materials", sendLetters()},
		{"GET", "/tavoli/{tavolo}/join-link", "get-join-link", staff, "Where the tavolo is joined online, and by how many", getJoinLink()},
		{"POST", "/tavoli/{tavolo}/join-link", "set-join-link", staff, "Say where the tavolo is joined online; it is told to those alone who have a seat online", command(atTavolo(func(c *domain.SetJoinLink, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
	}
}
