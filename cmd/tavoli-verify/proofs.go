package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A proof says that an entry is in the log of a checkpoint (C2SP tlog-proof).
type proof struct {
	index      int64
	hashes     tlog.RecordProof
	extra      []byte
	checkpoint checkpoint
}

const (
	proofHead = "c2sp.org/tlog-proof@v1"
	maxProof  = 64 // hashes
)

// readProof reads a proof in its only form.
func readProof(data []byte) (p proof, err error) {
	malformed := unreadable("la prova è malformata", "the proof is malformed")
	body, signed, ok := strings.Cut(string(data), "\n\n")
	lines := strings.Split(body, "\n")
	if !ok || len(lines) < 2 || lines[0] != proofHead || len(data) > 2*maxNote {
		return p, malformed
	}
	lines = lines[1:]
	if text, found := strings.CutPrefix(lines[0], "extra "); found && len(lines) > 1 {
		if p.extra, err = base64.StdEncoding.Strict().DecodeString(text); err != nil {
			return p, malformed
		}
		lines = lines[1:]
	}
	text, found := strings.CutPrefix(lines[0], "index ")
	if p.index, ok = decimal(text); !found || !ok || len(lines)-1 > maxProof {
		return p, malformed
	}
	for _, line := range lines[1:] {
		h, err := hashOf(line)
		if err != nil {
			return p, err
		}
		p.hashes = append(p.hashes, h)
	}
	p.checkpoint, err = readCheckpoint([]byte(signed))
	return p, err
}

// includes reports whether the proof shows that a leaf is in the log.
func (p proof) includes(leaf tlog.Hash) bool {
	c := p.checkpoint
	return p.index < c.size && tlog.CheckRecord(p.hashes, c.size, c.root, p.index, leaf) == nil
}

// inclusion carries out the command "proof".
func (p *program) inclusion(args []string) (*report, error) {
	pr, err := proofFile(args[0])
	if err != nil {
		return nil, err
	}
	entry, s, err := p.entryFor(pr)
	if err != nil {
		return nil, err
	}
	if s != nil {
		defer s.Close()
	}
	t, err := p.trusts(s)
	if err != nil {
		return nil, err
	}
	r := p.report("proof", args[0])
	r.Origin, r.Size, r.Root = pr.checkpoint.origin, pr.checkpoint.size, pr.checkpoint.root.String()
	r.checkSignature(pr.checkpoint, t)
	if r.check("inclusion", pr.includes(tlog.RecordHash(entry)), "il fatto ha l'indice %d tra i %d del checkpoint", "the fact has index %d among the %d of the checkpoint", pr.index, pr.checkpoint.size) {
		if e, err := readEntry(entry); err == nil {
			r.check("entry", true, "il fatto è %s, %s n. %d, registrato il %s", "the fact is %s, %s no. %d, recorded at %s", e.Type, e.Stream, e.Revision, e.RecordedAt)
		}
	}
	r.means("questo fatto, parola per parola, era nel registro quando il checkpoint fu firmato", "this fact, word for word, was in the log when the checkpoint was signed")
	r.limit("che ciò che il fatto dice sia vero, né che un fatto successivo non lo corregga", "that what the fact says is true, or that no later fact corrects it")
	return r, nil
}

// proofFile reads a proof from a file of its own, or as the register's API answers
// with --json, which has the entry beside it.
func proofFile(name string) (proof, error) {
	data, err := readFile(name, 8*maxNote)
	if err != nil {
		return proof{}, err
	}
	if len(data) == 0 || data[0] != '{' {
		return readProof(data)
	}
	var told struct {
		Proof string          `json:"proof"`
		Entry json.RawMessage `json:"entry"`
	}
	if err := unmarshal(data, &told); err != nil {
		return proof{}, unreadable("la prova è malformata", "the proof is malformed")
	}
	pr, err := readProof([]byte(told.Proof))
	pr.extra = told.Entry
	return pr, err
}

// entryFor returns the entry that a proof is about: from --entry, or as it came
// along with the proof.
func (p *program) entryFor(pr proof) ([]byte, *source, error) {
	if p.entry == "" {
		if len(pr.extra) > 0 {
			return pr.extra, nil, nil
		}
		return nil, nil, usage("la prova non contiene il fatto: --entry FILE", "the proof does not hold the entry: --entry FILE")
	}
	if data, err := readFile(p.entry, maxEntry+2); err == nil && len(data) > 0 && data[0] == '{' {
		return bytes.TrimRight(data, "\r\n"), nil, nil
	}
	s, err := openSource(p.entry)
	if err != nil {
		return nil, nil, err
	}
	entry, err := s.entryAt(pr.index)
	if err != nil {
		_ = s.Close() // nothing was written
		return nil, nil, err
	}
	return entry, s, nil
}

// entryAt returns one entry of a dossier.
func (s *source) entryAt(index int64) (found []byte, err error) {
	at := walk{spans: []span{{0, 1<<62 - 1}}}
	names := slices.DeleteFunc(slices.Clone(s.below("entries")), func(n string) bool { return n == indexFile })
	switch {
	case s.has(indexFile):
		if at.spans, err = s.spans(); err != nil {
			return nil, err
		}
	case len(names) == 0: // an exported log: the widest bundle of those that may hold it
		first := index / tileWidth * tileWidth
		at.spans = []span{{first, first + tileWidth - 1}}
		for width := tileWidth; width > int(index-first) && len(names) == 0; width-- {
			if name := tilePath(-1, index/tileWidth, width); s.has(name) {
				names = []string{name}
			}
		}
	}
	err = s.sheets(names, func([]byte) bool { return true }, func(sh *sheet) error {
		for _, k := range sh.kept {
			if i, ok := at.next(); ok && i == index {
				found = k.entry
			}
		}
		return nil
	})
	if err == nil && found == nil {
		err = unreadable("%s non contiene il fatto %d", "%s does not hold entry %d", s.path, index)
	}
	return found, err
}

// proofs checks the proofs that came along with a dossier.
func (a *audit) proofs() error {
	names := a.s.below("proofs")
	if len(names) == 0 {
		return nil
	}
	var wrong []string
	for _, name := range names {
		data, err := a.s.read(name, 2*maxNote)
		if err != nil {
			return err
		}
		pr, err := readProof(data)
		if err != nil {
			return err
		}
		if !a.proves(name, pr) {
			wrong = append(wrong, name)
		}
	}
	if len(wrong) > 0 {
		a.r.check("proofs", false, "%d prove non reggono: %s", "%d proofs do not hold: %s", len(wrong), few(wrong))
		return nil
	}
	a.r.check("proofs", true, "prove allegate: %d, tutte reggono", "proofs that came along: %d, all hold", len(names))
	return nil
}

// proves reports whether a proof that came along is one of this log.
func (a *audit) proves(name string, pr proof) bool {
	tile := tilePath(0, pr.index/tileWidth, int(min(tileWidth, a.newest.size-pr.index/tileWidth*tileWidth)))
	if name != "proofs/"+strconv.FormatInt(pr.index, 10)+".tlog-proof" || !bytes.Equal(pr.checkpoint.signed, a.newest.signed) || !a.s.has(tile) {
		return false
	}
	data, err := a.s.read(tile, tileWidth*tlog.HashSize)
	at := int(pr.index%tileWidth) * tlog.HashSize
	return err == nil && at+tlog.HashSize <= len(data) && pr.includes(tlog.Hash(data[at:at+tlog.HashSize]))
}

// consistency carries out the command.
func (p *program) consistency(args []string) (*report, error) {
	data, err := readFile(args[0], maxNote)
	if err != nil {
		return nil, err
	}
	old, err := readCheckpoint(data)
	if err != nil {
		return nil, err
	}
	if data, err := readFile(args[1], maxNote); err == nil {
		if c, err := readCheckpoint(data); err == nil {
			return p.between(args, old, c)
		}
	}
	a, err := p.audit("consistency", args[1])
	if err != nil {
		return nil, err
	}
	defer a.s.Close()
	a.stops = append(a.stops, stop{old, args[0], true})
	if err := a.run(); err != nil {
		return a.r, a.r.take(err)
	}
	a.r.pair(old, a.newest, a.t)
	a.conclude()
	return a.r, nil
}

// pair notes whether two checkpoints are of the same log, the older one signed.
func (r *report) pair(old, new checkpoint, t trust) {
	_, signed := old.signer(append(t.older, t.keys...))
	r.check("kept-signature", signed, "il checkpoint conservato, di %d fatti, è firmato con una chiave del registro", "the checkpoint that was kept, of %d facts, is signed with a key of the log", old.size)
	r.check("origin", old.origin == new.origin, "entrambi sono di %s", "both are of %s", old.origin)
	r.means("da quando il checkpoint di %d fatti fu consegnato, nulla di ciò che vi era è stato cambiato o tolto: il registro è solo cresciuto, fino a %d fatti",
		"since the checkpoint of %d facts was handed out nothing in it was changed or removed: the log has only grown, to %d facts", old.size, new.size)
}

// between compares two checkpoints with the help of a proof.
func (p *program) between(args []string, old, new checkpoint) (*report, error) {
	t, err := p.trusts(nil)
	if err != nil {
		return nil, err
	}
	r := p.report("consistency", args[1])
	r.Origin, r.Size, r.Root = new.origin, new.size, new.root.String()
	r.checkSignature(new, t)
	ok := old.size == new.size && old.root == new.root
	if old.size != new.size {
		if p.proof == "" {
			return nil, usage("due checkpoint diversi: serve --proof FILE, o il fascicolo al posto del secondo", "two different checkpoints: --proof FILE is needed, or the dossier instead of the second")
		}
		hashes, err := readHashes(p.proof)
		if err != nil {
			return nil, err
		}
		ok = old.size > 0 && old.size < new.size && tlog.CheckTree(hashes, new.size, new.root, old.size, old.root) == nil
	}
	r.arrived(&stop{old, args[0], true}, new.size, ok)
	r.pair(old, new, t)
	r.limit("che cosa fu registrato, né che sia vero", "what was recorded, or that it is true")
	return r, nil
}

// readHashes reads a consistency proof: hashes, one a line, or JSON with "hashes".
func readHashes(name string) (hashes tlog.TreeProof, err error) {
	data, err := readFile(name, maxNote)
	if err != nil {
		return nil, err
	}
	lines := strings.Fields(string(data))
	var doc struct {
		Hashes []string `json:"hashes"`
	}
	if json.Unmarshal(data, &doc) == nil {
		lines = doc.Hashes
	}
	if len(lines) > 2*maxProof {
		return nil, unreadable("la prova è malformata", "the proof is malformed")
	}
	for _, line := range lines {
		h, err := hashOf(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, h)
	}
	return hashes, nil
}

// keys carries out the command "key".
func (p *program) keys(args []string) (*report, error) {
	s, err := openSource(args[0])
	if err != nil {
		return nil, err
	}
	defer s.Close()
	t, err := p.trusts(s)
	if err != nil {
		return nil, err
	}
	r := p.report("key", args[0])
	for _, k := range t.keys {
		r.Keys = append(r.Keys, k.vkey)
		r.check("key", true, "%s", "%s", k.vkey)
	}
	r.limit("che queste chiavi siano del registro: vanno confrontate con quelle avute per altra via", "that these keys are the register's: compare them with those known from elsewhere")
	return r, nil
}
