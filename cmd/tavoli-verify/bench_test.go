package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// BenchmarkLog checks a dossier of a million facts, and compares with SHA-256 over
// the same bytes on one processor. At least 50 % is due.
func BenchmarkLog(b *testing.B) {
	const n = 1_000_000
	dir, all := million(b, n)
	plain, took := time.Hour, time.Hour // the best of each
	b.ResetTimer()
	for range max(b.N, 3) {
		began := time.Now()
		sha256.Sum256(all)
		plain = min(plain, time.Since(began))
		began = time.Now()
		if code, out := verify("log", dir); code != exitOK {
			b.Fatalf("exit %d\n%s", code, out)
		}
		took = min(took, time.Since(began))
	}
	b.Logf("%d facts, %d MB: SHA-256 alone %v, log %v", n, len(all)>>20, plain, took)
	b.ReportMetric(100*plain.Seconds()/took.Seconds(), "%-of-sha256")
	b.ReportMetric(float64(len(all))/took.Seconds()/1e6, "MB/s")
}

// BenchmarkReplay tells who attended 100 tavoli from a million facts.
func BenchmarkReplay(b *testing.B) {
	const n = 1_000_000
	dir, _ := million(b, n)
	b.ResetTimer()
	for range b.N {
		began := time.Now()
		if code, out := verify("replay", dir); code != exitOK {
			b.Fatalf("exit %d\n%.2000s", code, out)
		}
		b.ReportMetric(float64(n)/time.Since(began).Seconds(), "facts/s")
	}
}

// million lays a dossier of n facts open: registrations and presences of 100 tavoli.
func million(b *testing.B, n int) (dir string, all []byte) {
	b.Helper()
	s := newSigner(b, 1)
	var tree merkle
	f := files{"keys": []byte(s.vkey + "\n")}
	rows := make(map[int][]tlog.Hash)
	counts := make(map[int]int64)
	tree.whole = func(level int, h tlog.Hash) error {
		if rows[level] = append(rows[level], h); len(rows[level]) == tileWidth {
			f[tilePath(level, counts[level], tileWidth)] = flat(rows[level])
			rows[level], counts[level] = nil, counts[level]+1
		}
		return nil
	}
	revisions := make(map[string]int)
	var buf bytes.Buffer
	for i := range n {
		stream, kind, data := busy(i)
		e := fact(i, stream, revisions[stream], kind, data)
		revisions[stream]++
		if err := tree.add(tlog.RecordHash(e)); err != nil {
			b.Fatal(err)
		}
		buf.Write(e)
		buf.WriteByte('\n')
		if (i+1)%maxLines == 0 || i == n-1 {
			f[sheetName(int64(i/maxLines*maxLines))] = bytes.Clone(buf.Bytes())
			all = append(all, buf.Bytes()...)
			buf.Reset()
		}
	}
	for level, row := range rows {
		if len(row) > 0 {
			f[tilePath(level, counts[level], len(row))] = flat(row)
		}
	}
	f["checkpoint"] = s.checkpoint(b, n, tree.root())
	f.list(b, n, tree.root(), "all")
	return f.folder(b), all
}

func flat(hashes []tlog.Hash) (data []byte) {
	for _, h := range hashes {
		data = append(data, h[:]...)
	}
	return data
}

// busy returns the ith fact of a busy register.
func busy(i int) (stream, kind, data string) {
	tavolo, person := fmt.Sprintf("coopera-%d", i%100), fmt.Sprintf("%08d-ff3d-52f8-9f09-f5812c4f1f77", i/200)
	if i/100%2 == 1 {
		return "presenze-" + tavolo, "PresenceRecorded", fmt.Sprintf(`{"tavolo":"%s","presence":"%08d-0000-5000-8000-000000000002","participant":"%s","mode":"in-presence","from":"2022-05-25T13:00:00Z","to":"2022-05-25T14:30:00Z","source":"desk"}`, tavolo, i, person)
	}
	return "tavolo-" + tavolo, "ParticipantRegistered", fmt.Sprintf(`{"tavolo":"%s","participant":"%s","commitments":{"contact":"J6TmQsVHGvAyZxhEw6HuFvPnMQ5r4WgfDPT1xqRnAJw","identity":"J6TmQsVHGvAyZxhEw6HuFvPnMQ5r4WgfDPT1xqRnAJw"},"ente":{"kind":"comune","code":"A176"},"capacity":"delegate","mode":"in-presence"}`, tavolo, person)
}

// BenchmarkProof checks one proof out of a million facts. With making it, 5 ms are due.
func BenchmarkProof(b *testing.B) {
	s := newSigner(b, 1)
	entries := facts(100_000)
	file := filepath.Join(b.TempDir(), "a.tlog-proof")
	entry := filepath.Join(b.TempDir(), "entry")
	for name, data := range map[string][]byte{file: proofOf(b, s, entries, 77_777), entry: entries[77_777]} {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for range b.N {
		if code, out := verify("proof", file, "--entry", entry, "--key", s.vkey); code != exitOK {
			b.Fatalf("exit %d\n%s", code, out)
		}
	}
}
