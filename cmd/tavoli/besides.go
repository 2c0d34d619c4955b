package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tavoli/adapters/web"
	"tavoli/domain"
)

// maxProblems is how many problems are told one by one.
const maxProblems = 1000

// A besides reads a log as anybody may, whichever store it lies in: whether every entry
// is whole and follows the one before it in its stream, and whether what lies beside
// the log belongs to it: the keys to the values of persons, and the files that
// were filed.
type besides struct {
	vault    domain.Vault
	files    web.Files
	filed    map[string]*filing // by the SHA-256
	next     map[domain.Stream]domain.Revision
	records  int64
	shut     int             // sealed values that cannot be opened
	first    domain.Position // of the first of them
	problems []string
}

func newBesides(vault domain.Vault, files web.Files) *besides {
	return &besides{vault: vault, files: files, filed: make(map[string]*filing), next: make(map[domain.Stream]domain.Revision)}
}

// check reads the log and says what is wrong with it, and what of it cannot be opened
// or found.
func (b *besides) check(ctx context.Context, log domain.Log, progress func(done, total int64)) ([]string, error) {
	head, err := log.Head(ctx)
	if err != nil {
		return nil, err
	}
	for page, err := range log.ReadAll(ctx, 0) {
		if err != nil {
			return b.problems, err
		}
		for _, e := range page.Entries {
			b.records++
			if err := b.entry(e); err != nil {
				b.problem(e.Position, err)
			}
		}
		if progress != nil {
			progress(int64(page.UpTo), int64(head))
		}
	}
	b.documents()
	if b.shut > 0 {
		b.problems = append(b.problems, fmt.Sprintf("position %d and later: %d sealed values of persons cannot be opened with the keyring", b.first, b.shut))
	}
	return b.problems, nil
}

// problem notes what is wrong at a position.
func (b *besides) problem(at domain.Position, err error) {
	if len(b.problems) < maxProblems {
		b.problems = append(b.problems, fmt.Sprintf("position %d: %v", at, err))
	}
}

// entry looks at one entry and at what it needs beside the log.
func (b *besides) entry(e domain.Entry) error {
	rec, err := e.Record()
	if err != nil {
		return err
	}
	next := b.next[rec.Stream]
	b.next[rec.Stream] = rec.Revision + 1
	if rec.Revision != next {
		b.problem(e.Position, fmt.Errorf("%s: revision %d stands where %d should", rec.Stream, rec.Revision, next))
	}
	if _, err := b.vault.Opens(rec.Event); err != nil && !errors.Is(err, domain.ErrKeyDestroyed) {
		if b.shut++; b.shut == 1 {
			b.first = e.Position
		}
	}
	switch fact := rec.Event.(type) {
	case domain.EvidenceFiled:
		if b.filed[fact.SHA256] == nil {
			b.filed[fact.SHA256] = &filing{at: e.Position, by: make(map[domain.TavoloID]bool)}
		}
		b.filed[fact.SHA256].by[fact.Tavolo] = true
	case domain.EvidenceDestroyed:
		if f := b.filed[fact.SHA256]; f != nil {
			delete(f.by, fact.Tavolo)
		}
	}
	return nil
}

// A filing is a document that has to be there for some tavoli: where it was filed first.
type filing struct {
	at domain.Position
	by map[domain.TavoloID]bool // for which it was not destroyed
}

// documents reads every document that has to be there, in the order of the log.
func (b *besides) documents() {
	byPosition := func(x, y string) int { return cmp.Or(cmp.Compare(b.filed[x].at, b.filed[y].at), cmp.Compare(x, y)) }
	for _, sha := range slices.SortedFunc(maps.Keys(b.filed), byPosition) {
		if len(b.filed[sha].by) == 0 {
			continue
		}
		if err := verifyFile(b.files, sha); err != nil {
			b.problem(b.filed[sha].at, err)
		}
	}
}

// verifyFile reads a file to its end.
func verifyFile(files web.Files, sha string) error {
	f, err := files.Open(sha)
	if err != nil {
		return fmt.Errorf("documento · evidence %s: %w", sha, err)
	}
	return f.Close()
}
