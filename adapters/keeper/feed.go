package keeper

import (
	"context"
	"errors"
	"slices"
	"sync"

	"tavoli/domain"
)

// A feed is the list of the keys that were destroyed, in no order that matters
// before the keeper began and as they were destroyed afterwards.
type feed struct {
	mu   sync.Mutex
	gone []domain.KeyID
	set  map[domain.KeyID]struct{}
	news chan struct{} // closed when something changes, and made anew
}

func newFeed() *feed {
	return &feed{set: make(map[domain.KeyID]struct{}), news: make(chan struct{})}
}

// load reads which keys of a ring were destroyed.
func (f *feed) load(ring Ring) error {
	for after := uint64(0); after < ring.Len(); after += maxPage {
		err := ring.Each(after, maxPage, func(id domain.KeyID, _ domain.Key, err error) {
			if errors.Is(err, domain.ErrKeyDestroyed) {
				f.note(id)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// add notes keys and tells everybody who waits.
func (f *feed) add(ids ...domain.KeyID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		f.note(id)
	}
	close(f.news)
	f.news = make(chan struct{})
}

func (f *feed) note(id domain.KeyID) {
	if _, known := f.set[id]; !known {
		f.set[id] = struct{}{}
		f.gone = append(f.gone, id)
	}
}

func (f *feed) len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.gone)
}

// since returns the keys from one on, not too many, and what tells of the next.
func (f *feed) since(after int) ([]domain.KeyID, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	after = min(max(after, 0), len(f.gone))
	return slices.Clone(f.gone[after:min(len(f.gone), after+maxChanges)]), f.news
}

// wait returns the keys from one on as soon as there are any, other news come, or
// ctx is done.
func (f *feed) wait(ctx context.Context, after int, enough func() bool) []domain.KeyID {
	for {
		ids, news := f.since(after)
		if len(ids) > 0 || enough() {
			return ids
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil
		}
	}
}
