package domain_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// session returns a session of the secretariat that lasts until some time from now.
func session(name string, left time.Duration) domain.SessionOpened {
	return domain.SessionOpened{Account: "segreteria", Session: uuid.NewSHA1(uuid.Nil, []byte(name)), SHA256: sheet, Until: domain.Truncate(now.Add(left)), Method: domain.ByPassword}
}

// opens returns the session that a scenario's command opens.
func opens(scenario string, method domain.SignInMethod, step int64) domain.SessionOpened {
	e := session("", domain.SessionTime)
	e.Session = domain.DerivedID(uuid.NewSHA1(uuid.Nil, []byte(scenario)), "session")
	e.Method, e.Step = method, step
	return e
}

func ended(s domain.SessionOpened) domain.SessionEnded {
	return domain.SessionEnded{Account: s.Account, Session: s.Session}
}

func TestPasswords(t *testing.T) {
	desk := domain.AccountOpened{Account: "segreteria", Label: "Segreteria"}
	old := domain.PasswordSet{Account: "segreteria", Sealed: []byte("vecchia")}
	set := domain.PasswordSet{Account: "segreteria", Sealed: []byte("nuova")}
	one, two := session("one", time.Hour), session("two", 2*time.Hour)
	invited := domain.InvitationIssued{Account: "segreteria", SHA256: sheet, Until: domain.Truncate(now.Add(domain.InvitationTime))}
	late := invited
	late.Until = now
	password := func(c domain.SetPassword) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		c.Account = "segreteria"
		return is[*domain.Account](c)
	}
	accept := is[*domain.Account](domain.AcceptInvitation{Account: "segreteria", SHA256: sheet, Sealed: set.Sealed})
	run(t, []scenario{
		{name: "the first", past: given(desk), do: password(domain.SetPassword{Sealed: set.Sealed}), yield: given(set)},
		{name: "of nobody", do: password(domain.SetPassword{Sealed: set.Sealed}), err: domain.ErrNoAccount},
		{name: "another, which ends all sessions but one's own", past: given(desk, old, one, two), do: password(domain.SetPassword{Sealed: set.Sealed, Was: old.Sealed, Keep: two.Session}), yield: given(set, ended(one))},
		{name: "another, while somebody else set it", past: given(desk, old), do: password(domain.SetPassword{Sealed: set.Sealed, Was: []byte("altra")}), err: domain.ErrCredentials},
		{name: "nothing", past: given(desk), do: password(domain.SetPassword{}), err: domain.ErrBadDraft},
		{name: "too much", past: given(desk), do: password(domain.SetPassword{Sealed: make([]byte, domain.MaxSealed+1)}), err: domain.ErrBadDraft},
		{name: "an invitation", past: given(desk), do: is[*domain.Account](domain.Invite{Account: "segreteria", SHA256: sheet}), yield: given(invited)},
		{name: "an invitation without a secret", past: given(desk), do: is[*domain.Account](domain.Invite{Account: "segreteria"}), field: "/sha256 bad-sha256"},
		{name: "an invitation for nobody", do: is[*domain.Account](domain.Invite{Account: "segreteria", SHA256: sheet}), err: domain.ErrNoAccount},
		{name: "an invitation accepted", past: given(desk, one, invited), do: accept, yield: given(set, ended(one))},
		{name: "an invitation too late", past: given(desk, late), do: accept, err: domain.ErrNoInvitation},
		{name: "an invitation used before", past: given(desk, invited, old), do: accept, err: domain.ErrNoInvitation},
		{name: "an invitation that a later one replaced", past: given(desk, invited, domain.InvitationIssued{Account: "segreteria", SHA256: "cd" + sheet[2:], Until: invited.Until}), do: accept, err: domain.ErrNoInvitation},
	})
}

func TestSecondFactors(t *testing.T) {
	desk := domain.AccountOpened{Account: "segreteria", Label: "Segreteria"}
	factor := domain.SecondFactorSet{Account: "segreteria", Sealed: []byte("segreto")}
	set := is[*domain.Account](domain.SetSecondFactor(factor))
	remove := is[*domain.Account](domain.RemoveSecondFactor{Account: "segreteria", Reason: "telefono perso"})
	one := session("one", time.Hour)
	run(t, []scenario{
		{name: "set", past: given(desk), do: set, yield: given(factor)},
		{name: "set on another", past: given(desk, factor), do: set, err: domain.ErrFactorPresent},
		{name: "set for nobody", do: set, err: domain.ErrNoAccount},
		{name: "nothing set", past: given(desk), do: is[*domain.Account](domain.SetSecondFactor{Account: "segreteria"}), err: domain.ErrBadDraft},
		{name: "removed", past: given(desk, factor, one), do: remove, yield: given(domain.SecondFactorRemoved{Account: "segreteria", Reason: "telefono perso"}, ended(one))},
		{name: "none removed", past: given(desk), do: remove, err: domain.ErrNoFactor},
		{name: "removed for nobody", do: remove, err: domain.ErrNoAccount},
	})
}

func TestSessions(t *testing.T) {
	desk := domain.AccountOpened{Account: "segreteria", Label: "Segreteria"}
	password := domain.PasswordSet{Account: "segreteria", Sealed: []byte("p")}
	factor := domain.SecondFactorSet{Account: "segreteria", Sealed: []byte("f")}
	open := func(c domain.OpenSession) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		c.Account, c.SHA256 = "segreteria", sheet
		return is[*domain.Account](c)
	}
	byPassword := open(domain.OpenSession{Method: domain.ByPassword, Password: password.Sealed})
	byCode := open(domain.OpenSession{Method: domain.ByPasswordCode, Password: password.Sealed, Factor: factor.Sealed, Step: 100})
	end := func(s domain.SessionOpened) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Account](domain.EndSession{Account: s.Account, Session: s.Session})
	}
	used := session("used", time.Hour)
	used.Step = 100
	many := given(desk, password)
	var oldest domain.SessionOpened
	for i := range domain.MaxSessions {
		s := session(string(rune('a'+i)), time.Hour+time.Duration(i)*time.Minute)
		if i == 0 {
			oldest = s
		}
		many = append(many, s)
	}
	issued := domain.TokenIssued{Account: "segreteria", Token: uuid.NewSHA1(uuid.Nil, []byte("token")), SHA256: sheet}
	byToken := open(domain.OpenSession{Method: domain.ByToken, Token: issued.Token})
	ends, over := issued, issued
	soon, past := domain.Truncate(now.Add(time.Hour)), domain.Truncate(now.Add(-time.Hour))
	ends.Until, over.Until = &soon, &past
	through := func(scenario string, until time.Time) domain.SessionOpened {
		e := opens("TestSessions/"+scenario, domain.ByToken, 0)
		e.Token, e.Until = issued.Token, until
		return e
	}
	tokens := session("token", time.Hour)
	tokens.Method, tokens.Token = domain.ByToken, issued.Token
	confirmed := factor
	confirmed.Step = 100
	run(t, []scenario{
		{name: "by password", past: given(desk, password), do: byPassword, yield: given(opens("TestSessions/by_password", domain.ByPassword, 0))},
		{name: "by password and code", past: given(desk, password, factor), do: byCode, yield: given(opens("TestSessions/by_password_and_code", domain.ByPasswordCode, 100))},
		{name: "by a provider", past: given(desk), do: open(domain.OpenSession{Method: domain.ByProvider}), yield: given(opens("TestSessions/by_a_provider", domain.ByProvider, 0))},
		{name: "by a token", past: given(desk, issued), do: byToken, yield: given(through("by_a_token", domain.Truncate(now.Add(domain.SessionTime))))},
		{name: "by a token that ends soon", past: given(desk, ends), do: byToken, yield: given(through("by_a_token_that_ends_soon", *ends.Until))},
		{name: "by a token that has ended", past: given(desk, over), do: byToken, err: domain.ErrNoToken},
		{name: "by a token that was revoked", past: given(desk, issued, domain.TokenRevoked{Account: "segreteria", Token: issued.Token}), do: byToken, err: domain.ErrNoToken},
		{name: "by a token that was never issued", past: given(desk), do: byToken, err: domain.ErrNoToken},
		{name: "ended with the token", past: given(desk, issued, tokens, used), do: is[*domain.Account](domain.RevokeToken{Account: "segreteria", Token: issued.Token, Reason: "perso"}), yield: given(domain.TokenRevoked{Account: "segreteria", Token: issued.Token, Reason: "perso"}, ended(tokens))},
		{name: "with the code that confirmed the factor", past: given(desk, password, confirmed), do: byCode, err: domain.ErrSignIn},
		{name: "without the code", past: given(desk, password, factor), do: byPassword, err: domain.ErrCredentials},
		{name: "with a password that was changed", past: given(desk, domain.PasswordSet{Account: "segreteria", Sealed: []byte("q")}), do: byPassword, err: domain.ErrCredentials},
		{name: "with a code used before", past: given(desk, password, factor, used), do: byCode, err: domain.ErrSignIn},
		{name: "of nobody", do: byPassword, err: domain.ErrSignIn},
		{name: "one more than there may be", past: many, do: byPassword, yield: given(ended(oldest), opens("TestSessions/one_more_than_there_may_be", domain.ByPassword, 0))},
		{name: "ended", past: given(desk, password, used), do: end(used), yield: given(ended(used))},
		{name: "ended twice", past: given(desk, password, used, ended(used)), do: end(used)},
	})
}
