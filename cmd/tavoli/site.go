package main

import (
	"flag"
	"net/http"
	"strings"

	"tavoli/adapters/credentials"
	"tavoli/adapters/pages"
	"tavoli/adapters/web"
)

// bindOwner lets flags say whose register it is.
func bindOwner(fs *flag.FlagSet, o *pages.Owner) {
	fs.StringVar(&o.Name, "owner", "", "il `nome` di chi tiene il registro, in testa alle pagine · whose register it is, at the head of the pages")
	fs.StringVar(&o.Contact, "owner-contact", "", "l'`indirizzo` e-mail per dati personali e accessibilità · the address for questions about personal data and accessibility")
	fs.StringVar(&o.Privacy, "owner-privacy", "", "l'`indirizzo` dell'informativa completa · the address of the full privacy notice")
	fs.StringVar(&o.Accessibility, "owner-accessibility", "", "l'`indirizzo` della dichiarazione di accessibilità · the address of the accessibility statement")
}

// site returns what answers every request: the API to programs, pages to people.
func (r *register) site(owner pages.Owner, provider string) http.Handler {
	api := r.web.Handler()
	site := &pages.Site{API: api, Now: r.now, Log: r.log, Word: web.InItalian, Change: web.ChangeInWords, Owner: owner, Provider: provider, Version: version, QR: credentials.QR}
	shown := site.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if forPrograms(req.URL.Path) {
			api.ServeHTTP(w, req)
			return
		}
		shown.ServeHTTP(w, req)
	})
}

// forPrograms reports whether the API answers at a path.
func forPrograms(path string) bool {
	switch path {
	case "/status", "/healthz", "/readyz", "/metrics":
		return true
	}
	return path == "/api" || strings.HasPrefix(path, "/api/")
}
