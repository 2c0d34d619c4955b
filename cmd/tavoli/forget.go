package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

func forgetCommand() command {
	return command{"forget", "", "rimuove i dati di una persona; fatti e conteggi restano · destroys what is held of a person; facts and counts stay", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		person := fs.String("person", "", "l'`identificativo` della persona · the person's id")
		reason := fs.String("reason", "", "il `motivo`: chi lo ha chiesto, quando; senza nomi · why; without names")
		basis := fs.String("legal-basis", "", "la `norma` che lo consente o lo impone · the rule that allows or demands it")
		override := fs.String("override", "", "gli estremi dell'`ordine` che prevale su conservazione e sospensioni · the reference of an order that goes before retention and holds")
		linked := fs.Bool("linked", false, "insieme a chi risulta la stessa persona · together with whoever was found to be the same person")
		return func(ctx context.Context, p *program, _ []string) error {
			if *person == "" {
				return usageError("tavoli forget: manca --person · --person is missing")
			}
			body := map[string]any{"reason": *reason, "legal_basis": *basis, "override": *override}
			if *linked {
				body["linked"] = true
			}
			return t.post(ctx, p, "/people/"+url.PathEscape(*person)+"/forgetting", body, sayForgotten)
		}
	}}
}

// sayForgotten tells people what became of a forgetting.
func sayForgotten(answer map[string]any) string {
	others, _ := answer["forgotten"].([]any)
	text := fmt.Sprintf("persona rimossa · person forgotten: %v", answer["short"])
	if len(others) > 1 {
		text += fmt.Sprintf(" (%d)", len(others))
	}
	if answer["erased"] != true {
		text += "\ni dati sono illeggibili o lo saranno tra poco; la cancellazione dal disco prosegue da sé · erasing them from the disk goes on by itself"
	}
	return text
}

func evidenceDestroyCommand() command {
	return command{"evidence destroy", "TAVOLO SHA256", "distrugge un documento depositato; ne resta l'impronta · destroys a filed document; its hash stays", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		reason := fs.String("reason", "", "il `motivo` · why")
		basis := fs.String("legal-basis", "", "la `norma` che lo consente o lo impone · the rule that allows or demands it")
		override := fs.String("override", "", "gli estremi dell'`ordine` che prevale su conservazione e sospensioni · the reference of an order that goes before retention and holds")
		return func(ctx context.Context, p *program, args []string) error {
			body := map[string]any{"reason": *reason, "legal_basis": *basis, "override": *override}
			path := "/tavoli/" + url.PathEscape(args[0]) + "/evidence/" + url.PathEscape(args[1]) + "/destruction"
			return t.post(ctx, p, path, body, func(map[string]any) string { return "documento distrutto · document destroyed: " + args[1] })
		}
	}}
}

func retentionEvidenceCommand() command {
	return command{"retention evidence", "", "i documenti depositati che nulla impone più di conservare · the filed documents that nothing requires to be kept any longer", func(fs *flag.FlagSet) action {
		t, m := bindTarget(fs), bindMoment(fs)
		by := fs.String("by", "", "che cosa scade entro un `giorno`; vuoto: oggi · what falls due by a day; empty: today")
		programma := fs.String("programma", "", "solo di un `programma` · only of one programme")
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, _ []string) error {
			q := m.query()
			set(q, "by", *by)
			set(q, "programma", *programma)
			return t.with(ctx, p, func(c *client) error {
				raw, err := allPages(ctx, c, "/retention/evidence", q)
				if err != nil || *asJSON {
					return orPrint(p, raw, err)
				}
				return printDueEvidence(p, raw)
			})
		}
	}}
}

func printDueEvidence(p *program, raw []byte) error {
	var list struct {
		Items []struct {
			Tavolo, SHA256, Title string
			RetainUntil           string `json:"retain_until"`
		}
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	var rows [][]string
	for _, d := range list.Items {
		rows = append(rows, []string{d.Tavolo, d.RetainUntil, d.Title, d.SHA256})
	}
	return p.printTable("tavolo conservato-fino-al titolo impronta", rows)
}

func retentionSetCommand() command {
	return command{"retention set", "PROGRAMMA", "stabilisce per quanto si conserva; non c'è un valore predefinito · says for how long things are kept; there is no default", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		year := fs.String("reference-year", "", "l'`anno` dei conti o dell'ultimo pagamento · the year of the accounts, or of the last payment")
		years := fs.String("years", "", "per quanti `anni` dopo il 31 dicembre di quell'anno · for how many years after its 31 December")
		basis := fs.String("basis", "", "la `norma` · the rule that says so")
		return func(ctx context.Context, p *program, args []string) error {
			body := map[string]any{"basis": *basis}
			for name, text := range map[string]string{"reference_year": *year, "years": *years} {
				if text == "" {
					continue
				}
				n, err := strconv.Atoi(text)
				if err != nil {
					return usageError("tavoli retention set: %[1]q non è un numero · is no number", text)
				}
				body[name] = n
			}
			return t.post(ctx, p, programmaPath(args[0])+"/retention", body, func(map[string]any) string {
				return "conservazione stabilita · retention set: " + args[0]
			})
		}
	}}
}

func programmaPath(id string) string { return "/programmi/" + url.PathEscape(id) }

func retentionHoldCommand() command {
	return command{"retention hold", "PROGRAMMA", "sospende ogni cancellazione · forbids to destroy anything", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		tavolo := fs.String("tavolo", "", "solo per un `tavolo`; vuoto: tutto il programma · of one tavolo only")
		reason := fs.String("reason", "", "il `motivo` · why")
		reference := fs.String("reference", "", "gli `estremi` del procedimento · the reference of the proceedings")
		return func(ctx context.Context, p *program, args []string) error {
			body := map[string]any{"tavolo": *tavolo, "reason": *reason, "reference": *reference}
			return t.post(ctx, p, programmaPath(args[0])+"/holds", body, func(answer map[string]any) string {
				return fmt.Sprintf("sospensione · hold: %v", answer["hold"])
			})
		}
	}}
}

func retentionLiftCommand() command {
	return command{"retention lift", "PROGRAMMA HOLD", "toglie una sospensione · lifts a hold", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		reason := fs.String("reason", "", "il `motivo` · why")
		return func(ctx context.Context, p *program, args []string) error {
			path := programmaPath(args[0]) + "/holds/" + url.PathEscape(args[1]) + "/lifting"
			return t.post(ctx, p, path, map[string]any{"reason": *reason}, func(map[string]any) string {
				return "sospensione tolta · hold lifted: " + args[1]
			})
		}
	}}
}

func retentionCommand() command {
	return command{"retention", "", "che cosa va conservato fino a quando, e chi è in scadenza · what has to be kept until when, and who falls due", func(fs *flag.FlagSet) action {
		t, m := bindTarget(fs), bindMoment(fs)
		by := fs.String("by", "", "chi scade entro un `giorno`; vuoto: oggi · who falls due by a day; empty: today")
		programma := fs.String("programma", "", "solo di un `programma` · only of one programme")
		unbound := fs.Bool("unbound", false, "chi non ha a che fare con alcun programma né ente, invece · those instead who have to do with no programme and no ente")
		names := fs.Bool("names", false, "mostra i nomi; la consultazione viene registrata · show names; that they are shown is recorded")
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, _ []string) error {
			q := m.query()
			set(q, "by", *by)
			set(q, "programma", *programma)
			if *names {
				q.Set("names", "true")
			}
			if *unbound {
				q.Set("unbound", "true")
			}
			return t.with(ctx, p, func(c *client) error { return showRetention(ctx, p, c, c.current(q), *asJSON) })
		}
	}}
}

// A retentionShown is what people are shown of the duty to keep.
type retentionShown struct {
	By        string
	Programmi []struct {
		Programma string
		Policy    *struct {
			RetainUntil string `json:"retain_until"`
			Basis       string
		}
		Holds []struct {
			Hold, Tavolo, Reason, Reference string
		}
		Persons, Due int
	}
	Due []struct {
		Person, Short, Name string
		RetainUntil         string `json:"retain_until"`
		Programmi           []string
	}
	Total, Unbound, Forgotten int
	NextCursor                string `json:"next_cursor"`
}

// showRetention shows the duties and everybody who falls due. In JSON it is the
// first page with the due of all pages.
func showRetention(ctx context.Context, p *program, c *client, q url.Values, asJSON bool) error {
	q.Set("limit", "1000")
	var whole map[string]any
	var due []any
	for {
		raw, err := c.get(ctx, "/retention", q)
		if err != nil {
			return err
		}
		page := make(map[string]any)
		if err := json.Unmarshal(raw, &page); err != nil {
			return err
		}
		if whole == nil {
			whole = page
		}
		some, _ := page["due"].([]any)
		due = append(due, some...)
		next, _ := page["next_cursor"].(string)
		if next == "" {
			break
		}
		q.Set("cursor", next)
	}
	whole["due"] = append([]any{}, due...)
	delete(whole, "next_cursor")
	if asJSON {
		return p.printJSON(whole)
	}
	return printRetention(p, whole)
}

func printRetention(p *program, whole map[string]any) error {
	raw, err := json.Marshal(whole)
	if err != nil {
		return err
	}
	var shown retentionShown
	if err := json.Unmarshal(raw, &shown); err != nil {
		return err
	}
	var rows [][]string
	for _, r := range shown.Programmi {
		until, basis := "non stabilita · not set", ""
		if r.Policy != nil {
			until, basis = r.Policy.RetainUntil, r.Policy.Basis
		}
		rows = append(rows, []string{r.Programma, until, strconv.Itoa(r.Persons), strconv.Itoa(r.Due), basis})
		for _, h := range r.Holds {
			rows = append(rows, []string{"", "sospesa · held: " + h.Hold, h.Tavolo, "", strings.TrimSpace(h.Reason + " " + h.Reference)})
		}
	}
	if err := p.printTable("programma conservare-fino-al persone in-scadenza norma", rows); err != nil {
		return err
	}
	rows = nil
	for _, d := range shown.Due {
		rows = append(rows, []string{d.Person, d.Short, d.RetainUntil, strings.Join(d.Programmi, ","), d.Name})
	}
	if len(rows) > 0 {
		if err := p.printf("\n"); err != nil {
			return err
		}
		if err := p.printTable("persona sigla conservata-fino-al programmi nome", rows); err != nil {
			return err
		}
	}
	return p.printf("\nin scadenza al %s: %d; senza alcun vincolo: %d; già rimosse: %d\n", shown.By, shown.Total, shown.Unbound, shown.Forgotten)
}
