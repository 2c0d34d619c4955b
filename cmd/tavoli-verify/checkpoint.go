package main

import (
	"encoding/base64"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A checkpoint says: the log of this origin had so many facts, and this root.
type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
	signed []byte // the signed note, as it came
}

// readCheckpoint reads a signed checkpoint without looking at its signatures.
func readCheckpoint(data []byte) (c checkpoint, err error) {
	malformed := unreadable("il checkpoint è malformato", "the checkpoint is malformed")
	body, signatures, ok := strings.Cut(string(data), "\n\n")
	lines := strings.Split(body, "\n")
	if !ok || signatures == "" || len(lines) != 3 || lines[0] == "" || len(data) > maxNote {
		return c, malformed
	}
	size, ok := decimal(lines[1])
	root, err := hashOf(lines[2])
	if !ok || err != nil {
		return c, malformed
	}
	return checkpoint{lines[0], size, root, data}, nil
}

// decimal reads a number without a sign or leading zeros.
func decimal(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == s
}

// hashOf reads a hash in base64, in its only form.
func hashOf(s string) (h tlog.Hash, err error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) != tlog.HashSize || base64.StdEncoding.EncodeToString(raw) != s {
		return h, unreadable("%q non è un'impronta", "%q is not a hash", clip(s))
	}
	return tlog.Hash(raw), nil
}

// signer returns the key that signed the checkpoint under its own origin, of those given.
func (c checkpoint) signer(keys []key) (key, bool) {
	for _, k := range keys {
		n, err := note.Open(c.signed, note.VerifierList(k.verifier))
		if err == nil && len(n.Sigs) > 0 && k.verifier.Name() == c.origin {
			return k, true
		}
	}
	return key{}, false
}

// A key is a public key with how it is written.
type key struct {
	vkey     string
	verifier note.Verifier
}

// readKeys reads public keys, one a line.
func readKeys(data []byte) (keys []key, err error) {
	for line := range strings.SplitSeq(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, unreadable("%q non è una chiave pubblica", "%q is not a public key", clip(line))
		}
		keys = append(keys, key{line, v})
	}
	if len(keys) == 0 {
		return nil, unreadable("non c'è alcuna chiave pubblica", "there is no public key")
	}
	return keys, nil
}

// A trust is the keys whose signatures count.
type trust struct {
	keys  []key // of the newest checkpoint
	older []key // of earlier ones: the keys that came along, too
	given bool  // the auditor brought the key
}

// trusts returns the keys given with --key, or those that came along.
func (p *program) trusts(s *source) (t trust, err error) {
	if s != nil && s.has("keys") {
		data, err := s.read("keys", maxNote)
		if err != nil {
			return t, err
		}
		if t.older, err = readKeys(data); err != nil {
			return t, err
		}
	}
	if p.key == "" {
		if t.keys = t.older; len(t.keys) == 0 {
			return t, usage("manca la chiave pubblica: --key CHIAVE o FILE", "the public key is missing: --key VKEY or FILE")
		}
		return t, nil
	}
	data := []byte(p.key)
	if _, err := note.NewVerifier(p.key); err != nil {
		if data, err = readFile(p.key, maxNote); err != nil {
			return t, err
		}
	}
	t.given = true
	t.keys, err = readKeys(data)
	t.older = append(t.older, t.keys...)
	return t, err
}

// readFile reads a file of the auditor's own.
func readFile(name string, most int64) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, unreadable("%v", "%v", err)
	case info.Size() > most:
		return nil, unreadable("%s è troppo grande: %d byte", "%s is too large: %d bytes", name, info.Size())
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, unreadable("%v", "%v", err)
	}
	return data, nil
}

// checkSignature notes whether a checkpoint is signed by a key that counts.
func (r *report) checkSignature(c checkpoint, t trust) {
	k, ok := c.signer(t.keys)
	switch {
	case !ok:
		r.check("signature", false, "il checkpoint di %d fatti NON è firmato da una chiave di %s tra quelle considerate",
			"the checkpoint of %d facts is NOT signed by a key of %s among those considered", c.size, c.origin)
	case t.given:
		r.check("signature", true, "il checkpoint di %d fatti è firmato con la chiave indicata, %s",
			"the checkpoint of %d facts is signed with the key that was given, %s", c.size, k.vkey)
	default:
		r.check("signature", true, "il checkpoint di %d fatti è firmato con la chiave %s",
			"the checkpoint of %d facts is signed with the key %s", c.size, k.vkey)
		r.limit("la chiave è quella trovata nel fascicolo stesso: va confrontata con quella avuta per altra via (--key)",
			"the key came with the dossier itself: compare it with the one known from elsewhere (--key)")
	}
}
