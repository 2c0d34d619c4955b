package storetest

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

// What a filled register holds: for each registration the values of a person, the
// registration, and for six of ten a presence; PerTavolo registrations to a tavolo,
// 400 enti, and one tavolo, HugeTavolo, with HugeSeats of them.
const (
	PerTavolo  = 250
	HugeTavolo = domain.TavoloID("huge")
	HugeSeats  = 5_000
	fillEnti   = 400
)

// Fill fills an empty store for benchmarks with about so many events, without
// asking the domain whether it may. It returns how many there are and their size.
func Fill(ctx context.Context, store domain.Store, keys domain.Keys, events int) (n int, size int64, err error) {
	w := filler{ctx: ctx, store: store, vault: domain.Vault{Keys: keys, Log: store}, next: make(map[domain.Stream]domain.Revision)}
	for i := range fillEnti {
		w.facts(w.meta(), fillEnte(i).Stream(), domain.EnteRegistered{Ente: fillEnte(i), Official: fmt.Sprintf("Comune di Prova %d", i), Province: "PA"})
	}
	w.plan(HugeTavolo)
	for i := range min(HugeSeats, events/10) {
		w.registration(HugeTavolo, i)
	}
	for i := 0; w.events < events && w.err == nil; i++ {
		id := domain.TavoloID(fmt.Sprintf("tavolo-%d", i/PerTavolo))
		if i%PerTavolo == 0 {
			w.plan(id)
		}
		w.registration(id, i)
	}
	w.flush()
	return w.events, w.size, w.err
}

func fillEnte(i int) domain.EnteRef {
	return domain.EnteRef{Kind: domain.Comune, Code: fmt.Sprintf("A%03d", i%fillEnti)}
}

// A filler writes many batches at once. The first fault counts.
type filler struct {
	ctx      context.Context
	store    domain.Store
	vault    domain.Vault
	next     map[domain.Stream]domain.Revision
	waiting  []domain.Batch
	entry    []byte
	commands uint64
	events   int
	size     int64
	err      error
}

func (w *filler) meta() domain.Meta {
	w.commands++
	return domain.Meta{
		At: time.Date(2022, 4, 1, 8, 0, 0, 0, time.UTC), Actor: domain.ActorPublic,
		Command: uuid.NewSHA1(uuid.Nil, strconv.AppendUint(nil, w.commands, 10)), Request: "0123456789abcdef0123456789abcdef",
	}
}

func (w *filler) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *filler) add(b domain.Batch) {
	w.waiting = append(w.waiting, b)
	w.events += len(b.Events)
	for i := range b.Events {
		w.entry = domain.AppendEntry(w.entry[:0], b.Stream, b.After+1, b.Events[i].EffectiveAt, &b.Events[i])
		w.size += int64(len(w.entry))
	}
	if len(w.waiting) >= 512 {
		w.flush()
	}
}

func (w *filler) flush() {
	if len(w.waiting) > 0 && w.err == nil {
		_, err := w.store.Append(w.ctx, w.waiting...)
		w.fail(err)
	}
	w.waiting = w.waiting[:0]
}

func (w *filler) facts(meta domain.Meta, s domain.Stream, events ...domain.Event) {
	batch := domain.Batch{Stream: s, After: w.next[s] - 1}
	w.next[s] += domain.Revision(len(events))
	for i, e := range events {
		data, schema, err := domain.Encode(e)
		w.fail(err)
		batch.Events = append(batch.Events, domain.Draft{
			ID: domain.EventID(meta.Command, i), Type: e.Name(), Schema: schema, EffectiveAt: meta.Effective(), Actor: meta.Actor,
			Command: meta.Command, Request: meta.Request, Data: data,
		})
	}
	w.add(batch)
}

func (w *filler) plan(id domain.TavoloID) {
	starts, ends := time.Date(2022, 5, 25, 13, 0, 0, 0, time.UTC), time.Date(2022, 5, 25, 15, 0, 0, 0, time.UTC)
	schedule := domain.Schedule{Day: "2022-05-25", StartsAt: &starts, EndsAt: &ends}
	w.facts(w.meta(), id.Stream(),
		domain.TavoloPlanned{Tavolo: id, Subject: "Accoglienza e inclusione", Schedule: schedule, Mode: domain.Mixed, Place: "Palermo"},
		domain.TavoloConvened{Tavolo: id, SentOn: "2022-03-15", Schedule: schedule})
}

// fillValues returns the values of an invented person.
func fillValues(i int) domain.Values {
	given := []string{"Anna", "Giuseppe", "Maria", "Salvatore", "Francesca", "Antonino", "Rosalia", "Calogero"}
	family := []string{"Rossi", "Russo", "Messina", "Lombardo", "Caruso", "Marino", "Rizzo", "Grasso", "Greco"}
	return domain.Values{
		GivenName: given[i%len(given)], FamilyName: fmt.Sprintf("%s%d", family[i%len(family)], i%997),
		Email: fmt.Sprintf("nome.cognome%d@comune.prova.it", i), Function: "Funzionario",
	}
}

func (w *filler) registration(id domain.TavoloID, i int) {
	meta := w.meta()
	persona, err := w.vault.Introduce(w.ctx, meta, "of-the-command", fillValues(i))
	if err != nil {
		w.fail(err)
		return
	}
	w.add(*persona.Batch())
	ente := fillEnte(i)
	mode := []domain.Mode{domain.InPresence, domain.Online}[i%2]
	w.facts(meta, id.Stream(), domain.ParticipantRegistered{
		Tavolo: id, Participant: persona.Person, Commitments: persona.Commitments, Ente: &ente, Capacity: domain.AsDelegate, Mode: mode,
	})
	if i%10 < 6 {
		w.presence(id, persona.Person, mode, i)
	}
}

func (w *filler) presence(id domain.TavoloID, person domain.PersonID, mode domain.Mode, i int) {
	meta := w.meta()
	from, to := time.Date(2022, 5, 25, 13, i%60, 0, 0, time.UTC), time.Date(2022, 5, 25, 15, i%60, 0, 0, time.UTC)
	w.facts(meta, id.Presenze(), domain.PresenceRecorded{
		Tavolo: id, Presence: domain.DerivedID(meta.Command, "presence"), Participant: person, Mode: mode,
		From: from, To: &to, Source: domain.FromDesk,
	})
}
