package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// An audit is a dossier or an exported log on its way through the checks.
type audit struct {
	p *program
	s *source
	r *report
	m *manifest // nil: an exported log
	t trust

	newest checkpoint
	stops  []stop // earlier checkpoints, by size
	met    int    // stops that were compared
	agreed int    // of those that came along
	denied int
	tree   merkle
	tiles  mosaic
	ranges []span // which entries are there; nil: all
	count  int64  // entries read

	keep func(entry []byte) bool               // which entries are looked at; nil: none
	look func(index int64, entry []byte) error // in order
	gone []string                              // what is missing among the entries
}

// A stop is an earlier checkpoint: at its size the tree must have had its root.
type stop struct {
	checkpoint
	name string
	mine bool // the auditor's own
}

// A span is a range of indices, both included.
type span struct{ from, to int64 }

// log carries out the command.
func (p *program) log(args []string) (*report, error) {
	a, err := p.audit("log", args[0])
	if err != nil {
		return nil, err
	}
	defer a.s.Close()
	if err := a.run(); err != nil {
		return a.r, a.r.take(err)
	}
	a.conclude()
	return a.r, nil
}

// audit opens what is to be checked.
func (p *program) audit(command, name string) (*audit, error) {
	s, err := openSource(name)
	if err != nil {
		return nil, err
	}
	a := &audit{p: p, s: s, r: p.report(command, name), tiles: mosaic{s: s, first: -1}}
	a.tree.whole = a.tiles.whole
	return a, nil
}

// take turns bytes that were changed into a check that failed; other errors stay.
func (r *report) take(err error) error {
	if changed, ok := errors.AsType[*alteredError](err); ok {
		r.check("bytes", false, "%s è stato alterato: %v", "%s was changed: %v", changed.name, changed.err)
		return nil
	}
	return err
}

// run checks that everything there hangs together with the newest checkpoint.
func (a *audit) run() (err error) {
	if a.m, err = a.s.readManifest(); err != nil {
		return err
	}
	a.s.listed = a.m != nil
	if a.m == nil && !a.s.has("checkpoint") {
		return unreadable("%s non è un fascicolo né un registro esportato", "%s is neither a dossier nor an exported log", a.s.path)
	}
	if a.t, err = a.p.trusts(a.s); err != nil {
		return err
	}
	if err := a.checkpoints(); err != nil {
		return err
	}
	if err := a.grow(); err != nil {
		return err
	}
	a.compare()
	if a.m == nil {
		return nil
	}
	return errors.Join(a.proofs(), a.r.checkFiles(a.s, a.m))
}

// checkpoints reads the newest checkpoint and the earlier ones.
func (a *audit) checkpoints() error {
	data, err := a.s.read("checkpoint", maxNote)
	if err != nil {
		return err
	}
	if a.newest, err = readCheckpoint(data); err != nil {
		return err
	}
	a.r.Origin, a.r.Size, a.r.Root = a.newest.origin, a.newest.size, a.newest.root.String()
	a.r.checkSignature(a.newest, a.t)
	if m := a.m; m != nil {
		a.r.check("manifest", m.Origin == a.newest.origin && m.Size == a.newest.size && m.Root == a.newest.root.String(),
			"dossier.json parla di %d fatti con radice %s: come il checkpoint", "dossier.json speaks of %d facts with root %s: as the checkpoint does", m.Size, m.Root)
	}
	unsigned := 0
	for _, name := range a.s.below("checkpoints") {
		data, err := a.s.read(name, maxNote)
		if err != nil {
			return err
		}
		c, err := readCheckpoint(data)
		if err != nil {
			return err
		}
		if _, ok := c.signer(a.t.older); !ok || name != "checkpoints/"+strconv.FormatInt(c.size, 10) || c.origin != a.newest.origin || c.size > a.newest.size {
			unsigned++
			continue
		}
		a.stops = append(a.stops, stop{checkpoint: c, name: name})
	}
	if unsigned > 0 {
		a.r.check("earlier-signatures", false, "%d checkpoint precedenti non sono firmati da una chiave nota, o non sono di questo registro",
			"%d earlier checkpoints are not signed by a known key, or not of this log", unsigned)
	}
	return nil
}

// grow builds the tree from what is there.
func (a *audit) grow() (err error) {
	slices.SortStableFunc(a.stops, func(x, y stop) int { return cmp.Compare(x.size, y.size) })
	a.arrive()
	switch {
	case a.m == nil:
		err = a.growFrom(a.bundles())
	case a.m.Entries == "scope":
		err = a.growFromTiles()
	default:
		err = a.growFrom(a.s.below("entries"))
	}
	if err != nil {
		return err
	}
	return a.tiles.end()
}

// leaf adds one leaf.
func (a *audit) leaf(h tlog.Hash) error {
	if err := a.tree.add(h); err != nil {
		return err
	}
	a.arrive()
	return nil
}

// arrive compares the tree with the earlier checkpoints of its size.
func (a *audit) arrive() {
	for a.met < len(a.stops) && a.stops[a.met].size <= a.tree.size {
		c := &a.stops[a.met]
		a.met++
		a.arrived(c, c.root == a.tree.root())
	}
}

// arrived notes whether an earlier checkpoint agrees: the auditor's own in any case,
// of the others the first that does not.
func (a *audit) arrived(c *stop, ok bool) {
	switch {
	case c.mine:
		a.r.arrived(c, a.tree.size, ok)
	case ok:
		a.agreed++
	case a.denied == 0:
		a.r.arrived(c, a.tree.size, false)
		fallthrough
	default:
		a.denied++
	}
}

// arrived notes whether an earlier checkpoint agrees with a log of a size.
func (r *report) arrived(c *stop, size int64, ok bool) {
	switch {
	case ok:
		r.check("consistency", true, "i primi %d fatti sono esattamente quelli del checkpoint conservato (radice %s)",
			"the first %d facts are exactly those of the checkpoint that was kept (root %s)", c.size, c.root)
	case c.size > size:
		r.check("consistency", false, "%s parla di %d fatti, qui ce ne sono %d: o questo fascicolo è di prima, e ne serve uno più recente, o dei fatti sono stati tolti",
			"%s speaks of %d facts, here are %d: either this dossier is from before, and a later one is needed, or facts were removed", c.name, c.size, size)
	default:
		r.check("consistency", false, "i primi %d fatti NON sono quelli di %s: il registro è stato riscritto",
			"the first %d facts are NOT those of %s: the log was rewritten", c.size, c.name)
	}
}

// growFrom builds the tree from files of entries that hold all of them.
func (a *audit) growFrom(names []string) error {
	return a.s.sheets(names, a.keep, func(sh *sheet) error {
		if a.m != nil && sh.name != sheetName(a.count) {
			a.gone = append(a.gone, sheetName(a.count))
		}
		for _, k := range sh.kept {
			if err := a.look(a.count+int64(k.at), k.entry); err != nil {
				return err
			}
		}
		for _, h := range sh.hashes {
			if err := a.leaf(h); err != nil {
				return err
			}
		}
		a.count += int64(len(sh.hashes))
		return nil
	})
}

func sheetName(first int64) string { return fmt.Sprintf("entries/%010d.jsonl", first) }

// bundles returns the files of entries of an exported log.
func (a *audit) bundles() (names []string) {
	for n := int64(0); n*tileWidth < a.newest.size; n++ {
		name := tilePath(-1, n, int(min(tileWidth, a.newest.size-n*tileWidth)))
		if !a.s.has(name) {
			a.gone = append(a.gone, name)
			return names
		}
		names = append(names, name)
	}
	return names
}

// compare notes whether the tree is the one of the checkpoint.
func (a *audit) compare() {
	r, root := a.r, a.tree.root()
	if len(a.gone) > 0 {
		r.check("entries", false, "tra i fatti mancano dei file, o sono fuori posto: %s", "files of facts are missing or out of place: %s", few(a.gone))
	}
	if a.tree.size == a.newest.size && root == a.newest.root {
		r.check("root", true, "la radice ricalcolata da %d fatti è quella del checkpoint: %s", "the root recomputed from %d facts is the checkpoint's: %s", a.tree.size, root)
	} else {
		r.check("root", false, "la radice ricalcolata da %d fatti è %s; il checkpoint ne firma %d con radice %s",
			"the root recomputed from %d facts is %s; the checkpoint signs %d with root %s", a.tree.size, root, a.newest.size, a.newest.root)
	}
	if faults := slices.Concat(a.tiles.wrong, a.tiles.missing); len(faults) > 0 {
		r.check("tiles", false, "%d tessere di impronte mancano o dicono altro: %s%s", "%d tiles of hashes are missing or tell otherwise: %s%s", len(faults), few(faults), a.from())
	} else {
		r.check("tiles", a.m == nil || a.tiles.good == len(a.s.below("tile")), "tessere di impronte confrontate: %d, tutte concordi", "tiles of hashes compared: %d, all agree", a.tiles.good)
	}
	for ; a.met < len(a.stops); a.met++ {
		a.arrived(&a.stops[a.met], false)
	}
	if a.agreed > 0 && a.denied == 0 {
		r.check("earlier", true, "checkpoint precedenti contenuti nel fascicolo: %d, tutti concordi", "earlier checkpoints that came along: %d, all agree", a.agreed)
	}
}

// from says from which fact on the tiles tell otherwise.
func (a *audit) from() string {
	if a.tiles.first < 0 {
		return ""
	}
	return fmt.Sprintf(" (≠ %d)", a.tiles.first)
}

// conclude says what follows, and what does not.
func (a *audit) conclude() {
	r := a.r
	if a.ranges != nil {
		r.means("i %d fatti dell'ambito sono nel registro firmato, al loro posto; nessuno di essi è stato cambiato dopo la firma",
			"the %d facts of the scope are in the signed log, in their places; none of them was changed after the signature", a.count)
		r.limit("che l'ambito sia completo: gli altri fatti sono presenti solo come impronte",
			"that the scope is complete: the other facts are there as hashes only")
	} else {
		r.means("i %d fatti sono esattamente quelli firmati: nessuno è stato cambiato, tolto, aggiunto o spostato dopo la firma",
			"the %d facts are exactly those that were signed: none was changed, removed, added or moved after the signature", a.tree.size)
	}
	r.limit("che ciò che fu registrato sia vero, né che nessuno sia stato dimenticato", "that what was recorded is true, or that nobody was left out")
	r.limit("nulla contro chi possiede la chiave: chi gestisce il registro può riscriverlo e firmarlo di nuovo. Lo rivela solo un checkpoint conservato fuori: tavoli-verify consistency",
		"anything against whoever holds the key: the operator can rewrite the log and sign it again. Only a checkpoint kept outside shows it: tavoli-verify consistency")
	if a.m != nil {
		r.limit("dossier.json, i registri, i documenti e index.html non sono firmati: i registri vanno confrontati con i fatti (tavoli-verify replay), i documenti con la loro impronta nei fatti",
			"dossier.json, registers, documents and index.html are not signed: compare the registers with the facts (tavoli-verify replay), documents with their hash in the facts")
	}
}
