package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/google/uuid"

	"tavoli/projections"
)

// letterCommands are what can be asked and done about letters.
func letterCommands() []command {
	return []command{
		letterListCommand(), letterShowCommand(), letterMessageCommand(), letterSendCommand(), letterResendCommand(), letterReturnCommand(), letterNoticeCommand(),
		letterTemplateSetCommand(), letterTemplateCommand(),
	}
}

func letterPath(id string) string { return "/letters/" + url.PathEscape(id) }

func letterListCommand() command {
	return command{"letters list", "", "le lettere, dalla più recente, e che cosa ne è stato · the letters, the newest first, with what became of each", func(fs *flag.FlagSet) action {
		t, m := bindTarget(fs), bindMoment(fs)
		narrow := map[string]*string{
			"state": fs.String("state", "", "solo in questo `stato` · only in this state: queued, sending, failed, sent, parked"), "kind": fs.String("kind", "", "solo di questo `tipo` · only of this kind: confirmation, reminder, …"),
			"tavolo": fs.String("tavolo", "", "solo di questo `tavolo` · only about this tavolo"), "person": fs.String("person", "", "solo a questa `persona` · only to this person"),
			"purpose": fs.String("purpose", "", "il `motivo`; resta agli atti · why; it is recorded"),
		}
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, _ []string) error {
			q := m.query()
			for name, value := range narrow {
				set(q, name, *value)
			}
			q.Set("limit", "500")
			return t.with(ctx, p, func(c *client) error {
				raw, err := allPages(ctx, c, "/letters", q)
				if err != nil || *asJSON {
					return orPrint(p, raw, err)
				}
				return printLetters(p, raw)
			})
		}
	}}
}

// printLetters shows letters to people, a line each, and why none leave.
func printLetters(p *program, raw []byte) error {
	var list struct {
		Items []projections.Letter
		Post  struct{ Trouble string }
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	if list.Post.Trouble != "" {
		fmt.Fprintf(p.err, "tavoli: per ora nessuna lettera può partire · no letter can be sent just now: %s\n", list.Post.Trouble)
	}
	rows := make([][]string, len(list.Items))
	for i, l := range list.Items {
		rows[i] = []string{l.Delivery.String(), projections.InItalian(string(l.Kind)), l.Name, about(l), projections.InItalian(string(l.State)), projections.InItalian(string(l.Why)), inItaly(l.ChangedAt.Format(inZone))}
	}
	return p.printTable("lettera tipo a riguardo stato perché dal", rows)
}

func letterShowCommand() command {
	return command{"letters show", "LETTER", "che cosa è stato di una lettera · what became of a letter", func(fs *flag.FlagSet) action {
		t, m := bindTarget(fs), bindMoment(fs)
		purpose := fs.String("purpose", "", "il `motivo`; resta agli atti · why; it is recorded")
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, args []string) error {
			q := m.query()
			set(q, "purpose", *purpose)
			return t.with(ctx, p, func(c *client) error {
				raw, err := c.get(ctx, letterPath(args[0]), c.current(q))
				if err != nil || *asJSON {
					return orPrint(p, raw, err)
				}
				return printLetter(p, raw)
			})
		}
	}}
}

// printLetter shows one letter to people, a line for each thing that is known.
func printLetter(p *program, raw []byte) error {
	var l projections.Letter
	if err := json.Unmarshal(raw, &l); err != nil {
		return err
	}
	rows := [][]string{
		{"lettera", l.Delivery.String()}, {"tipo", projections.InItalian(string(l.Kind))}, {"a", l.Name}, {"riguardo", about(l)}, {"stato", projections.InItalian(string(l.State))}, {"perché", projections.InItalian(string(l.Why))},
		{"risposta", l.Answer}, {"tentativi", fmt.Sprint(l.Attempts)}, {"in-coda", l.QueuedAt.Format(inZone)}, {"dal", l.ChangedAt.Format(inZone)},
	}
	if l.RetryAt != nil {
		rows = append(rows, []string{"si-riprova", l.RetryAt.Format(inZone)})
	}
	if l.ArrivedAt != nil {
		rows = append(rows, []string{"arrivata", l.ArrivedAt.Format(inZone)})
	}
	shown := rows[:0]
	for _, row := range rows {
		if row[1] != "" {
			shown = append(shown, []string{row[0], inItaly(row[1])})
		}
	}
	return p.printTable("voce valore", shown)
}

// inZone is how moments are written before they are shown in Italy's time.
const inZone = "2006-01-02T15:04:05Z07:00"

// about returns what a letter is about.
func about(l projections.Letter) string {
	if l.Ente != nil {
		return l.Ente.Name
	}
	return string(l.Tavolo)
}

func letterMessageCommand() command {
	return command{"letters message", "LETTER", "la lettera come sta nella cartella outbox, un file .eml · the letter as it lies in the outbox, an .eml file", func(fs *flag.FlagSet) action {
		t := bindTarget(fs)
		fs.Bool("json", false, "non cambia nulla: è un messaggio · changes nothing: it is a message")
		return func(ctx context.Context, p *program, args []string) error {
			return t.with(ctx, p, func(c *client) error {
				return copyAnswer(ctx, p, c, call{method: http.MethodGet, path: letterPath(args[0]) + "/message", accept: "message/rfc822"})
			})
		}
	}}
}

func letterSendCommand() command {
	return command{"letters send", "TAVOLO KIND", "spedisce lettere su un tavolo: convocazione, reminder, join-link, thanks, … · sends letters about a tavolo", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		to := fs.String("to", "", "a `chi`; vuoto: a chi vanno di solito · to whom: registered, active, coordinamento, present, concerned; empty: whom they usually go to")
		return func(ctx context.Context, p *program, args []string) error {
			body := map[string]any{"kind": args[1], "to": *to}
			return t.post(ctx, p, "/tavoli/"+url.PathEscape(args[0])+"/letters", body, func(answer map[string]any) string {
				without, _ := answer["without_address"].([]any)
				return fmt.Sprintf("in coda · queued: %v; senza indirizzo · without an address: %d", answer["queued"], len(without))
			})
		}
	}}
}

func letterResendCommand() command {
	return command{"letters resend", "LETTER", "spedisce di nuovo una lettera · sends a letter again", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		reason := fs.String("reason", "", "il `motivo` · why")
		return func(ctx context.Context, p *program, args []string) error {
			return t.post(ctx, p, letterPath(args[0])+"/resending", map[string]any{"reason": *reason}, func(map[string]any) string {
				return "di nuovo in coda · queued again: " + args[0]
			})
		}
	}}
}

func letterReturnCommand() command {
	return command{"letters return", "LETTER", "annota che una lettera è tornata indietro · notes that a letter came back", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		reason := fs.String("reason", "", "`perché`, come dice l'avviso, senza nomi né indirizzi · why, as the notice says, without names and addresses")
		status := fs.String("status", "", "il `codice`, 5.1.1 per esempio · the status, 5.1.1 for instance")
		return func(ctx context.Context, p *program, args []string) error {
			return t.post(ctx, p, letterPath(args[0])+"/return", map[string]any{"reason": *reason, "status": *status}, func(map[string]any) string {
				return "messa da parte · put aside: " + args[0]
			})
		}
	}}
}

func letterNoticeCommand() command {
	return command{"letters notice", "FILE", "legge un avviso di mancata consegna o una ricevuta PEC, un file .eml; - è lo standard input · reads a notice of failed delivery or a receipt of a PEC", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		return func(ctx context.Context, p *program, args []string) error {
			raw, err := p.readFile(args[0])
			if err != nil {
				return err
			}
			return t.target.with(ctx, p, func(c *client) error {
				resp, err := c.send(ctx, call{
					method: http.MethodPost, path: "/letter-notices", raw: raw, key: cmp.Or(t.key, uuid.NewString()), accept: "application/json", media: "message/rfc822",
				})
				if err != nil {
					return err
				}
				defer resp.Body.Close()
				answer, err := io.ReadAll(resp.Body)
				if err != nil || t.json {
					return orPrint(p, answer, err)
				}
				var taken struct{ Delivery, Says, Status string }
				if err := json.Unmarshal(answer, &taken); err != nil {
					return err
				}
				return p.printf("%s: %s\n", taken.Delivery, strings.TrimSpace(taken.Says+" "+taken.Status))
			})
		}
	}}
}

// readFile reads a file, or standard input for a dash.
func (p *program) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(p.in)
	}
	raw, err := os.ReadFile(name)
	return raw, missing(err)
}

func letterTemplateCommand() command {
	return command{"letters template", "[KIND]", "i testi delle lettere, o quello di un tipo con le sue versioni · the words of letters, or those of a kind with their versions", func(fs *flag.FlagSet) action {
		t, m := bindTarget(fs), bindMoment(fs)
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, args []string) error {
			path := "/letter-templates"
			if len(args) > 0 {
				path += "/" + url.PathEscape(args[0])
			}
			return t.with(ctx, p, func(c *client) error {
				raw, err := c.get(ctx, path, c.current(m.query()))
				if err != nil || *asJSON {
					return orPrint(p, raw, err)
				}
				return printTemplates(p, raw)
			})
		}
	}}
}

// printTemplates shows the words of a kind of letter, or which kinds there are.
func printTemplates(p *program, raw []byte) error {
	var answer struct {
		Items []projections.Template
		projections.Template
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return err
	}
	if answer.Kind != "" {
		return p.printf("Oggetto: %s\n\n%s\n", answer.Subject, strings.TrimRight(answer.Text, "\n"))
	}
	rows := make([][]string, len(answer.Items))
	for i, t := range answer.Items {
		rows[i] = []string{string(t.Kind), fmt.Sprint(t.Version), t.Subject}
	}
	return p.printTable("tipo versione oggetto", rows)
}

func letterTemplateSetCommand() command {
	return command{"letters template set", "KIND FILE", "dà a un tipo di lettera il testo di un file; - è lo standard input · gives a kind of letter the words of a file", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		subject := fs.String("subject", "", "l'`oggetto` · the subject")
		reason := fs.String("reason", "", "il `motivo` · why")
		return func(ctx context.Context, p *program, args []string) error {
			text, err := p.readFile(args[1])
			if err != nil {
				return err
			}
			return t.post(ctx, p, "/letter-templates/"+url.PathEscape(args[0]), map[string]any{"subject": *subject, "text": string(text), "reason": *reason}, func(answer map[string]any) string {
				return fmt.Sprintf("versione · version: %v", answer["version"])
			})
		}
	}}
}
