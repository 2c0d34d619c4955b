package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync/atomic"

	"github.com/google/uuid"

	"tavoli/domain"
	"tavoli/projections"
)

// A call is one request on its way through the server.
type call struct {
	s      *Server
	w      http.ResponseWriter
	r      *http.Request
	ctx    context.Context // of the request, with an end
	route  *route
	vars   map[string]string // of the path
	id     string            // of the request
	caller caller
	reach  *projections.Reach // how far an inspector may look; nil: no inspector asks
	names  projections.Names  // as a trail was told with them
	status int                // of the answer, once it is sent
	sent   int64

	// What the answer tells of persons, if it does: of whom, in which form, for
	// which purpose. It is recorded before it is told.
	subject string
	form    string
	purpose string
}

// send writes the answer. Nothing can be said afterwards.
func (c *call) send(status int, body []byte) {
	c.status, c.sent = status, int64(len(body))
	if status != http.StatusNotModified {
		c.w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	c.w.WriteHeader(status)
	if c.r.Method == http.MethodHead || status == http.StatusNotModified {
		return
	}
	_, _ = c.w.Write(body) // whoever asked has gone
}

// json answers with a value.
func (c *call) json(v any) error {
	c.w.Header()["Content-Type"] = asJSON
	c.send(http.StatusOK, encode(v))
	return nil
}

// encode returns a value as JSON. Values of this package always can be.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("web: an answer cannot be encoded: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// tavolo and the like read the variables of the path.
func (c *call) tavolo() domain.TavoloID { return domain.TavoloID(c.vars["tavolo"]) }

func (c *call) ente() domain.EnteRef {
	return domain.EnteRef{Kind: domain.EnteKind(c.vars["kind"]), Code: c.vars["code"]}
}

func (c *call) programma() domain.ProgrammaID { return domain.ProgrammaID(c.vars["programma"]) }
func (c *call) account() domain.AccountID     { return domain.AccountID(c.vars["account"]) }

// uuid reads an id of the path; what is none names nothing.
func (c *call) uuid(name string) uuid.UUID {
	id, err := uuid.Parse(c.vars[name])
	if err != nil || id.String() != c.vars[name] {
		return uuid.Nil
	}
	return id
}

// address returns whose request it is. What proxies say of it was heard before.
func (c *call) address() string { return peer(c.r) }

// network returns whose request it is as far as it is counted: an address of IPv4, or
// the 64 bits of IPv6 that one customer has for all of their addresses.
func (c *call) network() string {
	a, err := netip.ParseAddr(c.address())
	if err != nil {
		return c.address()
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	network, _ := a.Prefix(64) // 64 bits are never too many
	return network.String()
}

// peer returns where a request came from, without its port.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// requestIDs makes an id for each request that brings none.
type requestIDs struct {
	start string
	count *atomic.Uint64
}

func newRequestIDs() requestIDs {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return requestIDs{hex.EncodeToString(b[:]) + "-", new(atomic.Uint64)}
}

// of returns the id that a request brings, if it is plain, or a new one.
func (i requestIDs) of(r *http.Request) string {
	if given := r.Header.Get("X-Request-Id"); given != "" && plainID(given) {
		return given
	}
	return i.start + strconv.FormatUint(i.count.Add(1), 10)
}

func plainID(text string) bool {
	if len(text) > 64 {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
