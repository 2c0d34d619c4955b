package esdbtest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

// Options of a server. The zero value is what one wants.
type Options struct {
	Addr       string // to listen on; any port of loopback unless given
	Version    string // "23.10.6" unless given; it decides how subscriptions behave
	Strict     bool   // refuse positions the log never gave, as 24.x does, in older versions too
	LiveBuffer int    // events a live subscription of 23.10 may be behind; 0: 64

	Certificate    *tls.Certificate // nil: no TLS
	User, Password string           // who may use the server; nobody is asked if there is no user
}

// A Server is one node. It serves on loopback.
type Server struct {
	Faults

	log      *Log
	options  Options
	modern   bool // subscriptions as of 24.2
	strict   bool
	addr     string
	cluster  *cluster
	subs     atomic.Int64
	appends  atomic.Int64
	leaderly atomic.Int64 // calls that insist on the leader
	calls    atomic.Int64

	mu   sync.Mutex
	grpc *grpc.Server // nil: stopped
}

// A cluster is some nodes that serve one log, one of them the leader.
type cluster struct {
	mu     sync.Mutex
	nodes  []*Server
	leader *Server
}

// Start serves a log on a free port.
func Start(l *Log, o Options) (*Server, error) {
	nodes, err := StartCluster(l, 1, o)
	if err != nil {
		return nil, err
	}
	return nodes[0], nil
}

// StartCluster serves one log by several nodes. The first is the leader.
func StartCluster(l *Log, n int, o Options) ([]*Server, error) {
	if o.Version == "" {
		o.Version = "23.10.6"
	}
	if o.LiveBuffer == 0 {
		o.LiveBuffer = 64
	}
	c := &cluster{}
	for range n {
		s := &Server{log: l, options: o, cluster: c, addr: cmp.Or(o.Addr, "127.0.0.1:0")}
		s.modern = !strings.HasPrefix(o.Version, "23.") && !strings.HasPrefix(o.Version, "22.")
		s.strict = s.modern || o.Strict
		c.nodes = append(c.nodes, s)
	}
	c.leader = c.nodes[0]
	for i, s := range c.nodes { // those who call know all of them
		if err := s.Restart(); err != nil {
			for _, started := range c.nodes[:i] {
				started.Stop()
			}
			return nil, err
		}
	}
	return c.nodes, nil
}

// Addr returns where the node listens.
func (s *Server) Addr() string { return s.addr }

// URL returns the connection string of this node alone.
func (s *Server) URL() string { return "esdb://" + s.addr + "?tls=false" }

// ClusterURL returns the connection string of all nodes, found by gossip.
func (s *Server) ClusterURL() string {
	var list []string
	for _, n := range s.cluster.nodes {
		list = append(list, n.addr)
	}
	return "esdb://" + strings.Join(list, ",") + "?tls=false&nodePreference=leader"
}

// Stop cuts all connections and closes the port; the log stays.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.grpc != nil {
		s.grpc.Stop()
		s.grpc = nil
	}
}

// Restart serves again on the same port, after stopping if need be.
func (s *Server) Restart() error {
	s.Stop()
	listener, err := listen(s.addr)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasSuffix(s.addr, ":0") { // the first time
		s.addr = listener.Addr().String()
	}
	s.grpc = grpc.NewServer(append(s.security(),
		grpc.MaxRecvMsgSize(16<<20-10_000),
		// The client sends a ping every ten seconds, whether it has calls or not.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
	)...)
	streams.RegisterStreamsServer(s.grpc, &streamsService{s: s})
	serverfeatures.RegisterServerFeaturesServer(s.grpc, &featuresService{s: s})
	gossip.RegisterGossipServer(s.grpc, &gossipService{s: s})
	serving := s.grpc
	go func() { _ = serving.Serve(listener) }() // ends by Stop
	return nil
}

// listen waits for a port that was just closed.
func listen(addr string) (net.Listener, error) {
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		listener, err := net.Listen("tcp", addr)
		if err == nil || time.Now().After(end) {
			return listener, err
		}
	}
}

// Lead makes this node the leader of its cluster.
func (s *Server) Lead() {
	s.cluster.mu.Lock()
	defer s.cluster.mu.Unlock()
	s.cluster.leader = s
}

func (c *cluster) lead() *Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leader
}

// Subscriptions returns how many subscriptions there are.
func (s *Server) Subscriptions() int { return int(s.subs.Load()) }

// Appends returns how many appends came in.
func (s *Server) Appends() int { return int(s.appends.Load()) }

// Followable returns how many calls on streams did not insist on the leader.
func (s *Server) Followable() int { return int(s.calls.Load() - s.leaderly.Load()) }

type featuresService struct {
	serverfeatures.UnimplementedServerFeaturesServer
	s *Server
}

// GetSupportedMethods tells the version.
func (f *featuresService) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	return &serverfeatures.SupportedMethods{EventStoreServerVersion: f.s.options.Version}, nil
}

type gossipService struct {
	gossip.UnimplementedGossipServer
	s *Server
}

// Read tells the members of the cluster.
func (g *gossipService) Read(context.Context, *shared.Empty) (*gossip.ClusterInfo, error) {
	leader := g.s.cluster.lead()
	info := &gossip.ClusterInfo{}
	for _, n := range g.s.cluster.nodes {
		state := gossip.MemberInfo_Follower
		if n == leader {
			state = gossip.MemberInfo_Leader
		}
		host, port, err := n.endpoint()
		if err != nil {
			return nil, err
		}
		info.Members = append(info.Members, &gossip.MemberInfo{
			State: state, IsAlive: n.running(), HttpEndPoint: &gossip.EndPoint{Address: host, Port: port},
		})
	}
	return info, nil
}

func (s *Server) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grpc != nil
}

func (s *Server) endpoint() (string, uint32, error) {
	addr, err := net.ResolveTCPAddr("tcp", s.addr)
	if err != nil {
		return "", 0, err
	}
	if addr.Port == 0 {
		return "", 0, errors.New("the node has no port")
	}
	return addr.IP.String(), uint32(addr.Port), nil
}

// thrown is what the real server says when its handler throws.
func thrown(why string) error {
	return status.Error(codes.Unknown, "Exception was thrown by handler. "+why)
}
