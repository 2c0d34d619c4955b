package bus

import (
	"log/slog"
)

// A watch counts and logs what goes wrong with a follower, and what goes right
// again. It logs the first failure in a row and its end.
type watch struct {
	name   string
	logger *slog.Logger
	gauge  *gauge
}

// Where a follower can fail, beside the lanes of a bridge.
const (
	atLog        = "log"
	atCheckpoint = "checkpoint"
	atHandler    = "handler"
)

func (w watch) failed(where, text string) {
	if w.gauge.failed(where, text) {
		w.logger.Warn("held up, trying again", "follower", w.name, "at", where, "error", text)
	}
}

func (w watch) well(where string) {
	if w.gauge.well(where) {
		w.logger.Info("going on", "follower", w.name, "at", where)
	}
}
