package pages

// showNotice returns a page that only says something.
func showNotice(name string) page {
	return func(v *visit) error {
		return v.show(name, struct{ *visit }{v})
	}
}

// showRobots asks search engines to leave alone what is not for them.
func showRobots(v *visit) error {
	v.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	return v.send([]byte("User-agent: *\nDisallow: /accesso\nDisallow: /api/\nDisallow: /segreteria/\nDisallow: /controllo/\n"))
}
