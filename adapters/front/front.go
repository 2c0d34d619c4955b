// Package front is what every request goes through before anything answers it: whether
// what a proxy says of it is believed, and what every answer tells browsers. It also
// speaks TLS, with certificates that are read again when they change.
package front

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// A Front stands before what answers.
type Front struct {
	Trusted []netip.Prefix // the proxies whose word is taken
	Log     *slog.Logger   // nil: none

	warned sync.Once
}

// ReadProxies reads addresses and networks, separated by commas.
func ReadProxies(text string) (list []netip.Prefix, err error) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			address, fault := netip.ParseAddr(part)
			if fault != nil {
				return nil, fmt.Errorf("%q is neither an address nor a network", part)
			}
			prefix = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen())
		}
		list = append(list, prefix.Masked())
	}
	return list, nil
}

// Handler returns what lets requests through to next.
func (f *Front) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = f.believe(r)
		head(w.Header(), secure(r))
		next.ServeHTTP(w, r)
	})
}

// Headers with which a proxy tells where a request came from.
const (
	forwardedFor   = "X-Forwarded-For"
	forwardedProto = "X-Forwarded-Proto"
)

// said are the headers that only a proxy's word makes true.
var said = []string{forwardedFor, forwardedProto, "X-Forwarded-Host", "X-Forwarded-Port", "X-Real-Ip", "Forwarded"}

// believe returns the request as it was made: from the address that the nearest proxy
// names which is trusted, and by TLS if that proxy says so. What anybody else says of
// it is taken off.
func (f *Front) believe(r *http.Request) *http.Request {
	if !speaks(r) {
		return r
	}
	made := r.WithContext(r.Context())
	made.Header = r.Header.Clone()
	for _, name := range said {
		made.Header.Del(name)
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !f.trusts(from.Addr()) {
		f.warn(r)
		return made
	}
	if client, ok := f.client(r.Header.Values(forwardedFor)); ok {
		made.RemoteAddr = net.JoinHostPort(client.String(), "0")
	}
	if proto := last(r.Header.Values(forwardedProto)); strings.EqualFold(proto, "https") {
		made.Header.Set(forwardedProto, "https")
	}
	return made
}

// speaks reports whether a request says anything of where it came from.
func speaks(r *http.Request) bool {
	for _, name := range said {
		if len(r.Header[name]) > 0 {
			return true
		}
	}
	return false
}

func (f *Front) trusts(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range f.Trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// client returns who asked the first of the trusted proxies: the last address that is
// none of theirs. What stands before it anybody may have written.
func (f *Front) client(values []string) (found netip.Addr, ok bool) {
	list := strings.Split(strings.Join(values, ","), ",")
	for _, text := range slices.Backward(list) {
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return found, ok
		}
		if found, ok = a.Unmap(), true; !f.trusts(a) {
			break
		}
	}
	return found, ok
}

// last returns the last of the values of a header: the nearest proxy's.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	list := strings.Split(values[len(values)-1], ",")
	return strings.TrimSpace(list[len(list)-1])
}

// warn tells once that a proxy is not believed which may be one of ours.
func (f *Front) warn(r *http.Request) {
	if f.Log != nil {
		f.warned.Do(func() {
			f.Log.Warn("a proxy says where a request came from and is not trusted: see --trusted-proxies", "from", r.RemoteAddr)
		})
	}
}

// secure reports whether a request came by TLS, here or at a proxy that is trusted.
func secure(r *http.Request) bool { return r.TLS != nil || r.Header.Get(forwardedProto) == "https" }

// What every answer tells browsers, unless it tells something of its own.
var (
	nosniff   = []string{"nosniff"}
	referrer  = []string{"same-origin"}
	policy    = []string{"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
	deny      = []string{"DENY"}
	sameSite  = []string{"same-origin"}
	nothing   = []string{"camera=(), geolocation=(), microphone=()"}
	strictTLS = []string{"max-age=31536000"}
)

func head(h http.Header, secure bool) {
	h["X-Content-Type-Options"] = nosniff
	h["Referrer-Policy"] = referrer
	h["Content-Security-Policy"] = policy
	h["X-Frame-Options"] = deny
	h["Cross-Origin-Opener-Policy"] = sameSite
	h["Cross-Origin-Resource-Policy"] = sameSite
	h["Permissions-Policy"] = nothing
	if secure {
		h["Strict-Transport-Security"] = strictTLS
	}
}
