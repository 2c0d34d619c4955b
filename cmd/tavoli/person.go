package main

import (
	"context"
	"flag"
	"net/http"
	"net/url"
)

func personExportCommand() command {
	return command{"person export", "PERSON", "tutto ciò che il registro conserva di una persona, da darle · everything held of a person, to be given to them", func(fs *flag.FlagSet) action {
		t := bindTarget(fs)
		purpose := fs.String("purpose", "", "il `motivo`; resta agli atti · why; it is recorded")
		html := fs.Bool("html", false, "risponde con una pagina da stampare · answer with a page to print")
		lang := fs.String("lang", "", "la `lingua` della pagina · the language of the page: it, en")
		fs.Bool("json", true, "risponde in JSON, se non con una pagina · answer in JSON, unless it is a page")
		return func(ctx context.Context, p *program, args []string) error {
			q := make(url.Values)
			set(q, "purpose", *purpose)
			set(q, "lang", *lang)
			return t.with(ctx, p, func(c *client) error {
				accept := "application/json"
				if *html {
					accept = "text/html"
				}
				return copyAnswer(ctx, p, c, call{method: http.MethodGet, path: "/people/" + url.PathEscape(args[0]) + "/export", query: c.current(q), accept: accept})
			})
		}
	}}
}
