package tests_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tavoli/tests/smtptest"
)

// letterCounts are how many letters are in each state.
func (s *server) letterCounts() (counts map[string]int) {
	s.t.Helper()
	var page struct {
		Counts map[string]int `json:"counts"`
	}
	if err := json.Unmarshal([]byte(s.must("GET", "/letters?limit=1", "", "")), &page); err != nil {
		s.t.Fatal(err)
	}
	return page.Counts
}

// registerMany registers people with addresses of their own, side by side.
func (s *server) registerMany(n int) {
	s.t.Helper()
	var all sync.WaitGroup
	room := make(chan struct{}, 32)
	for i := range n {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			body := fmt.Sprintf(`{"given_name":"P%d","family_name":"Prova","email":"p%d@example.it"}`, i, i)
			if status, answer, err := s.ask(s.t.Context(), http.MethodPost, "/tavoli/t/registrations", fmt.Sprint("k", i), body); err != nil || status >= 300 {
				s.t.Errorf("%d %s %v", status, answer, err)
			}
		})
	}
	all.Wait()
}

// plan sets a tavolo on the calendar that is yet to come.
func (s *server) planForLetters() {
	day := time.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	s.must("POST", "/tavoli", "plan", `{"id":"t","subject":"Lettere","day":"`+day+`","from":"15:00","to":"17:00","mode":"online","seats":{"online":1000}}`)
	s.must("POST", "/tavoli/t/convocation", "convene", `{}`)
}

// TestKilledWhileSending kills the real program again and again while letters go out:
// none is sent twice, and none is lost. What was under way is put aside for people.
func TestKilledWhileSending(t *testing.T) {
	relay := smtptest.New(t, smtptest.Settings{Delay: time.Millisecond})
	data := t.TempDir()
	flags := []string{"--smtp", "smtp://" + relay.Addr + "?tls=none", "--mail-from", "Segreteria <s@example.it>"}
	s := serve(t, data, flags...)
	s.planForLetters()
	const people = 60
	s.registerMany(people)
	for range 4 {
		time.Sleep(time.Duration(50+rand.IntN(300)) * time.Millisecond) // at whatever point it is
		s.kill()
		s = serve(t, data, flags...)
	}
	eventually(t, "every letter is sent or put aside", func() bool {
		c := s.letterCounts()
		return c["sent"]+c["parked"] == people
	})
	counts, got := s.letterCounts(), make(map[string]int)
	for _, m := range relay.Messages() {
		if got[m.To[0]]++; got[m.To[0]] > 1 {
			t.Errorf("%s got it twice", m.To[0])
		}
	}
	if len(got) < counts["sent"] || len(got) > people || counts["parked"] > 4 {
		t.Errorf("%d were sent and %d put aside; %d arrived", counts["sent"], counts["parked"], len(got))
	}
	if answer := s.must("GET", "/letters?state=parked", "", ""); counts["parked"] > 0 && strings.Count(answer, `"why":"uncertain"`) != counts["parked"] {
		t.Errorf("got %s", answer)
	}
	s.stop()
}

// TestFifteenHundredLetters lets 1,500 people register: each gets one letter, 500 of
// them that they wait.
func TestFifteenHundredLetters(t *testing.T) {
	s := serve(t, t.TempDir())
	s.planForLetters()
	const people = 1500
	began := time.Now()
	s.registerMany(people)
	registered := time.Since(began)
	queued := func() int {
		sum := 0
		for _, n := range s.letterCounts() {
			sum += n
		}
		return sum
	}
	eventually(t, "all are queued", func() bool { return queued() == people })
	t.Logf("%d registered in %v, all letters queued %v after the first", people, registered, time.Since(began))
	for kind, want := range map[string]int{"confirmation": 1000, "waiting-list": 500} {
		var page struct {
			Counts map[string]int `json:"counts"`
		}
		if err := json.Unmarshal([]byte(s.must("GET", "/letters?limit=1&kind="+kind, "", "")), &page); err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, n := range page.Counts {
			sum += n
		}
		if sum != want {
			t.Errorf("%d letters of kind %s, want %d", sum, kind, want)
		}
	}
	s.stop()
}
