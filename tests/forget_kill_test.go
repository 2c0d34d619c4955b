package tests_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/bolt"
	"tavoli/adapters/keyring"
	"tavoli/domain"
)

// This file ends the forgetting of a person half-way.

// TestWhatWasBegunIsFinished ends the forgetting between any two of its steps: the
// next start finishes it.
func TestWhatWasBegunIsFinished(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	id := dutiful(s)
	s.stop()
	v := victimOf(t, data, id)
	for name, steps := range map[string][]func(*testing.T, *bolt.Store, *keyring.Ring, *victim){
		"the fact alone":       {factStored},
		"and the key":          {factStored, keyDestroyed},
		"and the values":       {factStored, keyDestroyed, valuesRemoved},
		"the values, no key":   {factStored, valuesRemoved},
		"described meanwhile":  {factStored, keyDestroyed, describedAgain},
		"described, key alive": {factStored, describedAgain},
	} {
		t.Run(name, func(t *testing.T) {
			mine := t.TempDir()
			if err := os.CopyFS(mine, os.DirFS(data)); err != nil {
				t.Fatal(err)
			}
			v := v
			old, err := os.ReadFile(filepath.Join(mine, "snapshot"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(mine, "snapshot.new"), string(old[:len(old)/2])) // cut off while it was written
			offline(t, mine, func(store *bolt.Store, ring *keyring.Ring) {
				for _, step := range steps {
					step(t, store, ring, &v)
				}
			})
			s := serve(t, mine)
			s.erased()
			v.gone(t, mine)
			for _, left := range []string{"snapshot", "snapshot.new"} {
				if now, err := os.ReadFile(filepath.Join(mine, left)); err == nil && bytes.HasPrefix(old, now) {
					t.Errorf("%s is of before", left)
				}
			}
			if roster := s.must(http.MethodGet, "/tavoli/prova/roster", "", ""); !strings.Contains(roster, "persona rimossa "+domain.ShortID(id)) {
				t.Errorf("the roster shows %s", roster)
			}
			if report := s.must(http.MethodPost, "/admin/rebuild", "", ""); !strings.Contains(report, `"equal":true`) {
				t.Errorf("the read models differ from those made anew: %s", report)
			}
			s.stop()
			v.gone(t, mine)
		})
	}
}

func meta() domain.Meta {
	return domain.Meta{At: time.Now(), Actor: domain.ActorSystem, Command: uuid.New()}
}

func factStored(t *testing.T, store *bolt.Store, ring *keyring.Ring, v *victim) {
	keys, err := domain.Vault{Keys: ring, Log: store}.KeysOf(t.Context(), v.id)
	if err != nil {
		t.Fatal(err)
	}
	forget := &domain.ForgetPerson{Subject: v.id, Reason: "richiesta", LegalBasis: "art. 17"}
	forget.Find(domain.Ties{}, keys)
	if _, err := domain.Execute[*domain.Identita](t.Context(), &domain.Executor{Store: store}, forget, meta()); err != nil {
		t.Fatal(err)
	}
}

func keyDestroyed(t *testing.T, store *bolt.Store, ring *keyring.Ring, v *victim) {
	keys, err := domain.Vault{Keys: ring, Log: store}.KeysOf(t.Context(), v.id)
	if err == nil {
		err = ring.Destroy(t.Context(), keys...)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func valuesRemoved(t *testing.T, store *bolt.Store, _ *keyring.Ring, v *victim) {
	if err := store.Forget(t.Context(), domain.PersonaStream(v.id)); err != nil {
		t.Fatal(err)
	}
}

// describedAgain seals values of a forgotten person under another key, as a command
// might that was under way on another node.
func describedAgain(t *testing.T, store *bolt.Store, ring *keyring.Ring, v *victim) {
	id, key, err := ring.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rev := domain.NoStream
	for entry, err := range store.ReadStream(t.Context(), domain.PersonaStream(v.id), 0) {
		if err != nil {
			t.Fatal(err)
		}
		rec, err := entry.Record()
		if err != nil {
			t.Fatal(err)
		}
		rev = rec.Revision
	}
	sealed := []byte("sealed once more, whatever it says")
	event := domain.PersonDescribed{Person: v.id, Key: id, Sealed: sealed, Context: uuid.New()}
	data, schema, err := domain.Encode(event)
	if err != nil {
		t.Fatal(err)
	}
	draft := domain.Draft{ID: uuid.New(), Type: event.Name(), Schema: schema, EffectiveAt: time.Now(), Actor: domain.ActorSystem, Command: uuid.New(), Data: data}
	if _, err := store.Append(t.Context(), domain.Batch{Stream: domain.PersonaStream(v.id), After: rev, Events: []domain.Draft{draft}}); err != nil {
		t.Fatal(err)
	}
	v.sealed = append(v.sealed, rawTraces("sealed again", sealed)...)
	v.keys = append(append(v.keys, rawTraces("the other key", key.Seal[:])...), rawTraces("the other salt", key.Salt[:])...)
}

// TestACopyOfTheKeysIsNoWayBack puts back a copy of the keyring made before somebody
// was forgotten: the next start destroys the keys again.
func TestACopyOfTheKeysIsNoWayBack(t *testing.T) {
	t.Parallel()
	data, shelf := t.TempDir(), t.TempDir()
	s := serve(t, data)
	id := dutiful(s)
	log, keys := filepath.Join(shelf, "log"), filepath.Join(shelf, "keys")
	runs(t, "backup", log, "--keys", keys, "--data", data)
	s.stop()
	v := victimOf(t, data, id)
	s = serve(t, data)
	s.must(http.MethodPost, "/people/"+id.String()+"/forgetting", "gone", toForget)
	later := filepath.Join(shelf, "later")
	runs(t, "backup", later, "--data", data)
	s.stop()
	other := filepath.Join(t.TempDir(), "restored")
	runs(t, "restore", later, "--keys", keys, "--data", other)
	if len(found(t, other, v.keys)) == 0 {
		t.Error("the copy does not hold the key: the test shows nothing")
	}
	s = serve(t, other)
	s.erased()
	v.gone(t, other)
	s.stop()
	v.gone(t, other)
	if out := runs(t, "check", "--data", other); !strings.Contains(out, "all is well") {
		t.Errorf("check says %s", out)
	}
}

// killsWhileForgetting is how often the program is killed, each time a little later.
const killsWhileForgetting = 8

// TestKilledWhileForgetting kills the program at any moment while it forgets
// somebody: whoever was forgotten by then is gone after the next start.
func TestKilledWhileForgetting(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	dutiful(s)
	forgotten := 0
	for round := range killsWhileForgetting {
		raw, err := json.Marshal(zebedeo[0])
		if err != nil {
			t.Fatal(err)
		}
		var made struct{ Participant uuid.UUID }
		body := strings.Replace(string(raw), "{", `{"distinct":true,`, 1)
		if err := json.Unmarshal([]byte(s.must(http.MethodPost, "/tavoli/prova/registrations", fmt.Sprint("kill", round), body)), &made); err != nil {
			t.Fatal(err)
		}
		s.stop()
		v := victimOf(t, data, made.Participant)
		s = serve(t, data)
		answered := make(chan string, 1)
		go func() {
			_, answer, _ := s.ask(context.Background(), http.MethodPost, "/people/"+v.id.String()+"/forgetting", "forget", toForget)
			answered <- answer
		}()
		select {
		case answer := <-answered:
			answered <- answer
		case <-time.After(time.Duration(round*round) * 400 * time.Microsecond): // the moment is the point
		}
		s.kill()
		done := strings.Contains(<-answered, `"erased":true`)
		s = serve(t, data)
		if list := s.must(http.MethodGet, "/retention/forgotten?limit=1000", "", ""); strings.Contains(list, v.id.String()) {
			forgotten++
			eventually(t, "it is finished", func() bool { return len(found(t, data, append(v.sealed, v.keys...))) == 0 })
		} else if done {
			t.Errorf("round %d: it was said to be erased and is not", round)
		}
	}
	t.Logf("%d of %d were forgotten when the program was killed", forgotten, killsWhileForgetting)
	s.stop()
	if out := runs(t, "check", "--data", data); !strings.Contains(out, "all is well") {
		t.Errorf("check says %s", out)
	}
}
