// Package domain holds what can be asked of the register, what can happen in it,
// and the rules that decide.
//
// Read error.go, store.go and entry.go for what a fact is and where it is kept,
// event.go for how it is written down, execute.go and lane.go for how a command
// becomes facts, persona.go for what is kept of persons and how; then one file per noun:
// programma, ente, tavolo and registration, presenze, account, identita, registro.
//
// The package knows no clock, no disk, no network and no log; time comes in
// [Meta], and what is random comes from [Keys] and from the ids of commands.
package domain
