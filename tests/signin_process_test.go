package tests_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSecretsStandNowhere plays the life of an account on the pages of the program, and
// looks for its secrets in what the program logs and in every file it writes.
func TestSecretsStandNowhere(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	program := serve(t, data)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t, &httptest.Server{URL: program.url}, &http.Client{Jar: jar}}
	program.must(http.MethodPost, "/accounts", "apre", `{"account":"segreteria","label":"Segreteria","roles":["staff"]}`)
	invitation := secretOf(t, program.must(http.MethodPost, "/accounts/segreteria/invitation", "invita", `{}`))
	s.send("/invito", url.Values{"utenza": {"segreteria"}, "invito": {invitation}, "password": {officePassword}})
	s.send("/accesso", url.Values{"utenza": {"segreteria"}, "password": {"sbagliata per poco"}})
	s.send("/accesso?password="+url.QueryEscape("in un indirizzo"), url.Values{"utenza": {"segreteria"}, "password": {officePassword}})
	s.send("/utenza/password", url.Values{"attuale": {officePassword}, "nuova": {otherPassword}})
	s.get("/segreteria", 200)
	address, err := url.Parse(program.url + "/accesso")
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{invitation, officePassword, otherPassword, "sbagliata per poco", "in un indirizzo", url.QueryEscape("in un indirizzo"), adminToken}
	for _, c := range jar.Cookies(address) {
		secrets = append(secrets, c.Value)
	}
	if len(secrets) != 9 { // the session and the device among them
		t.Fatalf("got %d secrets", len(secrets))
	}
	program.stop()
	written := map[string]string{"the log": program.log.String()}
	err = filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		written[path] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range written {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %q", name, secret)
			}
		}
	}
}

// TestAccountsFromTheConsole opens the ways back in for whoever lost theirs, where the
// program runs.
func TestAccountsFromTheConsole(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	serve(t, data)
	runs(t, "account", "open", "segreteria", "--label", "Segreteria", "--roles", "staff", "--data", data)
	first, second := runs(t, "account", "invite", "segreteria", "--data", data), runs(t, "account", "invite", "segreteria", "--data", data)
	if !strings.HasPrefix(first, "tvl_") || first == second {
		t.Errorf("got %q and %q", first, second)
	}
	if r := run(t, "account", "remove-second-factor", "segreteria", "--reason", "telefono perso", "--data", data); r.code != 3 || !strings.Contains(r.errors, "secondo fattore") {
		t.Errorf("there is none: %d %s", r.code, r.errors)
	}
}

// TestSlowRequestsEnd opens connections that say ever less than a request: the program
// hangs up, and answers others meanwhile.
func TestSlowRequestsEnd(t *testing.T) {
	t.Parallel()
	program := serve(t, t.TempDir())
	host := strings.TrimPrefix(program.url, "http://")
	const many = 50
	ended := make(chan error, many)
	for range many {
		go func() { ended <- trickle(host) }()
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, program.url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("others wait: %v %v", resp, err)
	}
	resp.Body.Close()
	for range many {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	program.stop()
}

// trickle sends a header that never ends, and returns once the other side hangs up.
func trickle(host string) error {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Lungo: "); err != nil {
		return err
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err = bufio.NewReader(conn).ReadString(0)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return fmt.Errorf("after %v the connection is still open", patience)
	}
	return nil
}
