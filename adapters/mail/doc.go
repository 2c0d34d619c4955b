// Package mail sends letters: it decides which a fact asks for, writes them, and
// takes them to a relay by SMTP, or into a folder where there is none.
//
// Read office.go for which facts cause which letters, and rounds.go for how they
// leave: a letter is claimed in the register before the dialogue with the relay
// begins, so that none is sent twice. An attempt of which nobody knows how it ended
// is put aside for people to decide. message.go, html.go and calendar.go say what
// a letter looks like; relay.go and outbox.go are the two ways out.
package mail
