package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"tavoli/domain"
)

// A route says who may ask for what where, and what it answers.
type route struct {
	method  string
	path    string // below /api/v1 unless it begins with "//"
	name    string
	roles   []domain.Role // any of them; nil: everybody, without a token
	summary string
	action
}

// apiPath is where the API lies.
const apiPath = "/api/v1"

// pattern returns the route's path as mux has it.
func (rt *route) pattern() string {
	if root, ok := strings.CutPrefix(rt.path, "//"); ok {
		return "/" + root
	}
	return apiPath + rt.path
}

// A place is a path with everything that can be done there.
type place struct {
	s        *Server
	pattern  string
	segments []string
	methods  map[string]*route
	allow    string
	hot      bool // asked so often that it is tried first
}

// router returns the handler of a table. mux tries its routes one after the other,
// so each first compares the path's segments, which is quick, and only the right
// one its expression.
func (s *Server) router(routes []route) http.Handler {
	router := mux.NewRouter().SkipClean(true)
	for _, p := range s.places(routes) {
		router.NewRoute().MatcherFunc(p.fits).Path(p.pattern).Handler(p)
	}
	router.NotFoundHandler = http.HandlerFunc(s.lost)
	return router
}

// places gathers the routes by path: those asked most often first, then those with
// fewest variables. No two of them fit the same path but for a word that stands
// where another has a variable, and none of those is hot.
func (s *Server) places(routes []route) []*place {
	byPattern := make(map[string]*place)
	var list []*place
	for i := range routes {
		rt := &routes[i]
		p, ok := byPattern[rt.pattern()]
		if !ok {
			p = &place{s: s, pattern: rt.pattern(), segments: strings.Split(rt.pattern(), "/"), methods: make(map[string]*route)}
			byPattern[p.pattern] = p
			list = append(list, p)
		}
		if _, taken := p.methods[rt.method]; taken {
			panic("web: two routes for " + rt.method + " " + p.pattern)
		}
		s.state.metrics.know(rt)
		p.methods[rt.method] = rt
		p.hot = p.hot || rt.hot
		p.allow = allowed(p.methods)
	}
	slices.SortStableFunc(list, func(a, b *place) int { return cmp.Compare(a.rank(), b.rank()) })
	return list
}

func (p *place) rank() int {
	if p.hot {
		return -1
	}
	return strings.Count(p.pattern, "{")
}

func allowed(methods map[string]*route) string {
	list := []string{http.MethodOptions}
	for m := range methods {
		if list = append(list, m); m == http.MethodGet {
			list = append(list, http.MethodHead)
		}
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// fits reports whether a path has the segments of the place.
func (p *place) fits(r *http.Request, _ *mux.RouteMatch) bool {
	rest := r.URL.Path
	for i, want := range p.segments {
		segment := rest
		if slash := strings.IndexByte(rest, '/'); slash >= 0 {
			segment, rest = rest[:slash], rest[slash+1:]
			if i == len(p.segments)-1 {
				return false
			}
		} else if i < len(p.segments)-1 {
			return false
		}
		if want != segment && !strings.HasPrefix(want, "{") {
			return false
		}
	}
	return true
}

// ServeHTTP implements [http.Handler].
func (p *place) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	rt, ok := p.methods[method]
	switch {
	case ok:
		p.s.serve(w, r, rt, mux.Vars(r))
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", p.allow)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", p.allow)
		p.s.serve(w, r, &nowhere[1], nil)
	}
}

// lost answers where there is no route.
func (s *Server) lost(w http.ResponseWriter, r *http.Request) { s.serve(w, r, &nowhere[0], nil) }

// nowhere are the routes of requests that have none.
var nowhere = []route{
	{name: "no-such-path", action: action{do: func(*call) error { return &errNoRoute }}},
	{name: "method-not-allowed", action: action{do: func(*call) error { return &errNoMethod }}},
}
