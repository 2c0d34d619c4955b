package projections

import (
	"context"
	"errors"
	"runtime"
	"time"

	"tavoli/domain"
)

// A Comparison is a model as it was served beside the same model made anew.
type Comparison struct {
	Model   string `json:"model"`
	Version int    `json:"version"`
	Serving string `json:"serving"` // digest
	Fresh   string `json:"fresh"`   // digest
	Equal   bool   `json:"equal"`
}

// A RebuildReport says what a rebuild found.
type RebuildReport struct {
	Position domain.Position `json:"position,string"` // at which the two were compared
	Entries  int             `json:"entries"`
	Models   []Comparison    `json:"models"`
	Equal    bool            `json:"equal"` // all of them
	Took     time.Duration   `json:"took_ns,omitempty"`
}

// ErrRebuilding says that a rebuild is under way already.
var ErrRebuilding = &domain.Error{Kind: domain.Refused, Code: "rebuild-running", Text: "the read models are being rebuilt already"}

// closeBehind is how many entries a rebuild may lag behind before the view stands
// still for it.
const closeBehind = 1_000

// Rebuild makes the models anew from position 0 while the view goes on serving,
// compares them with the serving ones at the same position, and serves the new
// ones from then on. A difference is told to Warn and stands in the report: the
// old ones were wrong. It needs the memory of a second set of models, and the view
// stands still, but answers, while the two are compared. Progress may be nil.
func (v *View) Rebuild(ctx context.Context, progress func(at, head domain.Position)) (RebuildReport, error) {
	if !v.rebuild.TryLock() {
		return RebuildReport{}, ErrRebuilding
	}
	defer v.rebuild.Unlock()
	started := v.options.now()
	r := newRebuilding(v, progress)
	for behind := closeBehind + 1; behind > closeBehind; {
		before := r.entries
		if err := r.catchUp(ctx); err != nil {
			return RebuildReport{}, err
		}
		behind = r.entries - before
	}
	report, err := r.exchange(ctx)
	if err != nil {
		return RebuildReport{}, err
	}
	report.Took = v.options.now().Sub(started)
	if !report.Equal {
		v.reader.warn("rebuilt read models differ from those that were served", "position", report.Position, "models", report.different())
	}
	return report, nil
}

// different returns the names of the models that differ.
func (r RebuildReport) different() (names []string) {
	for _, c := range r.Models {
		if !c.Equal {
			names = append(names, c.Model)
		}
	}
	return names
}

// A rebuilding is a rebuild under way.
type rebuilding struct {
	view     *View
	reader   *reader
	fresh    *Models
	at       domain.Position
	entries  int
	progress func(at, head domain.Position)
}

func newRebuilding(v *View, progress func(at, head domain.Position)) *rebuilding {
	if progress == nil {
		progress = func(_, _ domain.Position) {}
	}
	// One worker leaves the other processors to those who serve.
	return &rebuilding{view: v, reader: newReader(v.reader.open, Options{Workers: 1}), fresh: NewModels(), progress: progress}
}

// catchUp applies everything up to what the view has seen.
func (r *rebuilding) catchUp(ctx context.Context) error {
	limit := r.view.Seen()
	if r.at >= limit {
		return ctx.Err()
	}
	err := r.reader.each(ctx, all(r.view.log, r.at), func(records []domain.Record, upTo domain.Position) error {
		n := len(records)
		for n > 0 && records[n-1].Position > limit {
			n--
		}
		if err := r.fresh.applyAll(records[:n]); err != nil {
			return err
		}
		r.entries += n
		r.progress(min(upTo, limit), limit)
		runtime.Gosched()
		if upTo >= limit {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	r.at = limit
	return ctx.Err()
}

// exchange compares the two sets at the same position and serves the fresh one.
func (r *rebuilding) exchange(ctx context.Context) (RebuildReport, error) {
	v := r.view
	v.applying.Lock()
	defer v.applying.Unlock()
	if err := r.catchUp(ctx); err != nil {
		return RebuildReport{}, err
	}
	report := compare(v.models.Digests(), r.fresh.Digests())
	report.Position, report.Entries = r.at, r.entries
	v.mu.Lock()
	defer v.mu.Unlock()
	v.models = r.fresh
	return report, nil
}

func compare(serving, fresh []Digest) RebuildReport {
	report := RebuildReport{Equal: true}
	for i, f := range fresh {
		c := Comparison{f.Model, f.Version, serving[i].SHA256, f.SHA256, serving[i].SHA256 == f.SHA256}
		report.Models = append(report.Models, c)
		report.Equal = report.Equal && c.Equal
	}
	return report
}
