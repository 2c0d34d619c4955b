package main

import (
	"context"
	"errors"

	"tavoli/domain"
)

// How many descriptions of persons, and entries, are looked at to see whether the
// keyring belongs to the log.
const (
	lookedAtPersons = 20
	lookedAtEntries = 20_000
)

// matches refuses a keyring that opens nothing of what the log holds sealed.
func (r *register) matches(ctx context.Context) error {
	opened, shut, err := r.tryKeys(ctx)
	if err != nil || opened || shut == 0 {
		return err
	}
	return invalidInput("il portachiavi %[1]s è di un'altra installazione o è troppo vecchio: non apre nessun dato del registro · the keyring belongs to another installation, or is too old: it opens none of the values; put the right one in its place",
		r.keysLie())
}

// tryKeys opens the first values of persons it meets, until one opens.
func (r *register) tryKeys(ctx context.Context) (opened bool, shut int, err error) {
	entries := 0
	for page, err := range r.store.ReadAll(ctx, 0) {
		if err != nil {
			return false, shut, err
		}
		for _, e := range page.Entries {
			entries++
			opens, tried, err := r.tryKey(e)
			switch {
			case err != nil || opens:
				return opens, shut, err
			case tried:
				shut++
			}
			if shut == lookedAtPersons || entries == lookedAtEntries {
				return false, shut, nil
			}
		}
	}
	return false, shut, nil
}

// tryKey opens an entry if it describes a person who was not forgotten.
func (r *register) tryKey(e domain.Entry) (opens, tried bool, err error) {
	envelope, err := e.Envelope()
	if err != nil || !envelope.Stream.Personal() {
		return false, false, err
	}
	rec, err := e.Record()
	if err != nil {
		return false, false, err
	}
	d, ok := rec.Event.(domain.PersonDescribed)
	if !ok {
		return false, false, nil
	}
	_, err = r.vault.Open(d)
	switch {
	case err == nil:
		return true, true, nil
	case errors.Is(err, domain.ErrKeyDestroyed):
		return false, false, nil
	case errors.Is(err, domain.ErrKeyMissing), errors.Is(err, domain.ErrSealBroken):
		return false, true, nil
	}
	return false, true, err
}
