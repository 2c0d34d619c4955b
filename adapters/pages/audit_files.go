package pages

import (
	"net/http"
	"net/url"
)

// handOut hands the visitor a file of the API as it comes. What the API refuses is
// told as on any page.
func (v *visit) handOut(path string, query url.Values) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	req, err := v.api().request(v.r.Context(), http.MethodGet, path, http.NoBody)
	if err != nil {
		return err
	}
	w := &passage{ResponseWriter: v.w}
	v.site.API.ServeHTTP(w, req)
	if w.refused != nil {
		for _, name := range []string{"Content-Type", "Content-Length", "Content-Disposition"} {
			v.w.Header().Del(name)
		}
		return readProblem(w.refused)
	}
	return nil
}

// A passage lets a file through and keeps back a refusal.
type passage struct {
	http.ResponseWriter
	refused *answer
}

// WriteHeader implements [http.ResponseWriter].
func (p *passage) WriteHeader(status int) {
	if status >= 400 {
		p.refused = &answer{header: make(http.Header), status: status}
		return
	}
	p.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (p *passage) Write(b []byte) (int, error) {
	if p.refused != nil {
		return p.refused.Write(b)
	}
	return p.ResponseWriter.Write(b)
}

// Unwrap lets deadlines be set.
func (p *passage) Unwrap() http.ResponseWriter { return p.ResponseWriter }
