package projections

import (
	"math"
	"time"

	"tavoli/domain"
)

// The models keep words of fixed lists as their number in the list; 0 is a word
// that was absent or is not known.

// number returns the number of a word in a list.
func number[T ~string](list []T, word T) uint8 {
	for i, w := range list {
		if w == word {
			return uint8(i)
		}
	}
	return 0
}

// wordOf returns the word of a number.
func wordOf[T ~string](list []T, n uint8) T {
	if int(n) < len(list) {
		return list[n]
	}
	return ""
}

var (
	modes      = []domain.Mode{"", domain.InPresence, domain.Online, domain.Mixed}
	states     = append([]domain.RegistrationState{""}, domain.RegistrationStates...)
	capacities = append([]domain.Capacity{""}, domain.Capacities...)
	sources    = []domain.Source{"", domain.FromDesk, domain.FromSheet, domain.FromPlatform, domain.FromStatement, domain.FromSelf}
)

// The numbers of states that the models ask for.
const (
	isRegistered = uint8(1)
	isWaiting    = uint8(2)
	isConfirmed  = uint8(3)
	isWithdrawn  = uint8(4)
	isRefused    = uint8(5)
	isPending    = uint8(6)
	isLapsed     = uint8(7)
	stateCount   = 8
)

// The numbers of modes of persons.
const (
	inPresence = uint8(1)
	online     = uint8(2)
	modeCount  = 4
)

// noTime stands for a moment that is not known.
const noTime = math.MinInt64

// micros returns a moment as the models keep it.
func micros(t time.Time) int64 { return t.UnixMicro() }

// microsOf returns a moment that need not be known.
func microsOf(t *time.Time) int64 {
	if t == nil {
		return noTime
	}
	return t.UnixMicro()
}

// timeOf returns a moment kept by micros.
func timeOf(n int64) time.Time { return time.UnixMicro(n).UTC() }

// knownTime returns a moment kept by microsOf.
func knownTime(n int64) *time.Time {
	if n == noTime {
		return nil
	}
	t := timeOf(n)
	return &t
}

// ModeCount counts persons by how they take part.
type ModeCount struct {
	InPresence int `json:"in_presence"`
	Online     int `json:"online"`
}

// Total returns both together.
func (c ModeCount) Total() int { return c.InPresence + c.Online }
