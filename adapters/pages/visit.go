package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tavoli/domain"
)

// A visit is one request for a page: who looks, in which language, at what.
type visit struct {
	site   *Site
	w      http.ResponseWriter
	r      *http.Request
	token  string // of who signed in; empty: nobody
	status int    // to be answered; 0: 200

	Lang string // "it" or "en"
	Who  *who   // nil: nobody signed in
	Demo bool   // the register is a demonstration
	At   string // the position of the register that is shown
	Note string // what has just been done

	Blocks []string // the funding paragraphs that stand on every page
}

// Who is an account that signed in.
type who struct {
	Account domain.AccountID `json:"account"`
	Label   string           `json:"label"`
	Roles   []struct {
		Role domain.Role `json:"role"`
	} `json:"roles"`
}

// maxForm is how many bytes a form may have.
const maxForm = 256 << 10

func (s *Site) visit(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{site: s, w: w, r: r, Lang: "it"}
	if v.held(languageCookie, "/") == "en" {
		v.Lang = "en"
	}
	v.token = v.held(sessionCookie, "/")
	r.Body = http.MaxBytesReader(w, r.Body, limit(r))
	return v
}

// headers sets what every page has.
func (v *visit) headers() {
	h := v.w.Header()
	h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if v.secure() {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// secure reports whether the visitor came by TLS, here or at a proxy in front.
func (v *visit) secure() bool {
	return v.r.TLS != nil || strings.EqualFold(v.r.Header.Get("X-Forwarded-Proto"), "https")
}

// post lets something happen by the API.
func (v *visit) post(path, key string, body, into any) error {
	return v.api().post(v.r.Context(), path, key, body, into)
}

// form reads what was filled in.
func (v *visit) form() (url.Values, error) {
	if err := v.r.ParseForm(); err != nil {
		return nil, errBadForm
	}
	return v.r.PostForm, nil
}

// api returns the API as the visitor may ask it.
func (v *visit) api() api { return api{v.site.API, v.token, v.Lang, v.r} }

// get asks the API; what went wrong is told on the page.
func (v *visit) get(path string, query url.Values, into any) error {
	return v.api().get(v.r.Context(), path, query, into)
}

// T returns a text in the visitor's language.
func (v *visit) T(it, en string) string {
	if v.Lang == "en" {
		return en
	}
	return it
}

// Is reports whether the visitor has one of some roles.
func (v *visit) Is(roles ...domain.Role) bool {
	return v.Who != nil && slices.ContainsFunc(v.Who.Roles, func(r struct {
		Role domain.Role `json:"role"`
	}) bool {
		return slices.Contains(roles, r.Role)
	})
}

// Path is where the visitor is, for links that lead back.
func (v *visit) Path() string { return v.r.URL.RequestURI() }

// Version is the program's.
func (v *visit) Version() string { return v.site.Version }

// Owner is whose register it is.
func (v *visit) Owner() Owner { return v.site.Owner }

// know learns what stands on every page: who looks, whether it is a demonstration,
// and the funding paragraphs.
func (v *visit) know() error {
	if v.token != "" {
		who := new(who)
		switch err := v.get("/me", nil, who); {
		case err == nil:
			v.Who = who
		case statusOf(err) == http.StatusUnauthorized:
			v.forget()
		default:
			return err
		}
	}
	var status struct {
		Demo bool `json:"demonstration"`
		View struct {
			Seen string `json:"seen"`
		} `json:"view"`
	}
	if err := v.get("/status", nil, &status); err != nil {
		return err
	}
	v.Demo, v.At = status.Demo, status.View.Seen
	return v.fund()
}

// fund learns the paragraphs that stand on documents of today.
func (v *visit) fund() error {
	programmi, err := v.programmi()
	today := domain.DayOf(v.site.Now())
	for _, p := range programmi {
		if block, ok := p.BlockOn(today); ok && !slices.Contains(v.Blocks, block.Text) {
			v.Blocks = append(v.Blocks, block.Text)
		}
	}
	return err
}

// forget signs the visitor out, here.
func (v *visit) forget() {
	v.token, v.Who = "", nil
	v.give(sessionCookie, "/", "", -1)
}

// redirect sends the visitor to another page of this site.
func (v *visit) redirect(to string) { http.Redirect(v.w, v.r, here(to), http.StatusSeeOther) }

// here returns an address if it is one of this site, or the calendar.
func here(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
		return "/"
	}
	return to
}
