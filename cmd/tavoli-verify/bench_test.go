package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// BenchmarkLog checks a million facts, and compares with SHA-256 over the same bytes
// on one processor. At least 50 % is due. In a dossier each byte is hashed twice: in
// its leaf, and in its file, whose hash the list of files tells.
func BenchmarkLog(b *testing.B) {
	const n = 1_000_000
	dir, all := million(b, n)
	b.Run("dossier", func(b *testing.B) { timeLog(b, dir, all, n) })
	if err := os.Remove(filepath.Join(dir, manifestFile)); err != nil {
		b.Fatal(err)
	}
	bundle(b, dir)
	b.Run("export", func(b *testing.B) { timeLog(b, dir, all, n) })
}

// bundle turns the entries of a folder into bundles, as an exported log has them.
func bundle(b *testing.B, dir string) {
	b.Helper()
	s, err := openSource(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var part []byte
	count := int64(0)
	flush := func() {
		name := filepath.Join(dir, filepath.FromSlash(tilePath(-1, (count-1)/tileWidth, int((count-1)%tileWidth+1))))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, part, 0o644)); err != nil {
			b.Fatal(err)
		}
		part = part[:0]
	}
	err = s.sheets(s.below("entries"), func([]byte) bool { return true }, func(sh *sheet) error {
		for _, k := range sh.kept {
			part = append(binary.BigEndian.AppendUint16(part, uint16(len(k.entry))), k.entry...)
			if count++; count%tileWidth == 0 {
				flush()
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	if len(part) > 0 {
		flush()
	}
}

func timeLog(b *testing.B, dir string, all []byte, n int) {
	b.Helper()
	plain, took, busy := time.Hour, time.Hour, time.Hour // the best of each
	b.ResetTimer()
	for range max(b.N, 3) {
		began := time.Now()
		sha256.Sum256(all)
		plain = min(plain, time.Since(began))
		began, spent := time.Now(), processorTime(b)
		if code, out := verify("log", dir); code != exitOK {
			b.Fatalf("exit %d\n%s", code, out)
		}
		took, busy = min(took, time.Since(began)), min(busy, processorTime(b)-spent)
	}
	b.Logf("%d facts, %d MB: SHA-256 alone %v, log %v, processors %v", n, len(all)>>20, plain, took, busy)
	b.ReportMetric(busy.Seconds(), "processor-s")
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

// processorTime returns how long the processors were busy for this process so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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
