package tests_test

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// The compose files were never run: no container engine was at hand. These tests hold
// them to what can be known without one.

const (
	composeFile = "docker-compose.yml"
	composeTLS  = "docs/docker-compose.tls.yml" // laid over the other
)

// A compose is a compose file, as far as it is checked.
type compose struct {
	Services map[string]composeService `yaml:"services"`
	Volumes  map[string]any            `yaml:"volumes"`
	Configs  map[string]struct {
		Content string `yaml:"content"`
	} `yaml:"configs"`
	Networks map[string]struct {
		IPAM struct {
			Config []struct {
				Subnet string `yaml:"subnet"`
			} `yaml:"config"`
		} `yaml:"ipam"`
	} `yaml:"networks"`
}

type composeService struct {
	Image string `yaml:"image"`
	Build struct {
		Args   map[string]string `yaml:"args"`
		Inline string            `yaml:"dockerfile_inline"`
	} `yaml:"build"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Ports       []string          `yaml:"ports"`
	Volumes     []string          `yaml:"volumes"`
	Restart     string            `yaml:"restart"`
	Reason      string            `yaml:"x-no-healthcheck"`
	Configs     []struct {
		Source string `yaml:"source"`
	} `yaml:"configs"`
	Health struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Networks yaml.Node `yaml:"networks"`
}

// address returns the fixed address of a service, or nothing.
func (s composeService) address() string {
	var fixed map[string]struct {
		Address string `yaml:"ipv4_address"`
	}
	_ = s.Networks.Decode(&fixed) // a plain list fixes nothing
	return fixed["cluster"].Address
}

// database reports whether a service is a node of EventStoreDB.
func (s composeService) database() bool { return s.Environment["EVENTSTORE_CLUSTER_SIZE"] != "" }

// ours reports whether a service runs the program.
func (s composeService) ours() bool { return strings.HasPrefix(s.Image, "${TAVOLI_IMAGE") }

// under returns the service with another laid over it, as compose does it.
func (s composeService) under(o composeService) composeService {
	if o.Image != "" {
		s.Image = o.Image
	}
	s.Environment = maps.Clone(s.Environment)
	if s.Environment == nil {
		s.Environment = make(map[string]string)
	}
	maps.Copy(s.Environment, o.Environment)
	s.Ports, s.Volumes = slices.Concat(s.Ports, o.Ports), slices.Concat(s.Volumes, o.Volumes)
	if s.DependsOn = maps.Clone(s.DependsOn); s.DependsOn == nil {
		s.DependsOn = o.DependsOn
	} else {
		maps.Copy(s.DependsOn, o.DependsOn)
	}
	if len(o.Health.Test) > 0 {
		s.Health = o.Health
	}
	if o.Reason != "" {
		s.Reason, s.Restart, s.Command = o.Reason, o.Restart, o.Command
	}
	return s
}

// readCompose reads files, each laid over those before it.
func (h house) readCompose(names ...string) (compose, error) {
	var all compose
	for _, name := range names {
		var c compose
		if err := yaml.Unmarshal([]byte(h.read(name)), &c); err != nil {
			return c, fmt.Errorf("%s: %w", name, err)
		}
		if all.Services == nil {
			all = c
			continue
		}
		for key, s := range c.Services {
			all.Services[key] = all.Services[key].under(s)
		}
		maps.Copy(all.Volumes, c.Volumes)
		maps.Copy(all.Configs, c.Configs)
	}
	return all, nil
}

// TestCompose checks both variants: as it is tried out, and with TLS.
func TestCompose(t *testing.T) {
	for name, check := range map[string]func(house) ([]string, error){
		"as it is": house.wrongCompose, "with TLS": house.wrongTLS, "figures": house.unknownFigures, "said plainly": house.unsaid,
	} {
		t.Run(name, func(t *testing.T) { reportFaults(t, theHouse, check) })
	}
}

func (h house) wrongCompose() ([]string, error) {
	c, err := h.readCompose(composeFile)
	f := c.faults()
	for name, s := range c.Services {
		for _, port := range s.Ports {
			f.must(strings.HasPrefix(port, "127.0.0.1:"), "%s is open to everybody at %s", name, port)
		}
		if s.database() {
			f.must(s.Environment["EVENTSTORE_INSECURE"] == "true", "%s speaks TLS without a certificate", name)
		}
	}
	return f.list(), err
}

func (h house) wrongTLS() ([]string, error) {
	c, err := h.readCompose(composeFile, composeTLS)
	f := c.faults()
	for name, s := range c.Services {
		if s.database() {
			own := "/certificates/" + name + "/node."
			f.must(s.Environment["EVENTSTORE_INSECURE"] == "false", "%s speaks no TLS", name)
			f.must(s.Environment["EVENTSTORE_CERTIFICATE_FILE"] == own+"crt" && s.Environment["EVENTSTORE_CERTIFICATE_PRIVATE_KEY_FILE"] == own+"key", "%s has no certificate of its own", name)
			f.must(strings.Contains(strings.Join(c.Services["certificates"].Command, ""), "store "+name+" 127.0.0.1,"+s.address()+" "), "no certificate is made for %s at %s", name, s.address())
			f.must(slices.Contains(s.Volumes, "certificates:/certificates:ro"), "%s does not see the certificates", name)
		}
		if store := s.Environment["TAVOLI_STORE"]; store != "" {
			f.must(!strings.Contains(store, "tls=false") && strings.Contains(store, "tlsCAFile=") && strings.Contains(store, "${EVENTSTORE_ADMIN_PASSWORD:?}@"), "%s reaches the store by %s", name, store)
			f.must(strings.HasPrefix(s.Environment["TAVOLI_KEYS"], "https://") && s.Environment["TAVOLI_KEYS_CA"] != "", "%s reaches the keys without TLS", name)
		}
	}
	return f.list(), err
}

// composeFaults gathers what is wrong.
type composeFaults struct {
	compose
	all []string
}

func (f *composeFaults) must(ok bool, format string, args ...any) {
	if !ok {
		f.all = append(f.all, fmt.Sprintf(format, args...))
	}
}

func (f *composeFaults) list() []string {
	slices.Sort(f.all)
	return slices.Compact(f.all)
}

// faults checks what holds of every variant.
func (c compose) faults() *composeFaults {
	f := &composeFaults{compose: c}
	for name, s := range c.Services {
		f.image(name, s)
		f.health(name, s)
		f.links(name, s)
		if s.database() {
			f.database(name, s)
		}
	}
	for name := range c.Volumes {
		used := func(s composeService) bool {
			return slices.ContainsFunc(s.Volumes, func(v string) bool { return strings.HasPrefix(v, name+":") })
		}
		f.must(slices.ContainsFunc(slices.Collect(maps.Values(c.Services)), used), "the volume %s is used by nobody", name)
	}
	f.ports()
	f.contents()
	f.cluster()
	return f
}

// chosen is an image by variable, with a default that names a version.
var chosen = regexp.MustCompile(`^\$\{[A-Z_]+:-[a-z0-9./-]+:[a-z0-9.-]+\}$`)

func (f *composeFaults) image(name string, s composeService) {
	f.must(chosen.MatchString(s.Image), "the image of %s, %q, is no variable with a default", name, s.Image)
	f.must(!strings.Contains(s.Image, ":latest"), "the image of %s has no version", name)
	for arg, image := range s.Build.Args {
		f.must(chosen.MatchString(image), "%s is built with %s %q, which is no variable with a default", name, arg, image)
		f.must(strings.Contains(s.Build.Inline, "FROM $${"+arg+"}"), "%s is not built from %s", name, arg)
	}
}

func (f *composeFaults) health(name string, s composeService) {
	once := s.Restart == "no"
	f.must(once != (len(s.Health.Test) > 1), "%s has neither a health check nor an end, or both", name)
	f.must(!once || s.Reason != "", "nobody says why %s has no health check", name)
}

// links checks what a service refers to.
func (f *composeFaults) links(name string, s composeService) {
	for on, how := range s.DependsOn {
		other, ok := f.Services[on]
		f.must(ok, "%s depends on %s, which is not there", name, on)
		f.must(how.Condition == "service_healthy" && len(other.Health.Test) > 0 || how.Condition == "service_completed_successfully" && other.Restart == "no",
			"%s waits for %s in vain", name, on)
	}
	for _, v := range s.Volumes {
		volume, _, _ := strings.Cut(v, ":")
		_, ok := f.Volumes[volume]
		f.must(ok, "%s has the volume %s, which is not there", name, volume)
	}
	for _, c := range s.Configs {
		_, ok := f.Configs[c.Source]
		f.must(ok, "%s has the config %s, which is not there", name, c.Source)
	}
	for _, key := range []string{"TAVOLI_STORE", "TAVOLI_KEYS", "TAVOLI_PEERS", "EVENTSTORE_ADVERTISE_HOST_TO_CLIENT_AS"} {
		f.hosts(name+" by "+key, s.Environment[key])
	}
}

// host is a name with a port, as it stands in addresses.
var host = regexp.MustCompile(`\b([a-z][a-z0-9]*):(\d{4})\b`)

// hosts checks that the services named in a text are there.
func (f *composeFaults) hosts(who, text string) {
	for _, m := range host.FindAllStringSubmatch(text, -1) {
		_, ok := f.Services[m[1]]
		f.must(ok, "%s speaks to %s, which is not there", who, m[0])
	}
}

func (f *composeFaults) ports() {
	taken := make(map[string]string)
	for name, s := range f.Services {
		for _, p := range s.Ports {
			outer := p[:strings.LastIndexByte(p, ':')]
			f.must(taken[outer] == "", "%s and %s are both at %s", name, taken[outer], outer)
			taken[outer] = name
		}
	}
}

// bare is a dollar that compose would take for a variable.
var bare = regexp.MustCompile(`(^|[^$])(\$\$)*\$([^${]|$)`)

// contents checks the files that stand in the compose file.
func (f *composeFaults) contents() {
	for name, c := range f.Configs {
		f.must(c.Content != "", "the config %s has no content", name)
		f.must(!bare.MatchString(c.Content), "the config %s has a dollar that compose takes for a variable", name)
		f.hosts("the config "+name, c.Content)
		if name != "proxy" {
			var any map[string]any
			err := yaml.Unmarshal([]byte(strings.ReplaceAll(c.Content, "$$", "$")), &any)
			f.must(err == nil && len(any) > 0, "the config %s is no document: %v", name, err)
		}
	}
}

// options are the options of EventStoreDB that are used: one that the server does not
// know stops it.
var options = []string{
	"ADVERTISE_HOST_TO_CLIENT_AS", "CERTIFICATE_FILE", "CERTIFICATE_PRIVATE_KEY_FILE", "CLUSTER_SIZE", "DEFAULT_ADMIN_PASSWORD", "DEFAULT_OPS_PASSWORD",
	"DISCOVER_VIA_DNS", "GOSSIP_SEED", "INSECURE", "REPLICATION_IP", "RUN_PROJECTIONS", "TELEMETRY_OPTOUT", "TRUSTED_ROOT_CERTIFICATES_PATH",
}

func (f *composeFaults) database(name string, s composeService) {
	for key := range s.Environment {
		f.must(slices.Contains(options, strings.TrimPrefix(key, "EVENTSTORE_")), "%s has the option %s", name, key)
	}
	f.must(s.Environment["EVENTSTORE_TELEMETRY_OPTOUT"] == "true", "%s reports to its maker", name)
	f.must(s.Environment["EVENTSTORE_RUN_PROJECTIONS"] == "None", "%s runs projections", name)
	f.must(s.Environment["EVENTSTORE_ADVERTISE_HOST_TO_CLIENT_AS"] == name, "%s calls itself otherwise to clients", name)
	f.must(s.Environment["EVENTSTORE_REPLICATION_IP"] == s.address(), "%s is not at its address", name)
	f.must(slices.ContainsFunc(s.Volumes, func(v string) bool { return strings.HasSuffix(v, ":/var/lib/eventstore") }), "%s keeps its data nowhere", name)
}

// cluster checks that the nodes know each other: those of the store, and ours.
func (f *composeFaults) cluster() {
	var seats, nodes []string
	for name, s := range f.Services {
		if s.database() {
			seats = append(seats, s.address())
		}
		if s.ours() && slices.Contains(s.Command, "serve") {
			nodes = append(nodes, name)
		}
	}
	slices.Sort(nodes)
	f.must(len(nodes) > 1, "there are not several nodes")
	for name, s := range f.Services {
		if s.database() {
			f.seed(name, s, seats)
		}
		if slices.Contains(nodes, name) {
			want := slices.DeleteFunc(slices.Clone(nodes), func(n string) bool { return n == name })
			f.must(s.Environment["TAVOLI_PEERS"] == "http://"+strings.Join(want, ":8080,http://")+":8080", "%s has the peers %s", name, s.Environment["TAVOLI_PEERS"])
		}
	}
}

func (f *composeFaults) seed(name string, s composeService, seats []string) {
	f.must(s.Environment["EVENTSTORE_CLUSTER_SIZE"] == fmt.Sprint(len(seats)), "%s thinks that there are %s nodes", name, s.Environment["EVENTSTORE_CLUSTER_SIZE"])
	for _, seat := range seats {
		known := strings.Contains(s.Environment["EVENTSTORE_GOSSIP_SEED"], seat+":2113")
		f.must(known != (seat == s.address()), "%s does not know the others by %s", name, s.Environment["EVENTSTORE_GOSSIP_SEED"])
	}
	at, err := netip.ParseAddr(s.address())
	for _, n := range f.Networks["cluster"].IPAM.Config {
		subnet, e := netip.ParsePrefix(n.Subnet)
		f.must(err == nil && e == nil && subnet.Contains(at), "%s lies outside of its network", name)
	}
}

var (
	figure  = regexp.MustCompile(`\btavoli_[a-z_]+\b`)
	figures = regexp.MustCompile(`"(tavoli_[a-z_]+)"`)
)

// unknownFigures returns the figures that an alarm looks at and the program has not.
func (h house) unknownFigures() (faults []string, err error) {
	known := make(map[string]bool)
	names, err := h.files()
	for _, name := range names {
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			for _, m := range figures.FindAllStringSubmatch(h.read(name), -1) {
				known[m[1]] = true
			}
		}
	}
	c, err2 := h.readCompose(composeFile)
	for _, name := range figure.FindAllString(c.Configs["alarms"].Content, -1) {
		if !known[name] {
			faults = append(faults, "an alarm looks at "+name+", which the program does not tell")
		}
	}
	if err == nil {
		err = err2
	}
	return faults, err
}

// unsaid returns where it is not said that nobody has run the files.
func (h house) unsaid() (faults []string, err error) {
	for _, name := range []string{composeFile, composeTLS} {
		if !strings.HasPrefix(h.read(name), "# NEVER RUN") {
			faults = append(faults, name+" does not say that it was never run")
		}
	}
	if !strings.Contains(h.read("docs/operations.md"), "never been run") {
		faults = append(faults, "docs/operations.md does not say that the compose file was never run")
	}
	return faults, nil
}

// TestComposeNamesFlags compares what the program is told with what it knows.
func TestComposeNamesFlags(t *testing.T) {
	c, err := theHouse.readCompose(composeFile, composeTLS)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range c.Services {
		if !s.ours() {
			continue
		}
		help := runs(t, s.Command[0], "--help")
		for _, flag := range s.Command[1:] {
			if !strings.Contains(help, flag+" ") {
				t.Errorf("%s: tavoli %s has no %s", name, s.Command[0], flag)
			}
		}
		for key := range s.Environment {
			if !strings.Contains(help, " "+key+" ") && key != "TAVOLI_ADMIN_TOKEN" {
				t.Errorf("%s: tavoli %s does not know %s", name, s.Command[0], key)
			}
		}
	}
}

// TestComposeCatches tries the checks on files in which something was made wrong.
func TestComposeCatches(t *testing.T) {
	base, tls := theHouse.read(composeFile), theHouse.read(composeTLS)
	for _, c := range []struct {
		name, is, made string
		check          func(house) ([]string, error)
		fault          string
	}{
		{"nothing", "", "", house.wrongCompose, ""},
		{"nothing with TLS", "", "", house.wrongTLS, ""},
		{"an image without a variable", "${PROXY_IMAGE:-caddy:2.10-alpine}", "caddy:2.10-alpine", house.wrongCompose, "the image of proxy"},
		{"an image without a version", "${PROXY_IMAGE:-caddy:2.10-alpine}", "${PROXY_IMAGE:-caddy}", house.wrongCompose, "the image of proxy"},
		{"telemetry", `EVENTSTORE_TELEMETRY_OPTOUT: "true"`, `EVENTSTORE_TELEMETRY_OPTOUT: "false"`, house.wrongCompose, "eventstore1 reports to its maker"},
		{"projections", `"None"`, `"All"`, house.wrongCompose, "eventstore2 runs projections"},
		{"an unknown option", "EVENTSTORE_DISCOVER_VIA_DNS", "EVENTSTORE_DISCOVER", house.wrongCompose, "has the option EVENTSTORE_DISCOVER"},
		{"a seed", "172.30.240.12:2113,172.30.240.13:2113", "172.30.240.12:2113,172.30.240.14:2113", house.wrongCompose, "eventstore1 does not know the others"},
		{"an address", "ipv4_address: 172.30.240.13", "ipv4_address: 172.31.240.13", house.wrongCompose, "eventstore3 lies outside"},
		{"no health check", "test: [\"CMD\", \"/mailpit\", \"readyz\"]", "test: []", house.wrongCompose, "mail has neither"},
		{"no reason", "    x-no-healthcheck: it ends as soon as the token is there\n", "", house.wrongCompose, "nobody says why token"},
		{"a volume", "\n  nats-data:\n", "\n", house.wrongCompose, "nats has the volume nats-data"},
		{"a volume too many", "\n  nats-data:\n", "\n  nats-data:\n  more-data:\n", house.wrongCompose, "more-data is used by nobody"},
		{"a dependency", "    keeper: {condition: service_healthy}", "    keyring: {condition: service_healthy}", house.wrongCompose, "depends on keyring"},
		{"a wait in vain", "token: {condition: service_completed_successfully}", "token: {condition: service_healthy}", house.wrongCompose, "keeper waits for token in vain"},
		{"an open port", `"127.0.0.1:9090:9090"`, `"9090:9090"`, house.wrongCompose, "prometheus is open to everybody"},
		{"a port twice", `"127.0.0.1:9090:9090"`, `"127.0.0.1:8080:9090"`, house.wrongCompose, "are both at 127.0.0.1:8080"},
		{"a peer", "TAVOLI_PEERS: http://tavoli1:8080", "TAVOLI_PEERS: http://tavoli2:8080", house.wrongCompose, "tavoli2 has the peers"},
		{"a host", "TAVOLI_KEYS: http://keeper:8090", "TAVOLI_KEYS: http://keyring:8090", house.wrongCompose, "speaks to keyring:8090"},
		{"a target", `"tavoli1:8080", "tavoli2:8080"`, `"tavoli1:8080", "tavoli9:8080"`, house.wrongCompose, "prometheus speaks to tavoli9:8080"},
		{"a dollar", "{{ $$labels.instance }} does not answer", "{{ $labels.instance }} does not answer", house.wrongCompose, "has a dollar"},
		{"an alarm", "tavoli_node_digest_mismatch", "tavoli_node_mismatch", house.unknownFigures, "tavoli_node_mismatch"},
		{"a certificate", "certificate store eventstore2", "certificate store eventstore4", house.wrongTLS, "no certificate is made for eventstore2"},
		{"a store without TLS", "?tlsCAFile=/certificates/store/ca.crt", "?tls=false", house.wrongTLS, "reaches the store by"},
		{"a head", "# NEVER RUN", "# Run", house.unsaid, "does not say"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.is != "" && !strings.Contains(base+tls, c.is) {
				t.Fatalf("the files do not have %q", c.is)
			}
			files := map[string]string{"docs/operations.md": "it has never been run"}
			for name, text := range map[string]string{composeFile: base, composeTLS: tls} {
				files[name] = strings.ReplaceAll(text, c.is, c.made)
				if c.is == "" {
					files[name] = text
				}
			}
			wants(t, files, c.check, c.fault)
		})
	}
}
