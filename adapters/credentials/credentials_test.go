package credentials_test

import (
	"encoding/base32"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tavoli/adapters/credentials"
)

func TestPasswords(t *testing.T) {
	b := credentials.New("Tavoli")
	hash, err := b.Hash("correct horse battery staple")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("got %q, %v", hash, err)
	}
	again, err := b.Hash("correct horse battery staple")
	if err != nil || again == hash {
		t.Errorf("two hashes of a password are alike (%v)", err)
	}
	for password, want := range map[string]bool{"correct horse battery staple": true, "correct horse battery stapl": false, "": false} {
		if ok, err := b.Verify(hash, password); ok != want || err != nil {
			t.Errorf("%q: got %v, %v", password, ok, err)
		}
	}
	if ok, err := b.Verify("", "x"); ok || err != nil {
		t.Errorf("without a hash: %v, %v", ok, err)
	}
	for _, bad := range []string{"x", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA", hash[:len(hash)-30], strings.Replace(hash, "m=19456", "m=99999999", 1), strings.Replace(hash, "p=1", "p=0", 1)} {
		if ok, err := b.Verify(bad, "x"); ok || !errors.Is(err, credentials.ErrHash) {
			t.Errorf("%q: got %v, %v", bad, ok, err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	b := credentials.New("Tavoli")
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if ok, err := b.Verify("", "x"); ok || err != nil {
				t.Errorf("got %v, %v", ok, err)
			}
		})
	}
	all.Wait()
}

// TestCodes uses the vectors of RFC 6238, appendix B, cut to six digits.
func TestCodes(t *testing.T) {
	b := credentials.New("Tavoli")
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"} {
		now := time.Unix(at, 0)
		step, ok := b.CheckCode(secret, code, now)
		if !ok || step != at/30 {
			t.Errorf("at %d: got %d, %v", at, step, ok)
		}
		for late, want := range map[time.Duration]bool{30 * time.Second: true, -30 * time.Second: true, 90 * time.Second: false, -90 * time.Second: false} {
			if _, ok := b.CheckCode(secret, code, now.Add(late)); ok != want {
				t.Errorf("%v from %d: got %v", late, at, ok)
			}
		}
		if _, ok := b.CheckCode(secret, "000000", now); ok {
			t.Error("a wrong code is taken")
		}
	}
	if _, ok := b.CheckCode("no base 32!", "000000", time.Unix(59, 0)); ok {
		t.Error("a code without a secret is taken")
	}
}

func TestNewCode(t *testing.T) {
	b := credentials.New("Tavoli ANCI")
	secret, address, err := b.NewCode("segreteria")
	if err != nil || len(secret) != 32 || address != "otpauth://totp/Tavoli%20ANCI:segreteria?secret="+secret+"&issuer=Tavoli%20ANCI" {
		t.Errorf("got %q, %q, %v", secret, address, err)
	}
	other, _, err := b.NewCode("segreteria")
	if err != nil || other == secret {
		t.Errorf("two secrets are alike (%v)", err)
	}
}
