package domain

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// An Event is a fact that has happened. It is plain data, named in the past
// tense, and never changes once stored.
type Event interface {
	// Name is how the store knows this kind of event. It outlives any
	// renaming of the Go type, so it must never change.
	Name() string
}

// Encode returns the stored form of an event and the version of its shape.
func Encode(e Event) (data []byte, schema int, err error) {
	k, ok := newest[e.Name()]
	if !ok {
		return nil, 0, fmt.Errorf("event %q is not listed among its aggregate's events", e.Name())
	}
	data, err = json.Marshal(e)
	return data, k.schema, err
}

// Decode returns the event stored as data under a name and a version of its shape.
// An older shape is lifted to the newest.
func Decode(name string, schema int, data []byte) (Event, error) {
	k, ok := kinds[kindKey{name, schema}]
	if !ok {
		return nil, fmt.Errorf("unknown event %q of schema %d", name, schema)
	}
	return k.decode(data)
}

// EventNames returns the name of every event there is, sorted.
func EventNames() []string { return slices.Sorted(maps.Keys(newest)) }

// A kind knows how to read one version of one kind of event back.
type kind struct {
	name   string
	schema int
	decode func(data []byte) (Event, error)
}

type kindKey struct {
	name   string
	schema int
}

// of returns the kind of E in its first version.
func of[E Event]() kind { return version[E](1) }

// version returns the kind of E in a later version of its shape.
func version[E Event](schema int) kind {
	var zero E
	return kind{zero.Name(), schema, func(data []byte) (Event, error) { return decodeAs[E](zero.Name(), data) }}
}

// lifted returns the kind of an older version of E, which was stored as an O.
func lifted[O any, E Event](schema int, lift func(O) E) kind {
	var zero E
	return kind{zero.Name(), schema, func(data []byte) (Event, error) {
		old, err := decodeAs[O](zero.Name(), data)
		if err != nil {
			return nil, err
		}
		return lift(old), nil
	}}
}

func decodeAs[T any](name string, data []byte) (v T, err error) {
	if err := json.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("event %s: %w", name, err)
	}
	return v, nil
}

// kinds is every version of every kind of event ever stored. Nothing leaves it.
var kinds = index(registroEvents, programmaEvents, retentionEvents, enteEvents, tavoloEvents, registrationEvents, admissionEvents, secretEvents, adesioneEvents, presenzeEvents, accountEvents, signInEvents, identitaEvents, personaEvents, reportEvents, letterEvents)

// newest is the version of each kind of event that is written today.
var newest = func() map[string]kind {
	byName := make(map[string]kind)
	for _, k := range kinds {
		if byName[k.name].schema < k.schema {
			byName[k.name] = k
		}
	}
	return byName
}()

// typeNames lets the reader of entries reuse the names it knows.
var typeNames = func() map[string]string {
	names := make(map[string]string)
	for name := range newest {
		names[name] = name
	}
	return names
}()

func index(lists ...[]kind) map[kindKey]kind {
	byKey := make(map[kindKey]kind)
	for _, k := range slices.Concat(lists...) {
		key := kindKey{k.name, k.schema}
		if _, taken := byKey[key]; taken {
			panic("domain: two events are named " + k.name)
		}
		byKey[key] = k
	}
	return byKey
}
