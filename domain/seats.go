package domain

// Seats says how many may take part in each mode; nil is any number.
type Seats struct {
	InPresence *int `json:"in_presence,omitempty"`
	Online     *int `json:"online,omitempty"`
}

// MaxSeats is the largest number of seats that can be set.
const MaxSeats = 100_000

func (s Seats) check(c *check, pointer string) {
	for _, n := range []struct {
		seats   *int
		pointer string
	}{{s.InPresence, pointer + "/in_presence"}, {s.Online, pointer + "/online"}} {
		c.that(n.seats == nil || *n.seats >= 0 && *n.seats <= MaxSeats, n.pointer, "out-of-range", "must be 0 to %d", MaxSeats)
	}
}

// Of returns the number of seats in a mode and whether there is a limit at all.
func (s Seats) Of(m Mode) (int, bool) {
	n := s.Online
	if m == InPresence {
		n = s.InPresence
	}
	if n == nil {
		return 0, false
	}
	return *n, true
}

// Equal reports whether two say the same.
func (s Seats) Equal(o Seats) bool {
	same := func(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }
	return same(s.InPresence, o.InPresence) && same(s.Online, o.Online)
}

// SeatsSet records how many may take part.
type SeatsSet struct {
	Tavolo TavoloID `json:"tavolo"`
	Seats  Seats    `json:"seats"`
}

func (SeatsSet) Name() string { return "SeatsSet" }

// MaxPromotions is how many who wait can get seats by one command: what one command
// decides is stored together.
const MaxPromotions = 1_000

// SetSeats says how many may take part. Whoever waits is promoted into seats that
// become free; nobody loses a seat when there are fewer.
type SetSeats struct {
	Tavolo     TavoloID `json:"-"`
	InPresence *int     `json:"in_presence"`
	Online     *int     `json:"online"`
}

// Stream implements [Command].
func (c SetSeats) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c SetSeats) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	if t.running() != nil {
		return nil, t.running()
	}
	seats := Seats{c.InPresence, c.Online}
	var bad check
	seats.check(&bad, "")
	if bad.err() != nil || t.seats.Equal(seats) {
		return nil, bad.err()
	}
	events := []Event{SeatsSet{c.Tavolo, seats}}
	for _, mode := range []Mode{InPresence, Online} {
		events = append(events, t.upNext(mode, t.free(mode, seats), BySeats, meta)...)
	}
	if len(events)-1 > MaxPromotions {
		return nil, ErrTooManyPromotions
	}
	return events, nil
}
