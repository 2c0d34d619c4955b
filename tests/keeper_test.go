package tests_test

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tavoli/adapters/keyring"
	"tavoli/domain"
	"tavoli/tests/esdbtest"
)

// This file tests the shared keyring as a process: tavoli keeper, and nodes that have
// their keys with it.

// keep starts a keeper on a folder and returns when it answers. It has the address it
// had before, if it is the same folder.
func keep(t testing.TB, data, listen string, more ...string) *server {
	t.Helper()
	k := begin(t, data, environment(), append([]string{"keeper", "--data", data, "--listen", listen}, more...)...)
	if k.url = k.line(); !strings.HasPrefix(k.url, "http") {
		t.Fatalf("the first line is %q, not an address\n%s", k.url, k.log)
	}
	return k
}

// anew starts a keeper again where it was.
func (s *server) anew() *server {
	s.t.Helper()
	return keep(s.t, s.data, strings.TrimPrefix(s.url, "http://"))
}

// keysOf returns the flags of a node whose keys are with a keeper.
func keysOf(k *server) []string {
	return []string{"--keys", k.url, "--keys-token-file", filepath.Join(k.data, "keeper.token")}
}

func TestKeeperBeginsAndEnds(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "portachiavi")
	k := keep(t, data, "127.0.0.1:0")
	for _, name := range []string{"keeper.token", "keys"} {
		info, err := os.Stat(filepath.Join(data, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	token, err := os.ReadFile(filepath.Join(data, "keeper.token"))
	if err != nil || len(strings.TrimSpace(string(token))) < 43 {
		t.Errorf("the token is %q: %v", token, err)
	}
	if got := run(t, "keeper", "--data", data, "--listen", "127.0.0.1:0"); got.code != 8 || !strings.Contains(got.errors, "aperto altrove") {
		t.Errorf("a second keeper ends with %d: %s", got.code, got.errors)
	}
	k.stop()
	if strings.Contains(k.log.String(), strings.TrimSpace(string(token))) {
		t.Error("the token stands in the log")
	}
	again := keep(t, data, "127.0.0.1:0")
	again.stop()
	if same, _ := os.ReadFile(filepath.Join(data, "keeper.token")); string(same) != string(token) {
		t.Error("the second start made another token")
	}
}

// TestAKeyringMovesToAKeeper takes the keyring of a register with people in it to a
// keeper, and tries what can be done wrong.
func TestAKeyringMovesToAKeeper(t *testing.T) {
	t.Parallel()
	data, keys := t.TempDir(), filepath.Join(t.TempDir(), "portachiavi")
	s := serve(t, data)
	s.must(http.MethodPost, "/tavoli", "plan", plannedTavolo)
	s.must(http.MethodPost, "/tavoli/prova/registrations-opening", "open", `{}`)
	first := s.must(http.MethodPost, "/tavoli/prova/registrations", "anna", annaRegisters)
	s.stop()
	if got := run(t, "keeper", "--data", data, "--listen", "127.0.0.1:0"); got.code != 3 || !strings.Contains(got.errors, "contiene un registro") {
		t.Errorf("a keeper in the folder of a register ends with %d: %s", got.code, got.errors)
	}
	stranger := keep(t, filepath.Join(t.TempDir(), "altro"), "127.0.0.1:0")
	if err := os.Mkdir(keys, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(data, "keys"), filepath.Join(keys, "keys")); err != nil {
		t.Fatal(err)
	}
	k := keep(t, keys, "127.0.0.1:0")
	wrong := filepath.Join(t.TempDir(), "token")
	write(t, wrong, "un-altro-gettone-0123456789")
	for _, c := range []struct {
		name, says string
		code       int
		args       []string
	}{
		{"no keys", "ma non il portachiavi", 3, nil},
		{"no token", "--keys-token-file", 2, []string{"--keys", k.url}},
		{"wrong token", "rifiuta questo gettone", 6, []string{"--keys", k.url, "--keys-token-file", wrong}},
		{"no keeper", "non c'è un portachiavi condiviso", 2, []string{"--keys", k.url + "/altro", "--keys-token-file", filepath.Join(keys, "keeper.token")}},
		{"another keyring", "altra installazione", 3, keysOf(stranger)},
		{"no certificate", "--keys-ca", 3, append(keysOf(k), "--keys-ca", wrong)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := run(t, append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, c.args...)...)
			if got.code != c.code || !strings.Contains(got.errors, c.says) {
				t.Errorf("it ends with %d, want %d: %s", got.code, c.code, got.errors)
			}
		})
	}
	s = serve(t, data, keysOf(k)...)
	if again := s.must(http.MethodPost, "/tavoli/prova/registrations", "anna", annaRegisters); again != first {
		t.Errorf("a repeated command is answered %s, before %s", again, first)
	}
	if got := s.must(http.MethodGet, "/tavoli/prova/roster", "", ""); !strings.Contains(got, "Anna") {
		t.Errorf("the roster is %s", got)
	}
	if answer := s.must(http.MethodGet, "/admin/check", "", ""); !strings.Contains(answer, `"ok":true`) {
		t.Errorf("a check: %s", answer)
	}
	s.stop()
	if _, err := os.Stat(filepath.Join(data, "keys")); err == nil {
		t.Error("the node made a keyring of its own")
	}
	if got := runs(t, append([]string{"roster", "prova", "--data", data}, keysOf(k)...)...); !strings.Contains(got, "Anna") {
		t.Errorf("the roster without a server is %q", got)
	}
	if got := runs(t, append([]string{"check", "--data", data}, keysOf(k)...)...); !strings.Contains(got, "tutto a posto") {
		t.Errorf("check says %q", got)
	}
	s = serve(t, data, keysOf(k)...)
	k.kill()
	if got := s.must(http.MethodGet, "/tavoli/prova/roster", "", ""); !strings.Contains(got, "Anna") {
		t.Errorf("without the keeper the roster is %s", got)
	}
	s.must(http.MethodPost, "/tavoli/prova/registrations", "bruno", `{"given_name":"Bruno","family_name":"Prova"}`)
	k.anew()
	s.stop()
}

// TestAKeeperIsCopiedAndRestored copies the ring over the network and from its folder.
func TestAKeeperIsCopiedAndRestored(t *testing.T) {
	t.Parallel()
	data, dir := t.TempDir(), t.TempDir()
	k := keep(t, filepath.Join(dir, "keeper"), "127.0.0.1:0")
	s := serve(t, data, keysOf(k)...)
	s.must(http.MethodPost, "/tavoli", "plan", plannedTavolo)
	s.must(http.MethodPost, "/tavoli/prova/registrations-opening", "open", `{}`)
	s.must(http.MethodPost, "/tavoli/prova/registrations", "anna", annaRegisters)
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	runs(t, append([]string{"keeper", "copy", one}, keysOf(k)...)...)
	runs(t, "keeper", "copy", two, "--data", k.data)
	if got := runWith(t, []string{"TAVOLI_KEYS=" + k.url}, "backup", filepath.Join(dir, "log"), "--data", data); got.code != 0 {
		t.Errorf("a backup of a node ends with %d: %s", got.code, got.errors)
	}
	s.stop()
	k.stop()
	for i, copied := range []string{one, two} {
		at := filepath.Join(dir, fmt.Sprint("restored", i))
		runs(t, "keeper", "restore", copied, "--data", at)
		if got := run(t, "keeper", "restore", copied, "--data", at); got.code != 3 {
			t.Errorf("a restore over a keyring ends with %d: %s", got.code, got.errors)
		}
		again := keep(t, at, "127.0.0.1:0")
		node := serve(t, data, keysOf(again)...)
		if got := node.must(http.MethodGet, "/tavoli/prova/roster", "", ""); !strings.Contains(got, "Anna") {
			t.Errorf("with copy %d the roster is %s", i, got)
		}
		node.stop()
		again.stop()
	}
}

// certified returns the file of an authority, and the flags of a keeper whose
// certificate it signed.
func certified(t *testing.T) (authority string, flags []string) {
	t.Helper()
	dir := t.TempDir()
	authority = filepath.Join(dir, "ca.crt")
	pair, err := esdbtest.NewCertificate(authority)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "cert"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	write(t, filepath.Join(dir, "key"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	return authority, []string{"--tls-cert", filepath.Join(dir, "cert"), "--tls-key", filepath.Join(dir, "key")}
}

// TestNodesShareTheirKeys has two nodes on one event store: each reads the names that
// the other was given, and both know who signs in.
func TestNodesShareTheirKeys(t *testing.T) {
	t.Parallel()
	authority, certificate := certified(t)
	k, events := keep(t, filepath.Join(t.TempDir(), "keeper"), "127.0.0.1:0", certificate...), eventServer(t, esdbtest.Options{})
	if got := run(t, append([]string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}, keysOf(k)...)...); got.code != 9 || !strings.Contains(got.errors, "certificate") {
		t.Errorf("a node that does not know the authority ends with %d: %s", got.code, got.errors)
	}
	flags := append(keysOf(k), "--keys-ca", authority, "--store", events.URL())
	a, b := serve(t, t.TempDir(), flags...), serve(t, t.TempDir(), flags...)
	a.must(http.MethodPost, "/tavoli", "plan", plannedTavolo)
	a.must(http.MethodPost, "/tavoli/prova/registrations-opening", "open", `{}`)
	names := []string{"Anna", "Bruno", "Carla", "Dino", "Elsa", "Fabio"}
	for i, name := range names {
		node := []*server{a, b}[i%2]
		body := fmt.Sprintf(`{"given_name":%q,"family_name":"Prova"}`, name)
		for deadline := time.Now().Add(patience); ; {
			status, answer, err := node.ask(t.Context(), http.MethodPost, "/tavoli/prova/registrations", name, body)
			if err == nil && status < 300 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d %s %v", name, status, answer, err)
			}
		}
	}
	for _, node := range []*server{a, b} {
		for _, name := range names {
			for deadline := time.Now().Add(patience); !strings.Contains(node.must(http.MethodGet, "/tavoli/prova/roster", "", ""), name); {
				if time.Now().After(deadline) {
					t.Fatalf("%s is not on the roster of a node\n%s", name, node.log)
				}
			}
		}
		node.stop()
	}
}

// TestANodeWaitsForAKeyItWasNotTold stops a node while another registers somebody with
// a key that the first has not heard of, and takes the keeper away. The first node's
// read models wait for it: without, the name would be missing there for good.
func TestANodeWaitsForAKeyItWasNotTold(t *testing.T) {
	t.Parallel()
	k, events := keep(t, filepath.Join(t.TempDir(), "keeper"), "127.0.0.1:0"), eventServer(t, esdbtest.Options{})
	flags := append(keysOf(k), "--store", events.URL())
	b := serve(t, t.TempDir(), flags...)
	b.must(http.MethodPost, "/tavoli", "plan", plannedTavolo)
	b.must(http.MethodPost, "/tavoli/prova/registrations-opening", "open", `{}`)
	signal := func(s syscall.Signal) {
		if err := b.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	a := serve(t, t.TempDir(), flags...)
	a.must(http.MethodPost, "/tavoli/prova/registrations", "anna", annaRegisters)
	k.kill()
	signal(syscall.SIGCONT)
	eventually(t, "the node says that the keeper is away", func() bool { return strings.Contains(b.log.String(), "trouble with the shared keyring") })
	b.must(http.MethodGet, "/tavoli/prova", "", "")
	k.anew()
	eventually(t, "the name is on the roster", func() bool {
		return strings.Contains(b.must(http.MethodGet, "/tavoli/prova/roster", "", ""), "Anna")
	})
	if strings.Contains(b.log.String(), "values cannot be opened") {
		t.Errorf("the node went on without a name\n%s", b.log)
	}
	a.stop()
	b.stop()
}

// TestACopyOfTheKeyringIsForgottenAgain restores a copy that was made before somebody was
// forgotten: the node destroys the key again when it starts.
func TestACopyOfTheKeyringIsForgottenAgain(t *testing.T) {
	t.Parallel()
	data, dir := t.TempDir(), t.TempDir()
	k := keep(t, filepath.Join(dir, "keeper"), "127.0.0.1:0")
	s := serve(t, data, keysOf(k)...)
	id := dutiful(s)
	copied, restored := filepath.Join(dir, "copy"), filepath.Join(dir, "restored")
	runs(t, append([]string{"keeper", "copy", copied}, keysOf(k)...)...)
	if answer := s.must(http.MethodPost, "/people/"+id.String()+"/forgetting", "gone", toForget); !strings.Contains(answer, `"erased":true`) {
		t.Fatalf("forgetting says %s", answer)
	}
	s.stop()
	k.stop()
	gone := destroyedIn(t, k.data)
	runs(t, "keeper", "restore", copied, "--data", restored)
	if len(gone) == 0 || len(destroyedIn(t, restored)) != 0 {
		t.Fatalf("%d keys were destroyed, and %d are in the copy", len(gone), len(destroyedIn(t, restored)))
	}
	k = keep(t, restored, "127.0.0.1:0")
	s = serve(t, data, keysOf(k)...)
	eventually(t, "the keys are destroyed again", func() bool { return strings.Contains(k.log.String(), "keys destroyed") })
	s.stop()
	k.stop()
	if again := destroyedIn(t, restored); !slices.Equal(again, gone) {
		t.Errorf("destroyed are %v, and were %v", again, gone)
	}
}

// destroyedIn returns the keys that were destroyed in the folder of a keeper.
func destroyedIn(t *testing.T, dir string) (ids []domain.KeyID) {
	t.Helper()
	ring, err := keyring.Open(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	err = ring.Each(0, int(ring.Len()), func(id domain.KeyID, _ domain.Key, err error) {
		if errors.Is(err, domain.ErrKeyDestroyed) {
			ids = append(ids, id)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
