package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tavoli/domain"
)

// A Problem is what an error looks like to the caller (RFC 9457).
type Problem struct {
	Type    string         `json:"type" doc:"urn:tavoli:problem: and the code"`
	Title   string         `json:"title" doc:"what the status means, in Italian or English"`
	Status  int            `json:"status"`
	Detail  string         `json:"detail" doc:"what is the matter, in Italian or English"`
	Code    string         `json:"code" doc:"for programs; never changes"`
	Request string         `json:"request,omitempty" doc:"the id of the request, as in the log"`
	Errors  []domain.Field `json:"errors,omitempty" doc:"what is wrong where, for bad input"`

	Participant *domain.PersonID `json:"participant,omitempty" doc:"who is registered already, with possible-duplicate"`
}

// A refusal is an error of HTTP itself, which the domain knows nothing of.
type refusal struct {
	status int
	code   string
	it, en string
	fields []domain.Field
	retry  int // seconds after which to try again

	participant *domain.PersonID
}

// Error implements error.
func (r *refusal) Error() string { return r.en }

// with returns the refusal with more to say.
func (r refusal) with(fields ...domain.Field) *refusal {
	r.fields = append(r.fields, fields...)
	return &r
}

// Refusals of HTTP.
var (
	errNoRoute    = refusal{status: 404, code: "no-such-path", it: "l'indirizzo non esiste", en: "there is no such path"}
	errNoMethod   = refusal{status: 405, code: "method-not-allowed", it: "il metodo non è ammesso a questo indirizzo", en: "the method is not allowed here"}
	errNoToken    = refusal{status: 401, code: "token-missing", it: "serve un gettone di accesso", en: "a bearer token is required"}
	errBadToken   = refusal{status: 401, code: "token-refused", it: "il gettone non è valido, è scaduto o è stato revocato", en: "the token is unknown, expired or revoked"}
	errRole       = refusal{status: 403, code: "role-required", it: "l'utenza non ha un ruolo che lo consenta", en: "the account has no role that may do this"}
	errScope      = refusal{status: 403, code: "out-of-scope", it: "è fuori dall'ambito assegnato all'ispezione", en: "it lies outside the scope of the inspection"}
	errNoPurpose  = refusal{status: 422, code: "purpose-required", it: "chi ispeziona dichiara perché consulta dati personali: aggiungere il parametro purpose", en: "an inspector says why personal values are looked at: add the parameter purpose"}
	errMediaType  = refusal{status: 415, code: "unsupported-media-type", it: "il corpo deve essere application/json in UTF-8", en: "the body must be application/json in UTF-8"}
	errTooLarge   = refusal{status: 413, code: "body-too-large", it: "il corpo è troppo grande", en: "the body is too large"}
	errBodyRead   = refusal{status: 400, code: "body-incomplete", it: "il corpo non è arrivato per intero", en: "the body did not arrive in full"}
	errUTF8       = refusal{status: 400, code: "invalid-utf8", it: "il corpo non è UTF-8 valido", en: "the body is not valid UTF-8"}
	errSyntax     = refusal{status: 400, code: "invalid-json", it: "il corpo non è un documento JSON", en: "the body is not one JSON document"}
	errShape      = refusal{status: 400, code: "malformed-body", it: "il corpo ha campi sconosciuti, ripetuti o di tipo errato: vedi errors", en: "the body has unknown, repeated or wrongly typed fields: see errors"}
	errQuery      = refusal{status: 400, code: "malformed-query", it: "la richiesta ha parametri non validi: vedi errors", en: "the request has invalid parameters: see errors"}
	errHeader     = refusal{status: 400, code: "malformed-header", it: "la richiesta ha intestazioni non valide: vedi errors", en: "the request has invalid headers: see errors"}
	errNotAccept  = refusal{status: 406, code: "not-acceptable", it: "la forma richiesta non è disponibile", en: "the form asked for is not available"}
	errRate       = refusal{status: 429, code: "too-many-requests", it: "troppe richieste: riprovare più tardi", en: "too many requests: try again later", retry: 1}
	errGuesses    = refusal{status: 429, code: "too-many-guesses", it: "troppi tentativi di accesso: riprovare più tardi", en: "too many attempts to sign in: try again later"}
	errCrowded    = refusal{status: 503, code: "too-busy", it: "troppe richieste in corso: riprovare", en: "too many requests are under way: try again", retry: 1}
	errFeeds      = refusal{status: 503, code: "too-many-feeds", it: "troppi flussi aperti: riprovare più tardi", en: "too many feeds are open: try again later", retry: 30}
	errTime       = refusal{status: 503, code: "took-too-long", it: "la richiesta ha richiesto troppo tempo", en: "the request took too long", retry: 5}
	errStopping   = refusal{status: 503, code: "stopping", it: "il registro si sta fermando", en: "the register is stopping", retry: 5}
	errOtherStore = refusal{status: 409, code: "store-changed", it: "la posizione viene da un altro archivio: ricominciare da zero", en: "the position comes from another store: begin again from zero"}
	errNotOffered = refusal{status: 501, code: "not-offered", it: "questa installazione non lo offre", en: "this installation does not offer it"}
	errElsewhere  = refusal{status: 501, code: "backup-elsewhere", it: "il registro sta su EventStoreDB: la copia si fa con gli strumenti del server (i file di un nodo), vedi docs/eventstoredb.md", en: "the log lies on EventStoreDB: backups are made with the server's own tools (the files of a node), see docs/eventstoredb.md"}
	errFault      = refusal{status: 500, code: "fault", it: "guasto interno: il registro ne conserva traccia con l'identificativo della richiesta", en: "an internal fault, noted in the log under the request's id"}
	errNotReady   = refusal{status: 503, code: "not-ready", it: "il registro sta ancora leggendo i fatti", en: "the register is still reading its facts", retry: 1}
	errDuplicate  = refusal{status: 409, code: "possible-duplicate", it: `una persona con lo stesso nome è già iscritta per lo stesso ente: se è un'altra, ripetere con "distinct": true`, en: `a person of the same name is registered for the same ente already: if it is another, repeat with "distinct": true`}
	errNoFile     = refusal{status: 404, code: "evidence-not-found", it: "il documento non esiste", en: "there is no such file"}
	errNoStream   = refusal{status: 404, code: "stream-not-found", it: "il flusso non esiste", en: "there is no such stream"}
)

// troubled are refusals of the domain that are troubles of the installation: the
// caller can do nothing about them and asks again later.
var troubled = map[string]int{
	"store-exchanged": http.StatusServiceUnavailable,
	"store-closed":    http.StatusServiceUnavailable, "store-failed": http.StatusServiceUnavailable, "store-corrupt": http.StatusServiceUnavailable,
	"disk-full": http.StatusInsufficientStorage, "evidence-damaged": http.StatusInternalServerError,
}

// kindStatus is what HTTP makes of each kind of error.
var kindStatus = map[domain.Kind]int{
	domain.Invalid: http.StatusUnprocessableEntity, domain.Forbidden: http.StatusForbidden, domain.NotFound: http.StatusNotFound,
	domain.Refused: http.StatusConflict, domain.Stale: http.StatusConflict, domain.Unknown: http.StatusServiceUnavailable,
}

// refused reads any error as a refusal. A fault is told to the log alone.
func (c *call) refused(err error) refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return *r
	}
	if e, ok := errors.AsType[*domain.Error](err); ok {
		if c.route.method == http.MethodGet && e.Code == "invalid-input" {
			return *errQuery.with(parametersOf(e.Fields)...)
		}
		return c.foreseen(e)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errTime
	case errors.Is(err, context.Canceled):
		return errStopping
	case errors.As(err, new(*domain.ConflictError)):
		return c.foreseen(domain.ErrBusy)
	}
	c.s.Log.LogAttrs(c.ctx, slog.LevelError, "fault", slog.String("request", c.id), slog.String("route", c.route.name), slog.Any("error", err))
	return errFault
}

// parametersOf returns the faults of a question by the names of its parameters.
func parametersOf(fields []domain.Field) []domain.Field {
	list := slices.Clone(fields)
	for i := range list {
		list[i].Pointer = strings.TrimPrefix(list[i].Pointer, "/")
	}
	return list
}

// foreseen reads an error of the domain.
func (c *call) foreseen(e *domain.Error) refusal {
	status := kindStatus[e.Kind]
	switch {
	case e.Code == domain.ErrChanged.Code:
		status = http.StatusPreconditionFailed
	case troubled[e.Code] != 0:
		status = troubled[e.Code]
		c.s.Log.LogAttrs(c.ctx, slog.LevelError, "trouble", slog.String("request", c.id), slog.String("code", e.Code))
	}
	r := refusal{status: status, code: e.Code, it: italian[e.Code], en: e.Text, fields: e.Fields}
	if status == http.StatusServiceUnavailable {
		r.retry = 1
	}
	return r
}

// fail answers with a problem.
func (c *call) fail(err error) {
	r := c.refused(err)
	h := c.w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Del("Etag")
	if r.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", challenge(r))
	}
	if r.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(r.retry))
	}
	c.send(r.status, encode(c.problem(r)))
}

// challenge says how to sign in (RFC 6750).
func challenge(r refusal) string {
	if r.code == errNoToken.code {
		return `Bearer realm="tavoli"`
	}
	return `Bearer realm="tavoli", error="invalid_token"`
}

func (c *call) problem(r refusal) Problem {
	p := Problem{"urn:tavoli:problem:" + r.code, http.StatusText(r.status), r.status, r.en, r.code, c.id, r.fields, r.participant}
	if c.english() {
		return p
	}
	p.Title = titles[r.status]
	if r.it != "" {
		p.Detail = r.it
	}
	p.Errors = make([]domain.Field, len(r.fields))
	for i, f := range r.fields {
		if text := italianFields[f.Code]; text != "" {
			f.Text = inColumn(f.Text, text)
		}
		p.Errors[i] = f
	}
	return p
}

// english reports whether the caller would rather read English than Italian,
// which is what everybody gets who does not ask.
func (c *call) english() bool {
	for part := range strings.SplitSeq(c.r.Header.Get("Accept-Language"), ",") {
		switch tag, _, _ := strings.Cut(strings.TrimSpace(part), ";"); {
		case strings.HasPrefix(strings.ToLower(tag), "it"):
			return false
		case strings.HasPrefix(strings.ToLower(tag), "en"):
			return true
		}
	}
	return false
}

// uploadFault reads what went wrong while a file was taken in.
func uploadFault(err error) error {
	var e *domain.Error
	if errors.As(err, new(*http.MaxBytesError)) || errors.As(err, &e) && e.Code == "file-too-large" {
		return &errTooLarge
	}
	return err
}
