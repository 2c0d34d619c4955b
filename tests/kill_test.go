package tests_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the power fails on: so many workers, so many times, after so many
// acknowledgements each time.
const (
	killRounds  = 8
	killWorkers = 8
	killAfter   = 60
)

// TestKilledUnderLoad kills the program again and again while people register.
// Whatever was acknowledged is there, nothing is there twice, and what was not
// acknowledged can be sent again.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	k := &killing{t: t, acknowledged: make(map[string]string)}
	began := time.Now()
	for round := range killRounds {
		s := serve(t, data)
		if round == 0 {
			s.must(http.MethodPost, "/tavoli", "plan", `{"id":"prova","subject":"Prova","day":"2022-05-25","mode":"online"}`)
			s.must(http.MethodPost, "/tavoli/prova/registrations-opening", "open", `{}`)
		}
		k.verify(s)
		k.under(s)
		if t.Failed() {
			return
		}
	}
	s := serve(t, data)
	k.verify(s)
	k.again(s)
	if t.Logf("%d rounds and %d registrations in %v", killRounds, len(k.acknowledged), time.Since(began)); len(k.acknowledged) < killRounds*killAfter {
		t.Errorf("only %d were acknowledged", len(k.acknowledged))
	}
	s.stop()
	if out := runs(t, "check", "--data", data); !strings.Contains(out, "all is well") {
		t.Errorf("check says %s", out)
	}
	if left, _ := filepath.Glob(filepath.Join(data, "*.*.*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A killing is what the workers know.
type killing struct {
	t *testing.T

	mu           sync.Mutex
	next         int
	open         []string          // sent, and nobody knows what became of it
	acknowledged map[string]string // the participant by key
}

// take returns a key to send, one whose fate is open first.
func (k *killing) take() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n := len(k.open); n > 0 {
		key := k.open[n-1]
		k.open = k.open[:n-1]
		return key
	}
	k.next++
	return fmt.Sprintf("chiave-%d", k.next)
}

// told notes what a key was answered with, and how many were answered.
func (k *killing) told(key, participant string, sent bool) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !sent {
		k.open = append(k.open, key)
	} else if was, known := k.acknowledged[key]; known && was != participant {
		k.t.Errorf("%s was %s and is %s", key, was, participant)
	} else {
		k.acknowledged[key] = participant
	}
	return len(k.acknowledged)
}

// under lets workers register people and kills the server meanwhile.
func (k *killing) under(s *server) {
	ctx, cancel := context.WithCancel(k.t.Context())
	defer cancel()
	enough := len(k.acknowledged) + killAfter
	var kill sync.Once
	var wg sync.WaitGroup
	for range killWorkers {
		wg.Go(func() {
			for ctx.Err() == nil {
				key := k.take()
				participant, err := s.register(ctx, key)
				if k.told(key, participant, err == nil) >= enough {
					kill.Do(func() {
						s.kill()
						cancel()
					})
				} else if err != nil && ctx.Err() == nil {
					k.t.Errorf("%s: %v\n%s", key, err, s.log)
					cancel()
				}
			}
		})
	}
	wg.Wait()
}

// register registers a person whose name is the key.
func (s *server) register(ctx context.Context, key string) (participant string, err error) {
	status, answer, err := s.ask(ctx, http.MethodPost, "/tavoli/prova/registrations", key, fmt.Sprintf(`{"given_name":"Anna","family_name":"Prova %s"}`, key))
	if err != nil {
		return "", err
	}
	var made struct{ Participant string }
	if status >= 300 || json.Unmarshal([]byte(answer), &made) != nil {
		return "", fmt.Errorf("%d %s", status, answer)
	}
	return made.Participant, nil
}

// again sends everything again, under the same keys.
func (k *killing) again(s *server) {
	keys := k.open
	for key := range k.acknowledged {
		keys = append(keys, key)
	}
	for _, key := range keys {
		participant, err := s.register(k.t.Context(), key)
		if err != nil {
			k.t.Fatalf("%s again: %v", key, err)
		}
		k.told(key, participant, true)
	}
	k.open = nil
	k.verify(s)
}

// verify compares the register with what was acknowledged.
func (k *killing) verify(s *server) {
	k.t.Helper()
	there := k.registered(s)
	for key, participant := range k.acknowledged {
		if got := there["Prova "+key]; len(got) != 1 || got[0] != participant {
			k.t.Errorf("%s was acknowledged as %s, and there is %v", key, participant, got)
		}
	}
	for name, got := range there {
		if len(got) != 1 {
			k.t.Errorf("%s is there as %v", name, got)
		}
	}
	if n := len(k.acknowledged) + len(k.open); len(there) > n {
		k.t.Errorf("%d are there, and only %d were sent", len(there), n)
	}
}

// registered returns the participants by their family names.
func (k *killing) registered(s *server) map[string][]string {
	k.t.Helper()
	there := make(map[string][]string)
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				Participant string `json:"participant"`
				FamilyName  string `json:"family_name"`
			} `json:"items"`
			NextCursor string `json:"next_cursor"`
		}
		answer := s.must(http.MethodGet, "/tavoli/prova/roster?limit=1000&state=all"+cursor, "", "")
		if err := json.Unmarshal([]byte(answer), &page); err != nil {
			k.t.Fatal(err)
		}
		for _, i := range page.Items {
			there[i.FamilyName] = append(there[i.FamilyName], i.Participant)
		}
		if page.NextCursor == "" {
			return there
		}
		cursor = "&cursor=" + page.NextCursor
	}
}
