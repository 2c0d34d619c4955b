package web

import "net/http"

func getPage() action {
	return action{media: map[string]string{"text/html": "the calendar"}, free: true, do: func(c *call) error {
		c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
		c.send(http.StatusOK, []byte("<!doctype html><html lang=it><title>Tavoli</title><h1>Tavoli</h1>"))
		return nil
	}}
}
