package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/google/uuid"

	"tavoli/adapters/web"
	"tavoli/domain"
)

// firstAccount is the account that a new register begins with.
const firstAccount domain.AccountID = "admin"

// shortToken is below what a first token ought to have, in characters.
const shortToken = 24

// firstAdmin makes the first account with a token, in a register that has none,
// and returns the token if somebody has to be told it. The token that is set is
// known already. Of several nodes that start at once on an empty store one issues a token.
func (r *register) firstAdmin(ctx context.Context, set string) (tell string, err error) {
	if done, _, err := r.hasAdmin(ctx); done || err != nil {
		return "", err
	}
	secret := set
	switch {
	case set == "":
		secret = newToken()
		tell = secret
	case len(set) < shortToken:
		r.log.Warn("the token in TAVOLI_ADMIN_TOKEN is short enough to be guessed; issue another one and revoke it")
	}
	sum := sha256.Sum256([]byte(secret))
	open := domain.OpenAccount{Account: firstAccount, Label: "amministrazione · administration", Roles: []domain.Role{domain.RoleAdmin}}
	if _, err := domain.Execute(ctx, r.exec, open, r.own()); err != nil {
		return "", err
	}
	done, rev, err := r.hasAdmin(ctx)
	if done || err != nil {
		return "", err
	}
	issue := domain.IssueToken{Account: firstAccount, SHA256: hex.EncodeToString(sum[:]), Label: "primo accesso · first sign-in"}
	meta := r.own()
	meta.IfRevision = &rev // as long as no other node has
	_, err = domain.Execute(ctx, r.exec, issue, meta)
	if done, _, seen := r.hasAdmin(ctx); errors.Is(err, domain.ErrChanged) && done {
		return "", seen
	}
	return tell, err
}

// hasEvents reports whether anything happened in a stream.
func (r *register) hasEvents(ctx context.Context, stream domain.Stream) (bool, error) {
	for _, err := range r.store.ReadStream(ctx, stream, 0) {
		return err == nil, err
	}
	return false, nil
}

// hasAdmin reports whether the first account ever had a token, and the revision it is at.
func (r *register) hasAdmin(ctx context.Context) (done bool, rev domain.Revision, err error) {
	rev = domain.NoStream
	for rec, err := range domain.Records(ctx, r.store, firstAccount.Stream()) {
		if err != nil {
			return false, rev, err
		}
		rev = rec.Revision
		if _, ok := rec.Event.(domain.TokenIssued); ok {
			done = true
		}
	}
	return done, rev, nil
}

// own is what is known of a command that the program gives itself.
func (r *register) own() domain.Meta {
	return domain.Meta{At: r.now(), Actor: domain.ActorSystem, Command: uuid.New()}
}

// admin is what the installation can do beside its daily work.
func (r *register) admin() web.Admin {
	return web.Admin{Backup: r.store.backup, Servers: r.store.shared, Check: r.check, Erase: r.erased, Stats: r.store.stats}
}

// check reads everything that is stored: the log, the keys, the evidence.
func (r *register) check(ctx context.Context) (web.CheckReport, error) {
	report := web.CheckReport{Problems: []string{}}
	if r.store.check != nil {
		findings, err := r.store.check(ctx, nil)
		if err != nil {
			return web.CheckReport{}, err
		}
		for i := range findings {
			report.Problems = append(report.Problems, findings[i].Error())
		}
	}
	if err := r.keys.Check(); err != nil {
		report.Problems = append(report.Problems, err.Error())
	}
	beside := newBesides(r.vault, r.web.Files)
	more, err := beside.check(ctx, r.store, nil)
	report.Records = beside.records
	report.Problems = append(report.Problems, more...)
	if err == nil {
		more, err = checkLedger(ctx, r.book.verify)
		report.Problems = append(report.Problems, more...)
	}
	report.OK = len(report.Problems) == 0
	return report, err
}
