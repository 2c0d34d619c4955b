package keeper

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// fail tells of a fault, and logs it.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		s.log.Error("failed", "path", r.URL.Path, "error", err)
	}
	tell(w, http.StatusServiceUnavailable, trouble{"keyring-failed", err.Error()})
}

func (s *Server) frame(w http.ResponseWriter, f *frame) {
	b := f.bytes()
	defer clear(b)
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) // who is not there any more does not miss it
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who is not there any more does not miss it
}

// tell answers with an error.
func tell(w http.ResponseWriter, code int, t trouble) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(t) // who is not there any more does not miss it
}

// number returns a number of the query, held within bounds.
func number(r *http.Request, name string, least, most uint64) uint64 {
	n, err := strconv.ParseUint(r.URL.Query().Get(name), 10, 64)
	if err != nil {
		return least
	}
	return min(max(n, least), most)
}
