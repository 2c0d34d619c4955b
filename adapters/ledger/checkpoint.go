package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Checkpoint says how many leaves a tree has and what they add up to.
type Checkpoint struct {
	Origin   string
	Size     int64
	Root     Hash
	Text     []byte    // as it was signed, with the signatures
	SignedAt time.Time // when this node kept it; zero where that is not known
}

// body returns what is signed of a checkpoint.
func body(origin string, size int64, root Hash) string {
	return origin + "\n" + strconv.FormatInt(size, 10) + "\n" + base64.StdEncoding.EncodeToString(root[:]) + "\n"
}

// errMalformed is wrapped by what says that a text is not of the form it should be.
var errMalformed = errors.New("not in the form of a checkpoint or proof")

// ParseCheckpoint reads a checkpoint without looking at its signatures.
func ParseCheckpoint(text []byte) (Checkpoint, error) {
	signed, signatures, ok := strings.Cut(string(text), "\n\n")
	if !ok || len(text) > maxCheckpoint || !strings.HasPrefix(signatures, "— ") || !strings.HasSuffix(signatures, "\n") {
		return Checkpoint{}, fmt.Errorf("%w: it has no signatures", errMalformed)
	}
	c, err := parseBody(signed + "\n")
	c.Text = bytes.Clone(text)
	return c, err
}

// maxCheckpoint is the longest checkpoint that is read.
const maxCheckpoint = 64 << 10

func parseBody(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] == "" {
		return c, fmt.Errorf("%w: a checkpoint has three lines", errMalformed)
	}
	c.Origin = lines[0]
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 {
		return c, fmt.Errorf("%w: %q is no size", errMalformed, lines[1])
	}
	if c.Root, err = parseHash(lines[2]); err != nil {
		return c, err
	}
	if body(c.Origin, c.Size, c.Root) != text {
		return c, fmt.Errorf("%w: it is not written as it should be", errMalformed)
	}
	return c, nil
}

func parseHash(text string) (Hash, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != len(Hash{}) || strings.ContainsAny(text, "\r\n") {
		return Hash{}, fmt.Errorf("%w: %q is no hash", errMalformed, text)
	}
	return Hash(raw), nil
}

// ParseHashes reads hashes in base64.
func ParseHashes(texts []string) ([]Hash, error) {
	list := make([]Hash, len(texts))
	for i, text := range texts {
		var err error
		if list[i], err = parseHash(text); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// OpenCheckpoint reads a checkpoint that at least one of some public keys has signed.
func OpenCheckpoint(text []byte, vkeys ...string) (Checkpoint, error) {
	var known []note.Verifier
	for _, vkey := range vkeys {
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return Checkpoint{}, fmt.Errorf("public key %q: %w", vkey, err)
		}
		known = append(known, v)
	}
	n, err := note.Open(text, note.VerifierList(known...))
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := parseBody(n.Text)
	if err != nil {
		return c, err
	}
	if c.Origin != n.Sigs[0].Name {
		return c, fmt.Errorf("%w: %q has signed for %q", errMalformed, n.Sigs[0].Name, c.Origin)
	}
	c.Text = bytes.Clone(text)
	return c, nil
}

// A Proof shows that a leaf belongs to what a checkpoint speaks of, without the
// rest of the tree.
type Proof struct {
	Index      int64
	Hashes     []Hash
	Checkpoint []byte
}

const proofHead = "c2sp.org/tlog-proof@v1\n"

// Text returns the proof as a file.
func (p Proof) Text() []byte {
	text := append([]byte(proofHead), "index "...)
	text = strconv.AppendInt(text, p.Index, 10)
	text = append(text, '\n')
	for _, h := range p.Hashes {
		text = base64.StdEncoding.AppendEncode(text, h[:])
		text = append(text, '\n')
	}
	text = append(text, '\n')
	return append(text, p.Checkpoint...)
}

// ParseProof reads a proof as Text writes it, and no other.
func ParseProof(text []byte) (p Proof, err error) {
	head, checkpoint, ok := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !ok || len(text) > maxCheckpoint || len(lines) < 2 || len(lines) > 2+63 || lines[0]+"\n" != proofHead {
		return p, fmt.Errorf("%w: it does not begin as a proof", errMalformed)
	}
	index, ok := strings.CutPrefix(lines[1], "index ")
	if p.Index, err = strconv.ParseInt(index, 10, 64); err != nil || !ok || p.Index < 0 {
		return p, fmt.Errorf("%w: it has no index", errMalformed)
	}
	for _, line := range lines[2:] {
		h, err := parseHash(line)
		if err != nil {
			return p, err
		}
		p.Hashes = append(p.Hashes, h)
	}
	if p.Checkpoint = checkpoint; !bytes.Equal(p.Text(), text) {
		return p, fmt.Errorf("%w: it is not written as it should be", errMalformed)
	}
	return p, nil
}

// Check returns the checkpoint of a proof that holds for an entry's bytes, if at
// least one of some public keys has signed it.
func (p Proof) Check(entry []byte, vkeys ...string) (Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, vkeys...)
	if err != nil {
		return c, err
	}
	return c, p.Holds(c, entry)
}

// Holds returns an error unless a proof leads from an entry's bytes to the root of a
// checkpoint, whoever has signed that.
func (p Proof) Holds(c Checkpoint, entry []byte) error {
	proof := make(tlog.RecordProof, len(p.Hashes))
	for i, h := range p.Hashes {
		proof[i] = tlog.Hash(h)
	}
	return tlog.CheckRecord(proof, c.Size, tlog.Hash(c.Root), p.Index, tlog.RecordHash(entry))
}

// CheckConsistency returns an error unless hashes show that the tree of one
// checkpoint begins with that of another.
func CheckConsistency(from, to Checkpoint, hashes []Hash) error {
	proof := make(tlog.TreeProof, len(hashes))
	for i, h := range hashes {
		proof[i] = tlog.Hash(h)
	}
	if from.Origin != to.Origin {
		return fmt.Errorf("%q and %q are of different registers", from.Origin, to.Origin)
	}
	return tlog.CheckTree(proof, to.Size, tlog.Hash(to.Root), from.Size, tlog.Hash(from.Root))
}
