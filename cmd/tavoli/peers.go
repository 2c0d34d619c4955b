package main

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tavoli/adapters/evidence"
	"tavoli/adapters/peers"
	"tavoli/adapters/web"
	"tavoli/projections"
)

// readEvery is the length of the slots of time at whose ends the read models are
// read, to be compared between nodes.
const readEvery = 10 * time.Minute

// readPeers reads the addresses of the other nodes.
func readPeers(text string) ([]string, error) {
	var list []string
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		address, err := peers.Address(word)
		if err != nil {
			return nil, usageError("--peers: ogni nodo si indica come http://nodo:8080 · each node is named as http://node:8080: %v", err)
		}
		if !slices.Contains(list, address) {
			list = append(list, address)
		}
	}
	return list, nil
}

// A company is the other nodes of a register and the documents of all.
type company struct {
	peers *peers.Peers
	files *peers.Files
}

// join lets the register answer other nodes and, if some were named, be one of them:
// documents are filed, found and fetched together with them from then on.
func (r *register) join(files *evidence.Files) {
	token := web.NodeToken(r.keys.Secret("peer"))
	others := &peers.Peers{
		URLs: r.peers, Token: token, Node: uuid.NewString(), Identity: r.store.Identity(), View: r.view, Log: r.log, Now: r.now,
	}
	all := &peers.Files{Shelf: files, Peers: others, Log: r.log, Filed: r.filed}
	r.web.Nodes = &web.Nodes{
		ID: others.Node, Token: sha256.Sum256([]byte(token)), Files: files, Peers: func() []web.Peer { return known(others) },
		Differ: func() bool { return others.Count(peers.Differs) > 0 }, Missing: all.Missing,
	}
	if len(r.peers) > 0 {
		r.company = &company{others, all}
		r.web.Files = all
	}
}

// readings returns how often the read models are read: nobody compares them where
// there is one node.
func (r *register) readings() time.Duration {
	if len(r.peers) == 0 {
		return 0
	}
	return readEvery
}

// filed returns the hashes of all documents the register speaks of.
func (r *register) filed(ctx context.Context) ([]string, error) {
	return projections.Ask(ctx, r.view, 0, func(m *projections.Models) ([]string, error) { return m.Rosters.Filed(), nil })
}

// accompany compares with the other nodes and fetches documents until ctx is done.
func (r *register) accompany(ctx context.Context) {
	if r.company == nil {
		return
	}
	go r.company.peers.Run(ctx)
	go r.company.files.Run(ctx)
}

// known returns what is known of the other nodes, as the API tells it.
func known(others *peers.Peers) []web.Peer {
	var list []web.Peer
	for _, o := range others.List() {
		list = append(list, web.Peer{
			URL: o.URL, Node: o.Node, State: string(o.State), Detail: o.Detail, Position: o.Position, Lag: o.Lag,
			Seen: o.Seen, Agreed: o.Agreed, At: o.At, Models: o.Models,
		})
	}
	return list
}

// nodeGauges are the figures of several nodes. Whoever serves alone has them too, so
// that an alarm can be the same everywhere.
func (r *register) nodeGauges() map[string]func() float64 {
	count := func(states ...peers.State) func() float64 {
		return func() float64 {
			if r.company == nil {
				return 0
			}
			return float64(r.company.peers.Count(states...))
		}
	}
	files := func(figure func(*peers.Files) int64) func() float64 {
		return func() float64 {
			if r.company == nil {
				return 0
			}
			return float64(figure(r.company.files))
		}
	}
	return map[string]func() float64{
		"tavoli_node_digest_mismatch":   r.mismatch,
		"tavoli_node_peers_agreeing":    count(peers.Agrees),
		"tavoli_node_peers_unreachable": count(peers.Unreachable, peers.Refused, peers.OtherStore, peers.Unreadable),
		"tavoli_evidence_missing":       files((*peers.Files).Missing),
		"tavoli_evidence_alone":         files((*peers.Files).Alone),
	}
}

// mismatch returns 1 while the read models of any other node differ from ours.
func (r *register) mismatch() float64 {
	if r.company != nil && r.company.peers.Count(peers.Differs) > 0 {
		return 1
	}
	return 0
}
