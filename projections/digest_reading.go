package projections

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tavoli/domain"
)

// A Reading is the digests of the models at a position. Every view of a log that
// takes one at the same position gets the same.
type Reading struct {
	Position domain.Position `json:"position,string"`
	Digests  []Digest        `json:"digests"`
}

// Differs returns the names of the models that two readings of the same position
// have otherwise. What one of them has in another version, or not at all, cannot
// be compared.
func (r Reading) Differs(o Reading) (models []string) {
	for _, d := range r.Digests {
		if slices.ContainsFunc(o.Digests, func(e Digest) bool { return e.Model == d.Model && e.Version == d.Version && e.SHA256 != d.SHA256 }) {
			models = append(models, d.Model)
		}
	}
	return models
}

const (
	maxReadings   = 16              // how many are kept
	freshReading  = time.Hour       // how old history may be of which they are taken
	slowReading   = 2 * time.Second // what makes the models stand still for longer
	slowerReading = 6               // is taken that many times less often
)

// Readings are the digests that a view takes of its models from time to time, to be
// compared with those of other views. It takes them right before the first entry
// that was recorded in a later slot of time than the entry before it: every view
// of a log at the same positions, however the log pages. One that began a moment
// ago, is slow or far behind takes fewer.
type readings struct {
	every time.Duration // the length of a slot; 0: none are taken
	last  time.Time     // when the entry before was recorded; zero: not known
	at    atomic.Uint64 // the position of that entry, or of the snapshot

	making sync.Mutex // held while one is encoded and hashed: there is room for one

	mu   sync.Mutex
	age  int // how often all were dropped
	kept []Reading
}

// until returns how many records come before the next reading.
func (r *readings) until(records []domain.Record, now func() time.Time) int {
	for i := range records {
		rec := &records[i]
		later := r.every > 0 && !r.last.IsZero() && rec.RecordedAt.Truncate(r.every).After(r.last.Truncate(r.every))
		r.last = rec.RecordedAt
		if later && now().Sub(rec.RecordedAt) < freshReading {
			return i
		}
		if _, ok := rec.Event.(domain.PersonForgotten); ok {
			r.drop()
		}
		r.at.Store(uint64(rec.Position))
	}
	return len(records)
}

// begin waits until the reading before is made. It returns how often all were dropped.
func (r *readings) begin() (age int) {
	r.making.Lock()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.age
}

// end keeps a reading, unless all of its time were dropped while it was made.
func (r *readings) end(age int, reading Reading) {
	defer r.making.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if age != r.age || slices.ContainsFunc(r.kept, func(k Reading) bool { return k.Position == reading.Position }) {
		return
	}
	r.kept = append(r.kept, reading)
	if more := len(r.kept) - maxReadings; more > 0 {
		r.kept = slices.Delete(r.kept, 0, more)
	}
}

// drop throws all readings away. Once values are gone for ever, who reads the log
// anew cannot have what models held of them before.
func (r *readings) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.age++
	r.kept = nil
}

func (r *readings) all() []Reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.kept)
}

// slower lets readings that make the models stand still for too long be taken less
// often: at the end of longer slots, which end where shorter ones do.
func (r *readings) slower(paused time.Duration) {
	if paused > slowReading && r.every < freshReading {
		r.every *= slowerReading
	}
}

// Newest returns the position of the newest entry that the models show. It is the
// same for all views that show the same, where [View.Seen] need not be.
func (v *View) Newest() domain.Position { return domain.Position(v.readings.at.Load()) }

// Readings returns the newest readings of the view, in the order in which they were
// taken.
func (v *View) Readings() []Reading { return v.readings.all() }

// ReadingAt returns the reading of a position, if the view kept one or the entry
// there is the newest it shows. The models stand still while they are encoded, and questions go on
// being answered.
func (v *View) ReadingAt(at domain.Position) (Reading, bool) {
	for _, r := range v.Readings() {
		if r.Position == at {
			return r, true
		}
	}
	v.applying.Lock()
	var finish func() Reading
	if v.Newest() == at {
		finish = v.read(at)
	}
	v.applying.Unlock()
	if finish == nil {
		return Reading{}, false
	}
	return finish(), true
}

// read encodes the models, which the caller makes stand still, and returns what
// has to be called to make a reading of it.
func (v *View) read(at domain.Position) (finish func() Reading) {
	age := v.readings.begin()
	began := v.options.now()
	image := v.models.image(header{position: at})
	v.readings.slower(v.options.now().Sub(began))
	return func() Reading {
		image.hash()
		r := Reading{at, image.digests()}
		v.readings.end(age, r)
		return r
	}
}
