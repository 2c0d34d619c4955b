package tests_test

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	staffLink = regexp.MustCompile(`href="(/segreteria[^"]*)"`)
	anyID     = regexp.MustCompile(` id="([^"]*)"`)
	control   = regexp.MustCompile(`<(?:input|select|textarea)\b[^>]*>`)
	attribute = regexp.MustCompile(`(\w[\w-]*)="([^"]*)"`)
	choice    = regexp.MustCompile(`(?s)<select[^>]* name="([^"]+)".*?</select>`)
	offered   = regexp.MustCompile(`<option value="([^"]+)"`)
)

// A crawl is every page of the secretariat that links lead to, by address.
type crawl map[string]string

// crawled looks at every page that can be reached from the first.
func crawled(d desk) crawl {
	d.t.Helper()
	pages, todo := make(crawl), []string{"/segreteria"}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if _, seen := pages[path]; seen {
			continue
		}
		if len(pages) > 400 {
			d.t.Fatal("the pages have no end")
		}
		pages[path] = d.get(path, 200)
		for _, m := range staffLink.FindAllStringSubmatch(pages[path], -1) {
			if next := html.UnescapeString(m[1]); !strings.Contains(next, "esportazione") && !strings.Contains(next, "/file") {
				todo = append(todo, next)
			}
		}
	}
	return pages
}

// busySite is a site on which something of everything has happened.
func busySite(t *testing.T) desk {
	d := staffSite(t)
	d.tell("/tavoli/t/attendance-rule", `{"percent":50}`)
	d.tell("/tavoli/t/speakers", `{"given_name":"Elio","family_name":"Tozzi"}`)
	d.tell("/enti/comune/G273/adhesion", `{"from":"2022-01-01"}`)
	d.tell("/enti/comune/G273/referenti", `{"given_name":"Rosa","family_name":"Bianchi","from":"2022-01-01"}`)
	d.tell("/programmi/3031/partners", `{"ente":{"kind":"comune","code":"G273"},"role":"capofila"}`)
	d.tell("/programmi/3031/holds", `{"reason":"ricorso"}`)
	d.account("banco", "operator")
	d.does("/segreteria/tavoli/t/iscrizione", "given_name", "Anna", "family_name", "Rossi", "ente", "palermo", "mode", "online")
	d.send("/segreteria/tavoli/t/banco", d.fill("/segreteria/tavoli/t/iscritti", "presente", d.people()["Anna Rossi"]))
	return d
}

// TestEveryStaffPage holds every page to what readers of screens need.
func TestEveryStaffPage(t *testing.T) {
	d := busySite(t)
	pages := crawled(d)
	if len(pages) < 60 {
		t.Errorf("only %d pages are reached", len(pages))
	}
	for path, page := range pages {
		if n := strings.Count(page, "<h1"); n != 1 {
			t.Errorf("%s has %d h1", path, n)
		}
		ids := anyID.FindAllStringSubmatch(page, -1)
		seen := make(map[string]bool)
		for _, id := range ids {
			if seen[id[1]] {
				t.Errorf("%s has the id %s twice", path, id[1])
			}
			seen[id[1]] = true
		}
		for _, tag := range control.FindAllString(page, -1) {
			has := attributesOf(tag)
			if has["type"] != "hidden" && has["aria-label"] == "" && !strings.Contains(page, `<label for="`+has["id"]+`"`) {
				t.Errorf("%s has a field without a label: %s", path, tag)
			}
		}
		for _, wrong := range []string{" style=", "onclick=", "<script>", "http://", "%!"} {
			if strings.Contains(mainOf(page), wrong) {
				t.Errorf("%s has %q", path, wrong)
			}
		}
		for _, table := range strings.Split(page, "<table")[1:] {
			if !strings.Contains(table, "<caption") || !strings.Contains(table, `scope="col"`) {
				t.Errorf("%s has a table without caption or heads", path)
			}
		}
	}
	d.get("/lingua/en", 200)
	for path := range pages {
		lacks(t, d.get(path, 200)[:120], `lang="en"`)
	}
}

func attributesOf(tag string) map[string]string {
	list := make(map[string]string)
	for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
		list[m[1]] = m[2]
	}
	return list
}

// TestHTMLInEveryField fills every field of every form with HTML and looks for it in
// what is answered, and on every page afterwards.
func TestHTMLInEveryField(t *testing.T) {
	const evil = `"><script>alert(1)</script><b x='`
	d := busySite(t)
	var forms []string
	for path, page := range crawled(d) {
		if strings.Contains(page, `method="post" novalidate`) && !strings.Contains(path, "annullamento") {
			forms = append(forms, path)
		}
	}
	slices.Sort(forms)
	if len(forms) < 45 {
		t.Errorf("only %d forms are reached", len(forms))
	}
	for _, path := range forms {
		resp, body := d.send(path, evilForm(d, path, evil))
		if resp.StatusCode >= 500 && resp.StatusCode != 501 {
			t.Errorf("%s: %d: %s", path, resp.StatusCode, mainOf(body))
		}
		has(t, body, "<script>alert", "<b x=")
	}
	for _, page := range crawled(d) {
		has(t, page, "<script>alert", "<b x=")
	}
}

// evilForm fills in a form: something that is offered where there is a choice, HTML
// everywhere else.
func evilForm(d desk, path, evil string) url.Values {
	form := d.fill(path)
	page := mainOf(d.get(path, 200))
	for _, tag := range control.FindAllString(page, -1) {
		switch has := attributesOf(tag); {
		case has["name"] == "" || has["type"] == "hidden":
		case has["type"] == "date":
			form.Set(has["name"], "2022-05-25")
		case has["type"] == "text" || strings.HasPrefix(tag, "<textarea"):
			form.Set(has["name"], evil)
		}
	}
	for _, m := range choice.FindAllStringSubmatch(page, -1) {
		if o := offered.FindStringSubmatch(m[0]); o != nil {
			form.Set(m[1], o[1])
		}
	}
	return form
}
