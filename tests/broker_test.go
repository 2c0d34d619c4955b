package tests_test

import (
	"encoding/json"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// TestServeTellsABroker serves with a real nats-server: what happened before it
// was there, and while it was down, is told as soon as it is back.
func TestServeTellsABroker(t *testing.T) {
	if _, err := exec.LookPath("nats-server"); err != nil {
		t.Skip("needs a NATS server: apt-get install nats-server")
	}
	t.Parallel()
	data, kept := t.TempDir(), t.TempDir()
	port, monitor := freePort(t), freePort(t)
	s := serve(t, data, "--nats", "nats://127.0.0.1:"+port+"?stream=TAVOLI&create=true&reconnect_max=100ms")
	s.must(http.MethodPost, "/tavoli", "plan", `{"id":"prova","subject":"Prova","day":"2022-05-25","mode":"online"}`)
	broker := startBroker(t, port, monitor, kept)
	eventually(t, "the broker knows of the tavolo", func() bool { return published(t, monitor) == facts(t, data) })
	if err := broker.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = broker.Wait() // it was killed
	s.must(http.MethodPost, "/tavoli/prova/registrations-opening", "open", `{}`)
	s.must(http.MethodPost, "/tavoli/prova/registrations", "anna", `{"given_name":"Anna","family_name":"Prova"}`)
	startBroker(t, port, monitor, kept)
	eventually(t, "the broker knows of the registration", func() bool { return published(t, monitor) == facts(t, data) })
	s.stop()
}

// freePort returns a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func startBroker(t *testing.T, port, monitor, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("nats-server", "-js", "-sd", dir, "-a", "127.0.0.1", "-p", port, "-m", monitor)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have been killed already
		_ = cmd.Wait()
	})
	return cmd
}

// published returns how many messages the broker has, or -1 if it does not answer.
func published(t *testing.T, monitor string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+monitor+"/jsz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return -1
	}
	defer resp.Body.Close()
	var stats struct {
		Messages int `json:"messages"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&stats); err != nil {
		return -1
	}
	return stats.Messages
}

// facts returns how many facts the register has.
func facts(t *testing.T, data string) int {
	t.Helper()
	return strings.Count(runs(t, "audit", "events", "--data", data), `"entry"`)
}
