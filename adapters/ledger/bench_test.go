package ledger_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"tavoli/adapters/ledger"
	"tavoli/domain"
)

// A long log is one that is made up as it is read: a key, and then facts of about 450
// bytes that differ in one number.
type long struct {
	ahead [pageFacts]domain.Entry // without positions
	key   []byte
	facts int
	first time.Time // when the first page was asked for
}

// newLong returns a log of so many facts.
func newLong(b *testing.B, facts int) *long {
	draft := key(b, 1).Events[0]
	l := &long{key: domain.AppendEntry(nil, domain.LedgerStream, 0, newClock().now(), &draft), facts: facts}
	for i := range l.ahead {
		l.ahead[i].Bytes = l.entry(1 + i)
	}
	return l
}

// entry returns the nth fact, from 0.
func (l *long) entry(n int) []byte {
	if n == 0 {
		return l.key
	}
	d := opened(0).Events[0]
	d.Data = fmt.Appendf(nil, `{"account":"conto-%09d","label":"%s"}`, n, filler)
	return domain.AppendEntry(nil, "account-conto", domain.Revision(n), newClock().now(), &d)
}

var filler = bytes.Repeat([]byte("x"), 100)

// pageFacts is how many facts are made ahead and read again and again: making them
// must not be measured.
const pageFacts = 1000

// pages yields the facts after a position.
func (l *long) pages(after domain.Position, yield func(domain.Page, error) bool) {
	l.first = time.Now()
	for at := int(after); at < l.facts; {
		page := domain.Page{Entries: make([]domain.Entry, 0, pageFacts)}
		for i := 0; i < pageFacts && at < l.facts; i++ {
			e := l.ahead[at%pageFacts]
			if at == 0 {
				e.Bytes = l.key
			}
			at++
			e.Position = domain.Position(at)
			page.Entries = append(page.Entries, e)
		}
		page.UpTo = domain.Position(at)
		if !yield(page, nil) {
			return
		}
	}
}

// ReadStream implements [domain.Log].
func (l *long) ReadStream(context.Context, domain.Stream, domain.Revision) iter.Seq2[domain.Entry, error] {
	return func(func(domain.Entry, error) bool) {}
}

// ReadAll implements [domain.Log].
func (l *long) ReadAll(_ context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) { l.pages(after, yield) }
}

// Follow implements [domain.Log].
func (l *long) Follow(ctx context.Context, after domain.Position) iter.Seq2[domain.Page, error] {
	return func(yield func(domain.Page, error) bool) {
		l.pages(after, yield)
		<-ctx.Done()
	}
}

// Head implements [domain.Log].
func (l *long) Head(context.Context) (domain.Position, error) { return domain.Position(l.facts), nil }

// BenchmarkAdd adds facts to the tree: 2 µs are due.
func BenchmarkAdd(b *testing.B) {
	log := newLong(b, b.N)
	l := ledger.New(log)
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Follow(ctx) }()
	if err := l.Wait(ctx, domain.Position(b.N)); err != nil {
		b.Fatal(err)
	}
	took := time.Since(log.first)
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/fact")
	b.SetBytes(int64(len(log.entry(1))))
}

// BenchmarkProof makes and checks, signature included, the proof of one fact among a
// million: 5 ms are due.
func BenchmarkProof(b *testing.B) {
	const million = 1_000_000
	log := newLong(b, million)
	l := following(b, log)
	s := signerOf(b, l, b.TempDir())
	sign(b, s)
	own, n := vkey(b, 1), int64(0)
	for b.Loop() {
		n = (n + 7919) % million
		entry, err := l.Entry(b.Context(), n)
		if err != nil {
			b.Fatal(err)
		}
		proof, err := s.Proof(n)
		if err != nil {
			b.Fatal(err)
		}
		read, err := ledger.ParseProof(proof.Text())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := read.Check(entry.Bytes, own); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/proof")
}

// BenchmarkRoot works out what a million facts add up to, as each signing does.
func BenchmarkRoot(b *testing.B) {
	l := following(b, newLong(b, 999_999))
	for b.Loop() {
		if _, err := l.Root(999_999); err != nil {
			b.Fatal(err)
		}
	}
}
