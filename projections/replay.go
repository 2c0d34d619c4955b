package projections

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"time"

	"tavoli/domain"
)

// Moments are the two times of a question: what had happened in the world by
// EffectiveAt, as far as the register knew it at KnownAt. A zero moment is no
// limit: now.
type Moments struct {
	EffectiveAt   time.Time
	KnownAt       time.Time
	KnownPosition domain.Position // the register as it was at this position; with KnownAt the earlier counts
}

// IsZero reports whether the question is about now.
func (m Moments) IsZero() bool {
	return m.EffectiveAt.IsZero() && m.KnownAt.IsZero() && m.KnownPosition == 0
}

// Ended reports whether the register did not know an entry yet, nor any after it.
func (m Moments) Ended(rec *domain.Record) bool { return m.later(rec) }

// Happened reports whether what an entry tells had happened.
func (m Moments) Happened(rec *domain.Record) bool { return m.counts(rec) }

// later reports whether the register did not know the entry yet. Neither did it
// know any that follows: the time of recording never goes back.
func (m Moments) later(rec *domain.Record) bool {
	return m.KnownPosition != 0 && rec.Position > m.KnownPosition || !m.KnownAt.IsZero() && rec.RecordedAt.After(m.KnownAt)
}

// counts reports whether what an entry tells had happened. Values of persons are
// timeless: the newest the register knew count.
func (m Moments) counts(rec *domain.Record) bool {
	return m.EffectiveAt.IsZero() || rec.Stream.Personal() || !rec.EffectiveAt.After(m.EffectiveAt)
}

// A ReplayReport says what became of a replay.
type ReplayReport struct {
	Position domain.Position `json:"position,string"` // of the newest entry applied
	Entries  int             `json:"entries"`         // applied
	Digests  []Digest        `json:"digests"`
}

// Replay reads a log from its beginning into fresh models: up to its head, or up
// to what the register knew at a moment. Progress, if not nil, is told from time
// to time how far it has come and where the head was at the start. The same log
// gives the same digests.
func Replay(ctx context.Context, log domain.Log, open Opener, when Moments, o Options, progress func(at, head domain.Position)) (*Models, ReplayReport, error) {
	head, err := log.Head(ctx)
	if err != nil {
		return nil, ReplayReport{}, err
	}
	r := replaying{models: NewModels(), when: when}
	err = newReader(open, o).each(ctx, all(log, 0), func(records []domain.Record, upTo domain.Position) error {
		if progress != nil {
			defer progress(upTo, head)
		}
		return r.apply(records)
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil && !errors.Is(err, errEnough) {
		return nil, ReplayReport{}, err
	}
	r.report.Digests = r.models.Digests()
	return r.models, r.report, nil
}

// all returns the pages of a log after a position, up to the head.
func all(log domain.Log, after domain.Position) pages {
	return func(ctx context.Context) iter.Seq2[domain.Page, error] { return log.ReadAll(ctx, after) }
}

// A replaying is a replay under way.
type replaying struct {
	models *Models
	when   Moments
	report ReplayReport
}

// errEnough ends reading: what follows was not known yet.
var errEnough = errors.New("what follows does not count")

// apply applies those of the records that count.
func (r *replaying) apply(records []domain.Record) error {
	var enough error
	kept := records[:0]
	for i := range records {
		rec := &records[i]
		if r.when.later(rec) {
			enough = errEnough
			break
		}
		r.report.Position = rec.Position
		if r.when.counts(rec) {
			kept = append(kept, *rec)
		}
	}
	r.report.Entries += len(kept)
	return cmp.Or(r.models.applyAll(kept), enough)
}
