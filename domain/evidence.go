package domain

import "context"

// An EvidenceKind is what a filed document is.
type EvidenceKind string

// The kinds there are.
const (
	EvidenceScan      EvidenceKind = "scan"
	EvidenceSheet     EvidenceKind = "signature-sheet"
	EvidenceReport    EvidenceKind = "platform-report"
	EvidenceStatement EvidenceKind = "statement"
	EvidenceSelf      EvidenceKind = "confirmation"
)

// EvidenceFiled records a document on which claims of presence rest. The file is
// kept by its hash, apart from the log.
type EvidenceFiled struct {
	Tavolo    TavoloID     `json:"tavolo"`
	SHA256    string       `json:"sha256"`
	Size      int64        `json:"size"`
	MediaType string       `json:"media_type"`
	Kind      EvidenceKind `json:"kind"`
	Title     string       `json:"title"`
}

func (EvidenceFiled) Name() string { return "EvidenceFiled" }

// MaxEvidence is the largest size of a filed document, in bytes.
const MaxEvidence = 20 << 20

// FileEvidence records a document. The same one twice counts once.
type FileEvidence struct {
	Tavolo    TavoloID     `json:"-"`
	SHA256    string       `json:"sha256"`
	Size      int64        `json:"size"`
	MediaType string       `json:"media_type"`
	Kind      EvidenceKind `json:"kind"`
	Title     string       `json:"title"`

	tavolo view
}

// Stream implements [Command].
func (c *FileEvidence) Stream() Stream { return c.Tavolo.Presenze() }

// Consult looks at the tavolo.
func (c *FileEvidence) Consult(ctx context.Context, x *Executor, _ *Presenze) error {
	return c.tavolo.look(ctx, x, c.Tavolo)
}

// Decide implements [Command].
func (c *FileEvidence) Decide(p *Presenze, _ Meta) ([]Event, error) {
	var bad check
	bad.sha(c.SHA256, "/sha256")
	bad.that(c.Size > 0 && c.Size <= MaxEvidence, "/size", "out-of-range", "must be 1 to %d bytes", MaxEvidence)
	bad.required(c.MediaType, "/media_type")
	bad.required(c.Title, "/title")
	oneOf(&bad, c.Kind, "/kind", EvidenceScan, EvidenceSheet, EvidenceReport, EvidenceStatement, EvidenceSelf)
	_, filed := p.evidence[c.SHA256]
	switch {
	case !c.tavolo.exists:
		return nil, ErrNoTavolo
	case bad.err() != nil:
		return nil, bad.err()
	case p.destroyed[c.SHA256]:
		return nil, ErrEvidenceGone
	case filed:
		return nil, nil
	}
	return []Event{EvidenceFiled{c.Tavolo, c.SHA256, c.Size, c.MediaType, c.Kind, c.Title}}, nil
}
