package main

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"strconv"

	"tavoli/adapters/web"
)

// A reading is what is asked of the reading log.
type reading struct {
	target *target
	moment *moment
	narrow map[string]*string
	csv    bool
	json   bool
}

func auditDisclosuresCommand() command {
	about := "chi ha visto dati di chi, come, perché e quando · who was shown whose data, how, why and when"
	return command{"audit disclosures", "", about, func(fs *flag.FlagSet) action {
		r := &reading{target: bindTarget(fs), moment: bindMoment(fs), narrow: make(map[string]*string)}
		for name, usage := range map[string]string{
			"account": "solo di un'`utenza` · only of one account", "subject": "solo di un `oggetto`, come tavolo-coopera-4 · only about one thing",
			"person": "solo ciò che può aver mostrato una `persona` · only what could have shown a person",
			"from":   "da questo `giorno` · from this day on", "to": "fino a questo `giorno` · up to this day",
		} {
			r.narrow[name] = fs.String(name, "", usage)
		}
		fs.BoolVar(&r.csv, "csv", false, "risponde in CSV · answer as CSV")
		fs.BoolVar(&r.json, "json", false, "risponde in JSON · answer in JSON")
		return r.run
	}}
}

func (r *reading) run(ctx context.Context, p *program, _ []string) error {
	if r.csv && r.json {
		return usageError("tavoli audit disclosures: --csv oppure --json · --csv or --json")
	}
	q := r.moment.query()
	for name, value := range r.narrow {
		set(q, name, *value)
	}
	const path = "/audit/disclosures"
	return r.target.with(ctx, p, func(c *client) error {
		if r.csv {
			return copyAnswer(ctx, p, c, call{method: http.MethodGet, path: path, query: c.current(q), accept: "text/csv"})
		}
		q.Set("limit", strconv.Itoa(mostLines))
		raw, err := allPages(ctx, c, path, q)
		if err != nil || r.json {
			return orPrint(p, raw, err)
		}
		return printDisclosures(p, raw)
	})
}

// printDisclosures shows the reading log to people.
func printDisclosures(p *program, raw []byte) error {
	var list struct {
		Items []struct {
			Position, Account, Subject, Form, Purpose, Through string
			RecordedAt                                         string `json:"recorded_at"`
		}
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	var rows [][]string
	for _, d := range list.Items {
		rows = append(rows, []string{d.Position, inItaly(d.RecordedAt), d.Account, web.InItalian(d.Form), oneLine(d.Subject), web.InItalian(d.Through), oneLine(d.Purpose)})
	}
	return p.printTable("posizione registrata utenza forma oggetto tramite finalità", rows)
}
