package web_test

import (
	"context"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tavoli/adapters/web"
	"tavoli/domain"
	"tavoli/projections"
)

// An office queues letters and sends none.
type office struct{ *register }

// Post implements [web.Post].
func (o office) Post(ctx context.Context, kind domain.LetterKind, tavolo domain.TavoloID, audience string, command uuid.UUID, actor domain.Actor, atLeast domain.Position) (p web.Posted, err error) {
	to, err := projections.Ask(ctx, o.view, atLeast, func(m *projections.Models) (projections.Recipients, error) {
		return m.Recipients(kind, tavolo, audience, o.clock.Now())
	})
	for _, person := range to.Persons {
		cmd := domain.QueueLetter{Kind: kind, About: domain.AtTavolo(tavolo), Person: person, Cause: command}
		res, err := domain.Execute(ctx, o.exec, cmd, domain.Meta{At: o.clock.Now(), Actor: actor, Command: uuid.New()})
		if err != nil {
			return p, err
		}
		p.Position = res.Position
	}
	p.Queued, p.Without = len(to.Persons), to.Without
	return p, err
}

// Preview implements [web.Post].
func (o office) Preview(ctx context.Context, kind domain.LetterKind, words domain.LetterTemplate, tavolo domain.TavoloID, person domain.PersonID) (web.LetterShown, error) {
	c, err := projections.Ask(ctx, o.view, 0, func(m *projections.Models) (projections.LetterContent, error) {
		if tavolo == "" {
			return m.SampleContent(kind, o.clock.Now()), nil
		}
		return m.LetterContent(kind, domain.AtTavolo(tavolo), person, o.clock.Now())
	})
	if err != nil {
		return web.LetterShown{}, err
	}
	subject, text := words.Fill(c.Values)
	return web.LetterShown{Subject: subject, Text: text, Not: c.Not}, nil
}

// Read implements [web.Post]: there is one letter in the outbox, whichever is asked for.
func (o office) Read(id domain.LetterID) ([]byte, error) {
	if id.String() == nobodyKnown {
		return nil, fs.ErrNotExist
	}
	return []byte("Subject: x\r\n\r\n"), nil
}

// ReadNotice implements [web.Postman]: a notice is a letter's id and what it says.
func (o office) ReadNotice(_ context.Context, data []byte) (web.LetterNotice, error) {
	id, says, _ := strings.Cut(string(data), " ")
	letter, err := uuid.Parse(id)
	if err != nil {
		return web.LetterNotice{}, &domain.Error{Kind: domain.Invalid, Code: "no-delivery-notice", Text: "no notice"}
	}
	return web.LetterNotice{Letter: letter, Sending: 1, Kind: says, Text: "PEC"}, nil
}

// State implements [web.Post].
func (office) State() web.PostState { return web.PostState{Carrier: "outbox"} }

// writing goes through the letters.
func (c *contract) writing() {
	c.row("plan-tavolo", "/tavoli", `{"id":"lettere","subject":"Scrivere","day":"2022-03-30","from":"15:00","to":"17:00","mode":"online"}`, 201)
	c.row("plan-tavolo", "/tavoli", `{"id":"in-sala","subject":"Scrivere","day":"2022-03-30","mode":"in-presence"}`, 201)
	c.row("convene-tavolo", "/tavoli/lettere/convocation", `{}`, 200)
	anna := c.row("register-participant", "/tavoli/lettere/registrations", `{"given_name":"Anna","family_name":"Lettera","email":"anna@example.org"}`, 201).field("participant")
	c.row("set-join-link", "/tavoli/lettere/join-link", `{"url":"https://example.org/j"}`, 200)
	c.row("get-join-link", "/tavoli/lettere/join-link", "", 200)
	c.row("get-join-link", "/tavoli/boh/join-link", "", 404)
	c.row("set-join-link", "/tavoli/in-sala/join-link", `{"url":"https://example.org/j"}`, 409)
	c.row("set-join-link", "/tavoli/lettere/join-link", `{"participant":"`+anna+`","url":"https://example.org/di-anna"}`, 200)
	c.row("set-join-link", "/tavoli/lettere/join-link", `{"participant":"`+nobodyKnown+`","url":"https://example.org/di-nessuno"}`, 404)
	c.row("send-letters", "/tavoli/lettere/letters", `{"kind":"reminder"}`, 200)
	id := c.row("list-letters", "/letters?tavolo=lettere", "", 200).field("items", "0", "delivery")
	c.row("get-letter", "/letters/"+id, "", 200)
	c.row("get-letter-message", "/letters/"+id+"/message", "", 200)
	c.row("resend-letter", "/letters/"+id+"/resending", `{}`, 409) // it waits to be sent
	letter := uuid.MustParse(id)
	c.register.carry(domain.AttemptLetter{Delivery: letter, By: uuid.New()})
	c.register.carry(domain.SettleLetter{Delivery: letter, Attempt: 1, Why: domain.FaultRefused, Answer: "550 anna@example.org unknown"})
	c.row("resend-letter", "/letters/"+id+"/resending", `{"reason":"indirizzo corretto"}`, 200)
	eml := header("Content-Type", "message/rfc822")
	c.row("take-letter-notice", "/letter-notices", id+" arrived", 409, eml)
	c.row("return-letter", "/letters/"+id+"/return", `{"reason":"casella inesistente"}`, 409) // it waits to be sent again
	c.register.carry(domain.AttemptLetter{Delivery: letter, By: uuid.New()})
	c.register.carry(domain.SettleLetter{Delivery: letter, Attempt: 2})
	c.row("return-letter", "/letters/"+id+"/return", `{"reason":"casella inesistente","status":"5.1.1"}`, 200)
	c.row("take-letter-notice", "/letter-notices", id+" under-way", 200, eml)
	c.row("take-letter-notice", "/letter-notices", id+" arrived", 200, eml)
	c.row("take-letter-notice", "/letter-notices", "buongiorno", 422, eml)
	c.row("take-letter-notice", "/letter-notices", nobodyKnown+" arrived", 404, eml)
	if says := c.row("get-letter", "/letters/"+id, "", 200); says.field("arrived_at") == "" || says.field("state") != "sent" {
		c.Errorf("it did not arrive: %s", says.Body)
	}
	c.row("list-letter-templates", "/letter-templates", "", 200)
	c.row("get-letter-template", "/letter-templates/reminder", "", 200)
	c.row("set-letter-template", "/letter-templates/reminder", `{"subject":"Promemoria {tavolo}","text":"Gentile {nome}","reason":"tono"}`, 200)
	c.row("set-letter-template", "/letter-templates/reminder", `{"subject":"Promemoria","text":"{telegramma}"}`, 422)
	c.row("preview-letter", "/letter-templates/reminder/preview", `{"tavolo":"lettere","person":"`+anna+`"}`, 200)
	c.row("preview-letter", "/letter-templates/adhesion-approved/preview", `{"subject":"A","text":"{ente}"}`, 200)
	post := c.register.server.Post
	c.register.server.Post = nil
	c.row("send-letters", "/tavoli/lettere/letters", `{"kind":"thanks"}`, 409)
	c.row("preview-letter", "/letter-templates/reminder/preview", `{"tavolo":"lettere","person":"`+anna+`"}`, 409)
	c.register.server.Post = post
}

// carry carries out a command on a letter.
func (r *register) carry(cmd domain.Command[*domain.Letter]) {
	r.t.Helper()
	if _, err := domain.Execute(r.t.Context(), r.exec, cmd, domain.Meta{At: r.clock.Now(), Actor: domain.ActorSystem, Command: uuid.New()}); err != nil {
		r.t.Fatal(err)
	}
}

// TestLettersTellNames shows names to who may see them, and records that they were.
func TestLettersTellNames(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	r.post("/tavoli/t/registrations", `{"given_name":"Anna","family_name":"Segreta","email":"anna@example.org"}`)
	r.post("/tavoli/t/registrations", `{"given_name":"Bruno","family_name":"Senza"}`)
	a := r.post("/tavoli/t/letters", `{"kind":"reminder"}`, key("once"))
	if again := r.post("/tavoli/t/letters", `{"kind":"reminder"}`, key("once")); string(again.Body) != string(a.Body) {
		t.Errorf("got %s, then %s", a.Body, again.Body)
	}
	if a.field("queued") != "1" || !strings.Contains(a.field("without_address"), "-") {
		t.Errorf("got %s", a.Body)
	}
	token := r.token("auditor", `"auditor"`)
	list := r.get("/letters?state=queued", as(token)).is(200, "")
	if list.field("items", "0", "name") != "Anna Segreta" || list.field("counts", "queued") != "1" || list.field("post", "carrier") != "outbox" {
		t.Errorf("got %s", list.Body)
	}
	if d := r.get("/audit/disclosures?account=auditor"); !strings.Contains(string(d.Body), `"letters"`) {
		t.Errorf("nothing is recorded: %s", d.Body)
	}
	r.ask("POST", "/tavoli/t/letters", `{"kind":"promotion"}`).is(422, "invalid-input")
	r.ask("POST", "/tavoli/t/letters", `{"kind":"reminder","to":"tutti"}`).is(422, "invalid-input")
}
