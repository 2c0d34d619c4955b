package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"time"

	"tavoli/domain"
	"tavoli/projections"
)

// Nodes is what a node is to the other nodes of its register, and knows of them.
type Nodes struct {
	ID    string   // of this process
	Token [32]byte // the SHA-256 of the token by which nodes know each other
	Files NodeFiles

	// Peers returns what is known of the others.
	Peers func() []Peer

	// Differ reports whether the read models of any of them differ from ours.
	Differ func() bool

	// Missing returns how many documents are filed and not here.
	Missing func() int64
}

// NodeFiles are the documents that lie on this node, whatever others have.
type NodeFiles interface {
	Open(sha string) (io.ReadSeekCloser, error)
	Keep(ctx context.Context, sha string, r io.Reader) error
}

// NodeToken returns the token by which the nodes of an installation know each other.
func NodeToken(secret [32]byte) string {
	return "tvn_" + base64.RawURLEncoding.EncodeToString(secret[:])
}

// A Peer is another node, as this one sees it.
type Peer struct {
	URL      string          `json:"url"`
	Node     string          `json:"node,omitempty" doc:"which process it is"`
	State    string          `json:"state" doc:"agrees, differs, waiting while nothing could be compared yet, unreachable, refused, other-store, unreadable, or self"`
	Detail   string          `json:"detail,omitempty" doc:"what is wrong, for people"`
	Position domain.Position `json:"position,string" doc:"of the newest entry that its read models showed"`
	Lag      domain.Position `json:"lag,string" doc:"how far that is behind ours"`
	Seen     time.Time       `json:"seen_at,omitzero" doc:"when it last answered"`
	Agreed   time.Time       `json:"agreed_at,omitzero" doc:"when it last agreed"`
	At       domain.Position `json:"compared_at,string" doc:"the position at which the read models were compared last"`
	Models   []string        `json:"models,omitempty" doc:"the read models that differ there"`
}

// NodeList is the nodes of the register, as one of them sees it.
type NodeList struct {
	Node     string          `json:"node" doc:"which process answers"`
	Position domain.Position `json:"position,string" doc:"of the newest entry that its read models show"`
	Agree    bool            `json:"agree" doc:"false if the read models of any node differ"`
	Missing  int64           `json:"evidence_missing" doc:"how many documents are filed and not on this node"`
	Items    []Peer          `json:"items" doc:"the others"`
}

// NodeDigests is what a node tells others of its read models.
type NodeDigests struct {
	Node     string                `json:"node" doc:"which process answers"`
	Store    domain.Identity       `json:"store"`
	Position domain.Position       `json:"position,string" doc:"of the newest entry that the read models show"`
	Readings []projections.Reading `json:"readings" doc:"the digests of all read models at some positions"`
}

func nodeRoutes() []route {
	return []route{
		{"GET", "/nodes", "list-nodes", auditors, "The other nodes of the register, and whether their read models agree", listNodes()},
		{"GET", "/nodes/digests", "node-digests", keepers, "The digests of the read models of this node, for other nodes", nodeDigests()},
		{"GET", "/nodes/evidence/{sha256}", "node-evidence", []domain.Role{}, "A document that lies on this node, for other nodes alone", nodeEvidence()},
		{"PUT", "/nodes/evidence/{sha256}", "keep-node-evidence", []domain.Role{}, "Keep a document that another node took, for other nodes alone", keepEvidence()},
	}
}

func listNodes() action {
	return action{answer: typeOf[NodeList](), do: func(c *call) error {
		n := c.s.Nodes
		if n == nil {
			return &errNotOffered
		}
		list := n.Peers()
		if list == nil {
			list = []Peer{}
		}
		return c.json(NodeList{n.ID, c.s.View.Newest(), !n.Differ(), n.Missing(), list})
	}}
}

// nodeDigests answers what was read lately and, if asked, what can be read now.
func nodeDigests() action {
	return action{answer: typeOf[NodeDigests](), query: []string{"at"}, nodes: true, do: func(c *call) error {
		q := c.query()
		at := q.position("at")
		if err := q.unknown(c.route.query); err != nil {
			return err
		}
		n := c.s.Nodes
		if n == nil {
			return &errNotOffered
		}
		if at > 0 {
			c.s.View.ReadingAt(at) // it is among the others then
		}
		readings := c.s.View.Readings()
		if readings == nil {
			readings = []projections.Reading{}
		}
		return c.json(NodeDigests{n.ID, c.s.Store.Identity(), c.s.View.Newest(), readings})
	}}
}

func nodeEvidence() action {
	return action{media: map[string]string{"*/*": "the file"}, nodes: true, long: true, statuses: []int{404}, do: func(c *call) error {
		if c.s.Nodes == nil || c.s.Nodes.Files == nil {
			return &errNotOffered
		}
		file, err := c.s.Nodes.Files.Open(c.vars["sha256"])
		if err != nil {
			return err
		}
		defer file.Close()
		h := c.w.Header()
		h.Set("Content-Type", "application/octet-stream")
		w := &counted{ResponseWriter: c.w, status: http.StatusOK}
		http.ServeContent(w, c.r, "", time.Time{}, file)
		c.status, c.sent = w.status, w.sent
		return nil
	}}
}

func keepEvidence() action {
	return action{answer: typeOf[Health](), nodes: true, long: true, carried: true, statuses: []int{404, 413, 422}, do: func(c *call) error {
		if c.s.Nodes == nil || c.s.Nodes.Files == nil {
			return &errNotOffered
		}
		if c.r.ContentLength > domain.MaxEvidence {
			return &errTooLarge
		}
		body := http.MaxBytesReader(c.w, c.r.Body, domain.MaxEvidence)
		if err := c.s.Nodes.Files.Keep(c.ctx, c.vars["sha256"], body); err != nil {
			return uploadFault(err)
		}
		return c.json(Health{"ok"})
	}}
}

// isNode reports whether a token is the one of the nodes.
func (s *Server) isNode(hash [sha256.Size]byte) bool {
	return s.Nodes != nil && s.Nodes.Token != [32]byte{} && same(hash, s.Nodes.Token)
}
