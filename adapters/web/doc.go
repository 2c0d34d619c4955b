// Package web is the register over HTTP: one table of routes, each a command or a
// question. Start reading at routes.go; server.go shows what every request goes
// through, commands.go and questions.go the two ways on from there.
package web
