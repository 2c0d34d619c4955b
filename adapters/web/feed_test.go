package web_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/web"
)

// A line is one line of the feed.
type line struct {
	Position string          `json:"position"`
	Entry    json.RawMessage `json:"entry"`
	End      string          `json:"end"`
	Store    string          `json:"store"`
}

func lines(t testing.TB, body []byte) (list []line) {
	t.Helper()
	for text := range bytes.Lines(body) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		list = append(list, l)
	}
	return list
}

func TestFeed(t *testing.T) {
	r := newRegister(t)
	r.convened("t", "")
	r.post("/tavoli/t/registrations", `{"family_name":"Segreto"}`)
	a := r.get("/audit/events")
	all := lines(t, a.Body)
	if media := a.Header.Get("Content-Type"); media != "application/x-ndjson" || a.Header.Get("Tavoli-Store") != r.store.Identity().String() {
		t.Errorf("got %q, %v", media, a.Header)
	}
	last := all[len(all)-1]
	if last.End != "head" || last.Store == "" || strings.Contains(string(a.Body), "persona-") || strings.Contains(string(a.Body), "PersonDescribed") {
		t.Errorf("got %s", a.Body)
	}
	for _, l := range all[:len(all)-1] { // word for word as they are stored
		var pos uint64
		if _, err := fmt.Sscan(l.Position, &pos); err != nil {
			t.Fatal(err)
		}
		for page, err := range r.store.ReadAll(t.Context(), 0) {
			for _, e := range page.Entries {
				if err == nil && uint64(e.Position) == pos && !bytes.Equal(e.Bytes, l.Entry) {
					t.Errorf("at %d: got %s, want %s", pos, l.Entry, e.Bytes)
				}
			}
		}
	}
	for i := range all[:len(all)-1] { // resumed after every position it is the same
		rest := lines(t, r.get("/audit/events?after="+all[i].Position).Body)
		if len(rest) != len(all)-i-1 || i+1 < len(all)-1 && rest[0].Position != all[i+1].Position {
			t.Errorf("after %s: got %v", all[i].Position, rest)
		}
	}
	for query, want := range map[string]int{
		"stream=tavolo-t": 3, "stream=tavolo": 3, "type=TavoloPlanned": 1, "type=TavoloPlanned&type=TavoloConvened": 2, "actor=account-console": 3, "actor=public": 0, "limit=2": 2, "stream=persona": 0,
	} {
		got := lines(t, r.get("/audit/events?"+query).Body)
		if len(got)-1 != want {
			t.Errorf("%s: got %d lines, want %d", query, len(got)-1, want)
		}
	}
	if end := lines(t, r.get("/audit/events?limit=2").Body)[2].End; end != "limit" {
		t.Errorf("got %q", end)
	}
	r.get("/audit/events?after=99999").is(409, "store-changed")
	r.get("/audit/events?store=another/1").is(409, "store-changed")
	r.get("/audit/events?store="+r.store.Identity().String()).is(200, "")
}

// serving returns the address of a real server over the register.
func (r *register) serving() string {
	srv := httptest.NewServer(r.handler)
	r.t.Cleanup(srv.Close)
	r.t.Cleanup(r.server.Stop) // first: the feeds end
	return srv.URL
}

// follow opens a feed that waits for more.
func (r *register) followFeed(ctx context.Context, base, query string) *bufio.Scanner {
	r.t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", base+"/api/v1/audit/events?follow=true"+query, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+consoleToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != 200 {
		body, _ := io.ReadAll(res.Body)
		r.t.Fatalf("%d %s", res.StatusCode, body)
	}
	return bufio.NewScanner(res.Body)
}

func (r *register) nextLine(s *bufio.Scanner) line {
	r.t.Helper()
	if !s.Scan() {
		r.t.Fatalf("the feed ended: %v", s.Err())
	}
	return lines(r.t, s.Bytes())[0]
}

func TestFeedFollows(t *testing.T) {
	r := newRegister(t, func(s *web.Server) { s.Limits.Heartbeat = 20 * time.Millisecond })
	feed := r.followFeed(t.Context(), r.serving(), "&type=TavoloPlanned")
	for i := range 3 {
		r.post("/tavoli", fmt.Sprintf(`{"id":"t-%d","subject":"Abitare","day":"2022-03-24","mode":"online"}`, i))
		l := r.nextLine(feed)
		for len(l.Entry) == 0 { // a sign of life
			l = r.nextLine(feed)
		}
		if !strings.Contains(string(l.Entry), fmt.Sprintf(`"tavolo":"t-%d"`, i)) {
			t.Errorf("got %s", l.Entry)
		}
	}
	if l := r.nextLine(feed); len(l.Entry) > 0 || l.Position == "" || l.End != "" {
		t.Errorf("no sign of life: %+v", l)
	}
	r.server.Stop()
	l := r.nextLine(feed)
	for l.End == "" {
		l = r.nextLine(feed)
	}
	if l.End != "stopping" || l.Position == "" || l.Store == "" {
		t.Errorf("got %+v", l)
	}
	if feed.Scan() {
		t.Errorf("after the last line came %s", feed.Bytes())
	}
	r.ask("GET", "//readyz", "").is(503, "stopping")
}

func TestTooManyFeeds(t *testing.T) {
	r := newRegister(t, func(s *web.Server) { s.Limits.Feeds = 1 })
	base := r.serving()
	ctx, cancel := context.WithCancel(t.Context())
	r.followFeed(ctx, base, "")
	a := r.get("/audit/events").is(503, "too-many-feeds")
	if a.Header.Get("Retry-After") == "" {
		t.Errorf("got %v", a.Header)
	}
	cancel()
	deadline := time.Now().Add(10 * time.Second)
	for r.get("/audit/events").Status != 200 {
		if time.Now().After(deadline) {
			t.Fatal("a feed that nobody reads is never closed")
		}
	}
}

// TestSlowReaderOfTheFeed lets a reader take nothing while much is written: writers
// go on, and the reader is left after a while.
func TestSlowReaderOfTheFeed(t *testing.T) {
	r := newRegister(t, func(s *web.Server) { s.Limits.Stall, s.Limits.Feeds = 200*time.Millisecond, 1 })
	base := r.serving()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /api/v1/audit/events?follow=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", consoleToken)
	if status, err := bufio.NewReaderSize(conn, 16).ReadString('\n'); err != nil || !strings.Contains(status, "200") {
		t.Fatalf("the feed was not opened: %q, %v", status, err)
	}
	long, deadline := strings.Repeat("x", 7900), time.Now().Add(30*time.Second)
	left := func() bool { return r.get("/audit/events?limit=1").Status == 200 }
	r.post("/programmi", `{"programma":"3031","title":"COOPERA"}`)
	for i := 0; !left(); i++ {
		began := time.Now()
		r.post("/programmi/3031/funding-block", fmt.Sprintf(`{"text":"%s %d","valid_from":"2021-12-01"}`, long, i))
		if took := time.Since(began); took > 10*time.Second {
			t.Fatalf("a writer waited %v for a reader", took)
		}
		if time.Now().After(deadline) {
			t.Fatal("a reader who takes nothing is never left")
		}
	}
}
