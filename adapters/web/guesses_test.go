package web_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tavoli/adapters/web"
)

// from says where a request comes from.
func from(address string) option {
	return func(req *http.Request) { req.RemoteAddr = address }
}

// host is one of many networks.
func host(n int) option { return from(fmt.Sprintf("198.51.%d.%d:1", n/250, n%250)) }

// TestGuessing slows down who guesses from one place, and nobody elsewhere.
func TestGuessing(t *testing.T) {
	r := newRegister(t)
	r.invited("segreteria")
	device := `,"device":"` + r.enter("segreteria", goodPassword, "").is(201, "").field("device") + `"`
	r.invited("altra")
	foreign := `,"device":"` + r.enter("altra", goodPassword, "").is(201, "").field("device") + `"`
	for range 5 {
		r.enter("segreteria", nextPassword, "", host(1)).is(403, "sign-in-refused")
	}
	slow := r.enter("segreteria", goodPassword, "", host(1)).is(429, "too-many-guesses")
	if slow.Header.Get("Retry-After") != "1" {
		t.Errorf("got %q", slow.Header.Get("Retry-After"))
	}
	r.enter("segreteria", goodPassword, foreign, host(1)).is(429, "too-many-guesses") // a device of another account
	r.enter("segreteria", goodPassword, device, host(1)).is(201, "")
	r.enter("segreteria", goodPassword, "", host(2)).is(201, "") // a stranger elsewhere
	r.clock.move(2 * time.Second)
	r.enter("segreteria", nextPassword, "", host(1)).is(403, "sign-in-refused")
	r.enter("segreteria", goodPassword, "", host(1)).is(429, "too-many-guesses")
	r.clock.move(31 * time.Minute)
	r.enter("segreteria", goodPassword, "", host(1)).is(201, "")

	for i := range 20 { // one network, many accounts
		r.enter(fmt.Sprint("a", i), nextPassword, "", host(20)).is(403, "sign-in-refused")
	}
	r.enter("segreteria", goodPassword, "", host(20)).is(429, "too-many-guesses")
	r.enter("segreteria", goodPassword, device, host(20)).is(201, "") // a colleague behind the same address
	r.enter("segreteria", goodPassword, "", host(21)).is(201, "")
}

// TestGuessesFromEverywhere tries an account from so many networks that strangers have to
// wait: its own devices, its sessions and an invitation do not.
func TestGuessesFromEverywhere(t *testing.T) {
	r := newRegister(t)
	r.invited("segreteria")
	own := r.enter("segreteria", goodPassword, "").is(201, "")
	for i := range 30 {
		r.enter("segreteria", nextPassword, "", host(i)).is(403, "sign-in-refused")
	}
	slow := r.enter("segreteria", goodPassword, "", host(77)).is(429, "too-many-guesses")
	if wait, err := strconv.Atoi(slow.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 120 {
		t.Errorf("got %q", slow.Header.Get("Retry-After"))
	}
	r.enter("segreteria", goodPassword, `,"device":"`+own.field("device")+`"`, host(78)).is(201, "")
	r.ask("POST", "/me/password", `{"current":"`+goodPassword+`","password":"`+nextPassword+`"}`, as(own.field("secret"))).is(200, "")
	secret := r.post("/accounts/segreteria/invitation", "").field("secret")
	chosen := r.ask("POST", "/invitations/acceptance", `{"account":"segreteria","secret":"`+secret+`","password":"`+goodPassword+`"}`, nobody).is(200, "")
	r.enter("segreteria", goodPassword, `,"device":"`+chosen.field("device")+`"`, host(80)).is(201, "")
	r.clock.move(2*time.Minute + time.Second)
	r.enter("segreteria", goodPassword, "", host(79)).is(201, "")
}

// TestOneNetworkLocksNobodyOut lets somebody guess for hours, as fast as they are let: who
// has the password comes in from elsewhere at any time.
func TestOneNetworkLocksNobodyOut(t *testing.T) {
	r := newRegister(t)
	r.invited("segreteria")
	guessed := 0
	for end := r.clock.Now().Add(6 * time.Hour); r.clock.Now().Before(end); {
		switch a := r.enter("segreteria", nextPassword, "", host(1)); a.Status {
		case 403:
			guessed++
		case 429:
			wait, err := strconv.Atoi(a.Header.Get("Retry-After"))
			if err != nil || wait < 1 || wait > 300 {
				t.Fatalf("got %q", a.Header.Get("Retry-After"))
			}
			r.clock.move(time.Duration(wait) * time.Second)
		}
		r.enter("segreteria", goodPassword, "", host(2)).is(201, "")
	}
	if guessed < 20 || guessed > 120 {
		t.Errorf("%d guesses in six hours", guessed)
	}
}

// A slowBook checks passwords only when it is told to, and counts how often it was asked.
type slowBook struct {
	book
	asked *atomic.Int64
	let   chan struct{}
}

// Verify implements [web.Credentials].
func (b slowBook) Verify(hash, password string) (bool, error) {
	b.asked.Add(1)
	<-b.let
	return b.book.Verify(hash, password)
}

// TestGuessesTogether sends many guesses before any is answered: no more are looked at
// than one after the other.
func TestGuessesTogether(t *testing.T) {
	slow := slowBook{asked: new(atomic.Int64), let: make(chan struct{})}
	r := newRegister(t, func(s *web.Server) { s.Credentials = slow })
	r.invited("segreteria")
	var wg sync.WaitGroup
	var refused atomic.Int64
	for range 40 {
		wg.Go(func() {
			if r.send(request("POST", "/sessions", `{"account":"segreteria","password":"x"}`, nobody, host(1))).Status == 429 {
				refused.Add(1)
			}
		})
	}
	for end := time.Now().Add(10 * time.Second); refused.Load() < 35 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	close(slow.let)
	wg.Wait()
	if slow.asked.Load() != 5 || refused.Load() != 35 {
		t.Errorf("%d guesses were looked at, %d refused", slow.asked.Load(), refused.Load())
	}
}

// TestNetworksOfIPv6 counts the addresses that one customer has as one.
func TestNetworksOfIPv6(t *testing.T) {
	r := newRegister(t)
	r.invited("segreteria")
	for i := range 5 {
		r.enter("segreteria", nextPassword, "", from(fmt.Sprintf("[2001:db8:1:2::%x]:1", i+1))).is(403, "sign-in-refused")
	}
	r.enter("segreteria", goodPassword, "", from("[2001:db8:1:2:ffff::9]:1")).is(429, "too-many-guesses")
	r.enter("segreteria", goodPassword, "", from("[2001:db8:1:3::1]:1")).is(201, "")
	for range 5 {
		r.enter("segreteria", nextPassword, "", from("[::ffff:192.0.2.1]:1")).is(403, "sign-in-refused")
	}
	r.enter("segreteria", goodPassword, "", from("192.0.2.1:1")).is(429, "too-many-guesses") // the same in another spelling
}

// TestADeviceIsOneHoweverItIsSpelled guesses with the mark of a device, written otherwise
// each time.
func TestADeviceIsOneHoweverItIsSpelled(t *testing.T) {
	r := newRegister(t)
	r.invited("segreteria")
	mark := r.enter("segreteria", goodPassword, "").is(201, "").field("device")
	for i := range 5 {
		spelled := mark[:i+1] + strings.Repeat(`\n`, i) + mark[i+1:]
		r.enter("segreteria", nextPassword, `,"device":"`+spelled+`"`, host(i)).is(403, "sign-in-refused")
	}
	r.enter("segreteria", goodPassword, `,"device":"`+mark[:9]+`\n`+mark[9:]+`"`, host(9)).is(429, "too-many-guesses")
}

// TestASessionsGuessesAreItsOwn guesses the password in a session that was stolen.
func TestASessionsGuessesAreItsOwn(t *testing.T) {
	r := newRegister(t)
	r.invited("segreteria")
	stolen, other := as(r.enter("segreteria", goodPassword, "").field("secret")), as(r.enter("segreteria", goodPassword, "").field("secret"))
	change := func(current string, who option) reply {
		return r.ask("POST", "/me/password", `{"current":"`+current+`","password":"`+nextPassword+`"}`, who)
	}
	for range 5 {
		change("boh", stolen).is(403, "sign-in-refused")
	}
	change(goodPassword, stolen).is(429, "too-many-guesses")
	change(goodPassword, other).is(200, "")
}

// TestUnknownAccountsCostTheSame counts how often a password is checked: once, whether
// there is such an account and whether it has one.
func TestUnknownAccountsCostTheSame(t *testing.T) {
	open := make(chan struct{})
	close(open)
	counted := slowBook{asked: new(atomic.Int64), let: open}
	r := newRegister(t, func(s *web.Server) { s.Credentials = counted })
	r.invited("segreteria")
	r.post("/accounts", `{"account":"senza","label":"Senza password"}`)
	var told []string
	for _, account := range []string{"segreteria", "senza", "nessuno", "A B", "console", strings.Repeat("x", 500)} {
		before := counted.asked.Load()
		a := r.enter(account, nextPassword, "").is(403, "sign-in-refused")
		if n := counted.asked.Load() - before; n != 1 {
			t.Errorf("%s: a password was checked %d times", account, n)
		}
		told = append(told, a.field("detail"))
	}
	for _, text := range told {
		if text != told[0] {
			t.Errorf("got %q and %q", text, told[0])
		}
	}
}
