// Package domain holds what can be asked of the register, what can happen in it,
// and the rules that decide.
//
// Read error.go, store.go and entry.go for what a fact is and where it is kept,
// event.go for how it is written down, execute.go and lane.go for how a command
// becomes facts, persona.go, values.go, key.go and commitment.go for what is kept of
// persons and how. Then noun by noun, the file of the noun first: programma; ente with
// coordinamento, referente, gestore, sai and adesione; tavolo with convening,
// rectification, agenda, seats, opening, group and material; registration with desk
// (who sits and who waits), registering and admission; presenze with evidence, guests
// and attendance (who counts); account, identita, registro.
//
// The package knows no clock, no disk, no network and no log; time comes in
// [Meta], and what is random comes from [Keys] and from the ids of commands.
package domain
