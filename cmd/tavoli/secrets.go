package main

import (
	"context"
	"flag"
	"net/url"
)

func tokenIssueCommand() command {
	return command{"token issue", "ACCOUNT", "rilascia un gettone, mostrato una volta sola · issues a token, told once", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		label := fs.String("label", "", "a `cosa` serve il gettone · what the token is for")
		until := fs.String("until", "", "`quando` scade; vuoto: alla revoca · when it ends; empty: when it is revoked")
		return func(ctx context.Context, p *program, args []string) error {
			return t.post(ctx, p, accountPath(args[0])+"/tokens", map[string]any{"label": *label, "until": *until}, func(answer map[string]any) string {
				secret, _ := answer["secret"].(string)
				return secret
			})
		}
	}}
}

func tokenRevokeCommand() command {
	return command{"token revoke", "ACCOUNT TOKEN", "revoca un gettone · makes a token useless", func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		reason := fs.String("reason", "", "il `motivo` · why")
		return func(ctx context.Context, p *program, args []string) error {
			path := accountPath(args[0]) + "/tokens/" + url.PathEscape(args[1]) + "/revocation"
			return t.post(ctx, p, path, map[string]any{"reason": *reason}, func(map[string]any) string {
				return "gettone revocato · token revoked: " + args[1]
			})
		}
	}}
}

func accountInviteCommand() command {
	about := "rilascia il codice d'invito con cui si sceglie la password, mostrato una volta sola · issues the code with which the password is chosen, told once"
	return command{"account invite", "ACCOUNT", about, func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		return func(ctx context.Context, p *program, args []string) error {
			return t.post(ctx, p, accountPath(args[0])+"/invitation", map[string]any{}, func(answer map[string]any) string {
				secret, _ := answer["secret"].(string)
				return secret
			})
		}
	}}
}

func accountFactorCommand() command {
	about := "toglie il secondo fattore a un'utenza: il telefono è perso · removes the second factor of an account: the device was lost"
	return command{"account remove-second-factor", "ACCOUNT", about, func(fs *flag.FlagSet) action {
		t := bindTelling(fs)
		reason := fs.String("reason", "", "il `motivo` · why")
		return func(ctx context.Context, p *program, args []string) error {
			return t.post(ctx, p, accountPath(args[0])+"/second-factor/removal", map[string]any{"reason": *reason}, func(map[string]any) string {
				return "secondo fattore tolto · second factor removed: " + args[0]
			})
		}
	}}
}
