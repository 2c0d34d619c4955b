package front_test

import (
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tavoli/adapters/front"
	"tavoli/tests/certtest"
)

func TestReadProxies(t *testing.T) {
	list, err := front.ReadProxies(" 10.0.0.1, 192.168.7.3/16,::1 ,::ffff:10.0.0.2,")
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("10.0.0.2/32")}
	if err != nil || len(list) != len(want) {
		t.Fatalf("got %v, %v", list, err)
	}
	for i := range want {
		if list[i] != want[i] {
			t.Errorf("got %v, want %v", list[i], want[i])
		}
	}
	if list, err := front.ReadProxies(""); err != nil || list != nil {
		t.Errorf("got %v, %v", list, err)
	}
	if _, err := front.ReadProxies("proxy.example"); err == nil {
		t.Error("a name is taken")
	}
}

// TestWhoseWordIsTaken asks from different addresses with different words of proxies.
func TestWhoseWordIsTaken(t *testing.T) {
	trusted, err := front.ReadProxies("10.0.0.0/8,::1")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		from   string
		said   map[string][]string
		client string // whom it came from
		secure bool
	}{
		"nobody says anything":       {"203.0.113.9:1", nil, "203.0.113.9:1", false},
		"a stranger's word":          {"203.0.113.9:1", map[string][]string{"X-Forwarded-For": {"198.51.100.1"}, "X-Forwarded-Proto": {"https"}}, "203.0.113.9:1", false},
		"a proxy's word":             {"10.1.2.3:1", map[string][]string{"X-Forwarded-For": {"198.51.100.1"}, "X-Forwarded-Proto": {"https"}}, "198.51.100.1:0", true},
		"a proxy's word, in the map": {"[::ffff:10.1.2.3]:1", map[string][]string{"X-Forwarded-For": {"198.51.100.1"}}, "198.51.100.1:0", false},
		"through two proxies":        {"[::1]:1", map[string][]string{"X-Forwarded-For": {"198.51.100.1, 10.9.9.9"}}, "198.51.100.1:0", false},
		"what the client wrote":      {"10.1.2.3:1", map[string][]string{"X-Forwarded-For": {"192.0.2.7, 198.51.100.1"}}, "198.51.100.1:0", false},
		"in two headers":             {"10.1.2.3:1", map[string][]string{"X-Forwarded-For": {"192.0.2.7", "198.51.100.1"}, "X-Forwarded-Proto": {"https", "http"}}, "198.51.100.1:0", false},
		"only proxies":               {"10.1.2.3:1", map[string][]string{"X-Forwarded-For": {"10.3.3.3, 10.2.2.2"}}, "10.3.3.3:0", false},
		"nonsense":                   {"10.1.2.3:1", map[string][]string{"X-Forwarded-For": {"boh"}, "X-Forwarded-Proto": {"boh"}}, "10.1.2.3:1", false},
		"nonsense before":            {"10.1.2.3:1", map[string][]string{"X-Forwarded-For": {"boh, 10.2.2.2"}}, "10.2.2.2:0", false},
		"IPv6":                       {"10.1.2.3:1", map[string][]string{"X-Forwarded-For": {"2001:db8::1"}}, "[2001:db8::1]:0", false},
		"another header":             {"203.0.113.9:1", map[string][]string{"Forwarded": {"for=192.0.2.7;proto=https"}, "X-Real-Ip": {"192.0.2.7"}}, "203.0.113.9:1", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := &front.Front{Trusted: trusted}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = c.from
			maps.Copy(r.Header, c.said)
			w := httptest.NewRecorder()
			f.Handler(http.HandlerFunc(func(_ http.ResponseWriter, got *http.Request) {
				if got.RemoteAddr != c.client || (got.Header.Get("X-Forwarded-Proto") == "https") != c.secure {
					t.Errorf("got %s by %q", got.RemoteAddr, got.Header.Get("X-Forwarded-Proto"))
				}
				for _, gone := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip"} {
					if got.Header.Get(gone) != "" {
						t.Errorf("%s is still there", gone)
					}
				}
			})).ServeHTTP(w, r)
			if got := w.Header().Get("Strict-Transport-Security") != ""; got != c.secure {
				t.Errorf("HSTS: %v", got)
			}
		})
	}
}

// serial returns the number of the certificate that is shown now.
func serial(t *testing.T, c *front.Certificate) int64 {
	t.Helper()
	pair, err := c.Get(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return parsed.SerialNumber.Int64()
}

func TestACertificateThatChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := certtest.Files(t, dir, 1)
	c, err := front.LoadCertificate(cert, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := serial(t, c); got != 1 {
		t.Fatalf("got %d", got)
	}
	if err := os.WriteFile(cert, []byte("boh"), 0o600); err != nil {
		t.Fatal(err)
	}
	until := time.Now().Add(1500 * time.Millisecond)
	for time.Now().Before(until) { // while it is nonsense the one before is shown
		if got := serial(t, c); got != 1 {
			t.Fatalf("got %d", got)
		}
		time.Sleep(50 * time.Millisecond)
	}
	certtest.Files(t, dir, 2)
	for until = time.Now().Add(20 * time.Second); serial(t, c) != 2; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the new certificate is not shown")
		}
	}
	if _, err := front.LoadCertificate(cert, filepath.Join(dir, "none"), nil); err == nil {
		t.Error("a certificate without its key is taken")
	}
}

func TestToTLS(t *testing.T) {
	for _, c := range []struct{ method, host, port, want string }{
		{"GET", "tavoli.example", "443", "https://tavoli.example/a?b=c"}, {"HEAD", "tavoli.example:80", "443", "https://tavoli.example/a?b=c"},
		{"GET", "tavoli.example:8080", "8443", "https://tavoli.example:8443/a?b=c"}, {"GET", "[::1]:80", "8443", "https://[::1]:8443/a?b=c"}, {"GET", "[::1]", "443", "https://[::1]/a?b=c"}, {"POST", "tavoli.example", "443", ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "/a?b=c", nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		front.ToTLS(c.port).ServeHTTP(w, r)
		if got := w.Header().Get("Location"); got != c.want || c.want == "" && w.Code != http.StatusForbidden || c.want != "" && w.Code != http.StatusPermanentRedirect {
			t.Errorf("%s %s: got %d to %q, want %q", c.method, c.host, w.Code, got, c.want)
		}
	}
}
