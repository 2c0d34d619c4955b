package projections

import (
	"context"

	"tavoli/domain"
)

// A Roll notes whom a tale calls by name, so that only their names need be found.
type Roll struct{ streams mentioned }

// NewRoll returns a roll on which nobody stands.
func NewRoll() *Roll { return &Roll{make(mentioned)} }

// Names returns names that are empty, and are noted.
func (r *Roll) Names() Names {
	return Names{
		Person: func(id domain.PersonID) string {
			r.streams[domain.IdentitaStream(id)] = true
			return ""
		},
		Ente: func(ref domain.EnteRef) string {
			r.streams[ref.Stream()] = true
			return ref.String()
		},
	}
}

// NamesOf returns who tells the names of those on a roll as they were known at other
// moments. It reads no more than their histories.
func (v *View) NamesOf(ctx context.Context, when Moments, roll *Roll) (Names, error) {
	streams := make([]domain.Stream, 0, len(roll.streams))
	for s := range roll.streams {
		streams = append(streams, s)
	}
	m, _, err := v.AsOf(ctx, when, ScopeStreams(streams...))
	if err != nil {
		return Names{}, err
	}
	return Names{Person: m.People.Name, Ente: m.Enti.Name}, nil
}
