package web

import (
	"strconv"
	"strings"
)

// ledgerRoutes are the questions about what the facts add up to. Hashes, signatures
// and public keys tell nothing of persons, and the more hands they are in the better:
// everybody may have them. Entries are for those who may read the feed.
func ledgerRoutes() []route {
	routes := []route{
		{"GET", "/audit/checkpoint", "get-checkpoint", everybody, "What all facts add up to, signed: the newest checkpoint", getCheckpoint()},
		{"POST", "/audit/checkpoint", "sign-checkpoint", auditors, "Sign what all facts add up to now", signCheckpoint()},
		{"GET", "/audit/checkpoints", "list-checkpoints", everybody, "Every checkpoint that was signed, the newest first", listCheckpoints()},
		{"GET", "/audit/proofs", "find-proof", feeders, "The same for the fact at a revision of a stream", findProof()},
		{"GET", "/audit/proofs/{position}", "get-proof", feeders, "The proof that a fact belongs to the newest checkpoint", getProof()},
		{"GET", "/audit/consistency", "get-consistency", everybody, "The proof that the tree of one size begins with that of another", getConsistency()},
		{"GET", "/audit/keys", "get-ledger-keys", everybody, "The public keys with which the register is signed", getLedgerKeys()},
		{"POST", "/audit/keys/rotation", "rotate-ledger-key", admins, "Introduce another key; the one before signs beside it for thirty days", rotateKey().also(200, 409)},
		{"GET", "/audit/log/checkpoint", "ledger-checkpoint", everybody, "The newest checkpoint, as a static file", ledgerText("checkpoint")},
		{"GET", "/audit/log/keys", "ledger-keys", everybody, "The public keys, one a line, the first one first", ledgerText("keys")},
		{"GET", "/audit/log/checkpoints/{size}", "ledger-checkpoint-of-size", everybody, "The checkpoint that was signed of a size", ledgerText("checkpoints").also(404)},
	}
	tails := []string{"{tile}", "{tile}/{part}", "{tile}/{part}/{width}"}
	for i, tail := range tails {
		n := strconv.Itoa(i + 1)
		routes = append(routes,
			route{"GET", "/audit/log/tile/entries/" + tail, "ledger-entries-" + n, feeders, "A bundle of entries (C2SP tlog-tiles)", tileFile(true)},
			route{"GET", "/audit/log/tile/{level}/" + tail, "ledger-tile-" + n, everybody, "A tile of hashes (C2SP tlog-tiles)", tileFile(false)},
		)
	}
	return routes
}

// tileFile answers with a tile or a bundle, whose name is in one to three parts.
func tileFile(entries bool) action {
	return action{
		media: map[string]string{"application/octet-stream": "the file, which never changes"}, statuses: []int{404},
		do: func(c *call) error {
			parts := []string{"tile", "entries"}
			if !entries {
				parts[1] = c.vars["level"]
			}
			for _, name := range []string{"tile", "part", "width"} {
				if part, ok := c.vars[name]; ok {
					parts = append(parts, part)
				}
			}
			return c.sendTile(strings.Join(parts, "/"), entries)
		},
	}.offered()
}

// ledgerText answers with one of the small static files.
func ledgerText(what string) action {
	a := action{media: map[string]string{"text/plain": "the file"}, tagged: true}
	if what == "checkpoint" {
		a.statuses = []int{404}
	}
	a.do = func(c *call) error {
		if err := c.noQuery(); err != nil {
			return err
		}
		text, err := c.ledgerFile(what)
		if err != nil {
			return err
		}
		return c.show(asPlain, tagOf(-1, []byte(text)), []byte(text))
	}
	return a.offered()
}

// ledgerFile returns the text of a small static file, and how long it may be kept.
func (c *call) ledgerFile(what string) (string, error) {
	c.w.Header()["Cache-Control"] = noCache
	switch what {
	case "keys":
		keys, err := c.s.Ledger.Keys(c.ctx)
		var b strings.Builder
		for _, k := range keys {
			b.WriteString(k.VKey + "\n")
		}
		return b.String(), err
	case "checkpoint":
		kept, err := c.s.Ledger.Latest(c.ctx)
		return kept.Text, err
	}
	size, err := strconv.ParseInt(c.vars["size"], 10, 64)
	if err != nil || size < 1 || strconv.FormatInt(size, 10) != c.vars["size"] {
		return "", &errNoRoute
	}
	kept, err := c.s.Ledger.Checkpoint(c.ctx, size)
	if err == nil {
		c.immutable(false)
	}
	return kept.Text, err
}

// originOf returns the name that a public key signs for.
func originOf(vkey string) string {
	name, _, _ := strings.Cut(vkey, "+")
	return name
}
