package main

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// A telling is a command that changes something.
type telling struct {
	target *target
	key    string
	json   bool
}

func bindTelling(fs *flag.FlagSet) *telling {
	t := &telling{target: bindTarget(fs)}
	fs.StringVar(&t.key, "key", "", "la `chiave` di idempotenza: ripetere il comando con la stessa non cambia nulla; vuota: una nuova · the idempotency key; empty: a new one")
	fs.BoolVar(&t.json, "json", false, "risponde in JSON · answer in JSON")
	return t
}

// post sends what is to be changed and shows the answer, in JSON or as say has it.
func (t *telling) post(ctx context.Context, p *program, path string, body map[string]any, say func(answer map[string]any) string) error {
	for name, value := range body {
		if value == "" {
			delete(body, name)
		}
	}
	key := t.key
	if key == "" {
		key = uuid.NewString()
	}
	return t.target.with(ctx, p, func(c *client) error {
		raw, err := c.tell(ctx, http.MethodPost, path, key, body)
		if err != nil || t.json {
			return orPrint(p, raw, err)
		}
		answer := make(map[string]any)
		if err := json.Unmarshal(raw, &answer); err != nil {
			return err
		}
		return p.printf("%s\n", say(answer))
	})
}

// words reads a list with commas between its words.
func words(text string) []string {
	var list []string
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			list = append(list, word)
		}
	}
	return list
}

func accountPath(id string) string { return "/accounts/" + url.PathEscape(id) }

func accountOpenCommand() command {
	return command{"account open", "ACCOUNT", "apre un'utenza · makes an account", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		label := fs.String("label", "", "a `cosa` serve l'utenza, non di chi è · what the account is for, not whose it is")
		role := fs.String("roles", "", "i suoi `ruoli`, con virgole · its roles, with commas: admin, staff, operator, auditor, reporter, dpo")
		until := fs.String("until", "", "`quando` scadono i ruoli; vuoto: alla revoca · when the roles end; empty: when they are revoked")
		return func(ctx context.Context, p *program, args []string) error {
			body := map[string]any{"account": args[0], "label": *label, "until": *until, "roles": words(*role)}
			return t.post(ctx, p, "/accounts", body, func(map[string]any) string {
				return "utenza aperta · account made: " + args[0]
			})
		}
	}}
}

func accountGrantCommand() command {
	return command{"account grant", "ACCOUNT ROLE", "dà un ruolo a un'utenza · gives an account a role", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		until := fs.String("until", "", "`quando` scade il ruolo; vuoto: alla revoca · when the role ends; empty: when it is revoked")
		programmi := fs.String("programmi", "", "ciò che chi ispeziona può vedere: `programmi`, con virgole · what an inspector may look into: programmi, with commas")
		tavoli := fs.String("tavoli", "", "ciò che chi ispeziona può vedere: `tavoli`, con virgole · what an inspector may look into: tavoli, with commas")
		return func(ctx context.Context, p *program, args []string) error {
			body := map[string]any{"role": args[1], "until": *until}
			if scope := scopeOf(*programmi, *tavoli); len(scope) > 0 {
				body["scope"] = scope
			}
			return t.post(ctx, p, accountPath(args[0])+"/roles", body, func(map[string]any) string {
				return "ruolo assegnato · role given: " + args[0] + " " + args[1]
			})
		}
	}}
}

// scopeOf returns the scope of an inspector as it is sent.
func scopeOf(programmi, tavoli string) map[string][]string {
	scope := make(map[string][]string)
	for name, list := range map[string][]string{"programmi": words(programmi), "tavoli": words(tavoli)} {
		if len(list) > 0 {
			scope[name] = list
		}
	}
	return scope
}

func accountRevokeCommand() command {
	return command{"account revoke", "ACCOUNT ROLE", "toglie un ruolo a un'utenza · takes a role from an account", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		reason := fs.String("reason", "", "il `motivo` · why")
		return func(ctx context.Context, p *program, args []string) error {
			return t.post(ctx, p, accountPath(args[0])+"/roles/revocation", map[string]any{"role": args[1], "reason": *reason}, func(map[string]any) string {
				return "ruolo tolto · role taken: " + args[0] + " " + args[1]
			})
		}
	}}
}

func accountListCommand() command {
	return command{"account list", "", "le utenze con ruoli e gettoni · the accounts with their roles and tokens", func(fs *flag.FlagSet) action {
		t, m := bindTarget(fs), bindMoment(fs)
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, _ []string) error {
			return t.with(ctx, p, func(c *client) error {
				raw, err := allPages(ctx, c, "/accounts", m.query())
				if err != nil || *asJSON {
					return orPrint(p, raw, err)
				}
				return printAccounts(p, raw)
			})
		}
	}}
}

// An accountShown is what people are shown of an account.
type accountShown struct {
	Account, Label string
	Roles          []roleShown
	Tokens         []struct{ Token, Label, Until string }
}

// A roleShown is a role with its end and, for an inspector, the scope.
type roleShown struct {
	Role, Until string
	Scope       struct{ Programmi, Tavoli []string }
}

// printAccounts shows accounts to people, a line for each token.
func printAccounts(p *program, raw []byte) error {
	var list struct{ Items []accountShown }
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	var rows [][]string
	for _, a := range list.Items {
		row := []string{a.Account, a.roles(), a.Label, "", ""}
		for _, t := range a.Tokens {
			row[3], row[4] = t.Token, t.Label
			rows = append(rows, row)
			row = make([]string, 5)
		}
		if len(a.Tokens) == 0 {
			rows = append(rows, row)
		}
	}
	return p.printTable("utenza ruoli per gettone nome", rows)
}

// roles returns the roles with their ends.
func (a accountShown) roles() string {
	names := make([]string, len(a.Roles))
	for i, r := range a.Roles {
		if names[i] = r.Role; r.Until != "" {
			names[i] += "<" + inItaly(r.Until)
		}
		if scope := slices.Concat(r.Scope.Programmi, r.Scope.Tavoli); len(scope) > 0 {
			names[i] += "(" + strings.Join(scope, " ") + ")"
		}
	}
	return strings.Join(names, ",")
}
