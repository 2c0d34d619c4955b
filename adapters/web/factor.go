package web

import (
	"tavoli/domain"
	"tavoli/projections"
)

// checkCode checks a code against an account's second factor.
func (d *doing) checkCode(account domain.AccountID, has projections.Credentials, code string) (int64, error) {
	if code == "" {
		return 0, domain.ErrCodeRequired
	}
	secret, err := d.s.unseal(account, has.Factor)
	if err != nil {
		return 0, err
	}
	step, ok := d.s.Credentials.CheckCode(secret, code, d.meta.At)
	if !ok || step <= has.Step {
		return 0, domain.ErrSignIn
	}
	return step, nil
}

// FactorOffered is a second factor that is not set yet.
type FactorOffered struct {
	Secret  string `json:"secret" doc:"to be typed into an authenticator app"`
	Address string `json:"address" doc:"the same as an address, which apps take as a QR code"`
}

// offerFactor makes the secret of a second factor. Nothing is kept until it is
// confirmed by a code.
func offerFactor() action {
	a := signing(func(d *doing, _ *Nothing) (any, string, error) {
		access, err := d.mine()
		if err != nil {
			return nil, "", err
		}
		var f FactorOffered
		f.Secret, f.Address, err = d.s.Credentials.NewCode(string(access.Account))
		return f, "", err
	})
	return answering[FactorOffered](a)
}

// FactorConfirmed is a second factor with a code that shows it works.
type FactorConfirmed struct {
	Secret   string `json:"secret"`
	Code     string `json:"code"`
	Password string `json:"password,omitempty" doc:"where the account has one: a session that was stolen sets no factor"`
}

// confirmFactor sets one's own second factor. The code with which it is confirmed opens
// nothing afterwards.
func confirmFactor() action {
	return signing(func(d *doing, b *FactorConfirmed) (any, string, error) {
		access, err := d.mine()
		if err != nil {
			return nil, "", err
		}
		if len(b.Secret) < 32 || len(b.Secret) > 64 {
			return nil, "", invalid("/secret", "not-allowed", "is not the secret that was offered")
		}
		step, ok := d.s.Credentials.CheckCode(b.Secret, b.Code, d.meta.At)
		if !ok {
			return nil, "", invalid("/code", "wrong-code", "is not the code of this moment")
		}
		if _, err := d.proveOwn(access.Account, b.Password); err != nil {
			return nil, "", err
		}
		sealed, err := d.s.seal(access.Account, b.Secret)
		if err == nil {
			err = execute[*domain.Account](d, domain.SetSecondFactor{Account: access.Account, Sealed: sealed, Step: step})
		}
		return d.written(), "", err
	})
}

// FactorRemoval proves that it is the account's own wish.
type FactorRemoval struct {
	Password string `json:"password"`
	Code     string `json:"code"`
}

// removeFactor removes one's own second factor. All sessions end.
func removeFactor() action {
	return signing(func(d *doing, b *FactorRemoval) (any, string, error) {
		access, err := d.mine()
		if err != nil {
			return nil, "", err
		}
		turn, err := d.guessOwn()
		if err != nil {
			return nil, "", err
		}
		has, err := d.credentials(access.Account)
		if err == nil && has.Factor == nil {
			err = domain.ErrNoFactor
		}
		if err == nil {
			_, err = d.current(access.Account, b.Password)
		}
		if err == nil {
			_, err = d.checkCode(access.Account, has, b.Code)
		}
		if err == nil {
			err = execute[*domain.Account](d, domain.RemoveSecondFactor{Account: access.Account, Reason: "rimosso dal titolare"})
		}
		turn.settle(err)
		return d.written(), "", err
	})
}
