package bus

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"tavoli/domain"
)

// ErrBadBroker is what the address of a broker gives that cannot be used. What
// wraps it names the part that is wrong and never its value: it may be a secret.
var ErrBadBroker = &domain.Error{Kind: domain.Invalid, Code: "bad-broker-address", Text: "the address of the broker cannot be used"}

// settings are what the address of a broker says.
type settings struct {
	servers []string // without credentials
	options []nats.Option
	stream  nats.StreamConfig
	create  bool
	timeout time.Duration // of one publish
	ackWait time.Duration // of a subscriber, for one message
}

// String names the broker without its credentials.
func (s settings) String() string { return strings.Join(s.servers, ",") + " stream " + s.stream.Name }

// parseBroker reads nats://[user:password@]host[:port]?stream=NAME&….
func parseBroker(address string) (settings, error) {
	u, err := url.Parse(address)
	if err != nil { // the error would repeat the address
		return settings{}, fmt.Errorf("%w: it is not a URL", ErrBadBroker)
	}
	if u.Scheme != "nats" && u.Scheme != "tls" {
		return settings{}, fmt.Errorf("%w: the scheme is nats or tls", ErrBadBroker)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return settings{}, fmt.Errorf("%w: it is not scheme://host:port?name=value", ErrBadBroker)
	}
	q := &parameters{values: query}
	s := settings{create: q.flag("create"), timeout: q.duration("timeout", 5*time.Second), ackWait: q.duration("ack_wait", 30*time.Second)}
	q.check("timeout", s.timeout > 0)
	q.check("ack_wait", s.ackWait > 0)
	for _, host := range slices.Concat([]string{u.Host}, q.all("server")) {
		s.servers = append(s.servers, u.Scheme+"://"+host)
		q.check("server", !strings.ContainsAny(host, "@/?#"))
	}
	s.stream = q.stream()
	s.options = slices.Concat(userOptions(u.User), q.secrets(u.Scheme == "tls"), q.connection())
	return s, q.err()
}

// userOptions returns the credentials that stand before the host: a name and a
// password, or a token.
func userOptions(user *url.Userinfo) []nats.Option {
	if user == nil {
		return nil
	}
	if password, ok := user.Password(); ok {
		return []nats.Option{nats.UserInfo(user.Username(), password)}
	}
	return []nats.Option{nats.Token(user.Username())}
}

// parameters are the part of the address after the question mark. Reading them
// notes which there are and which are wrong.
type parameters struct {
	values url.Values
	known  []string
	wrong  []string
}

func (q *parameters) all(name string) []string {
	q.known = append(q.known, name)
	return q.values[name]
}

func (q *parameters) text(name, otherwise string) string {
	all := q.all(name)
	q.check(name, len(all) <= 1)
	if len(all) == 0 {
		return otherwise
	}
	q.check(name, all[0] != "")
	return all[0]
}

func (q *parameters) check(name string, ok bool) {
	if !ok && !slices.Contains(q.wrong, name) {
		q.wrong = append(q.wrong, name)
	}
}

func (q *parameters) flag(name string) bool {
	v, err := strconv.ParseBool(q.text(name, "false"))
	q.check(name, err == nil)
	return v
}

func (q *parameters) number(name string, otherwise int64) int64 {
	v, err := strconv.ParseInt(q.text(name, strconv.FormatInt(otherwise, 10)), 10, 64)
	q.check(name, err == nil && v >= -1)
	return v
}

func (q *parameters) duration(name string, otherwise time.Duration) time.Duration {
	v, err := time.ParseDuration(q.text(name, otherwise.String()))
	q.check(name, err == nil && v >= 0)
	return v
}

// choice returns what one of several words stands for. The first is taken if none is given.
func choice[T any](q *parameters, name string, first string, words map[string]T) T {
	v, ok := words[q.text(name, first)]
	q.check(name, ok)
	return v
}

// stream returns the settings of the JetStream stream.
func (q *parameters) stream() nats.StreamConfig {
	c := nats.StreamConfig{
		Name:        q.text("stream", ""),
		Description: "facts of a Tavoli register",
		Subjects:    q.all("subjects"),
		MaxAge:      q.duration("max_age", 0),
		MaxBytes:    q.number("max_bytes", -1),
		MaxMsgs:     q.number("max_msgs", -1),
		Replicas:    int(q.number("replicas", 1)),
		Duplicates:  q.duration("duplicates", 2*time.Minute),
		Retention: choice(q, "retention", "limits", map[string]nats.RetentionPolicy{
			"limits": nats.LimitsPolicy, "interest": nats.InterestPolicy, "workqueue": nats.WorkQueuePolicy}),
		Discard: choice(q, "discard", "old", map[string]nats.DiscardPolicy{
			"old": nats.DiscardOld, "new": nats.DiscardNew}),
		Storage: choice(q, "storage", "file", map[string]nats.StorageType{
			"file": nats.FileStorage, "memory": nats.MemoryStorage}),
	}
	if len(c.Subjects) == 0 {
		c.Subjects = []string{DefaultPrefix + ".>"}
	}
	q.check("stream", c.Name != "" && !strings.ContainsAny(c.Name, ".*> \t\r\n/\\"))
	q.check("replicas", 1 <= c.Replicas && c.Replicas <= 5)
	return c
}

// secrets returns what proves who we are, and who the broker is, from files.
func (q *parameters) secrets(encrypted bool) (options []nats.Option) {
	if encrypted {
		options = append(options, nats.Secure())
	}
	if file := q.file("ca"); file != "" {
		options = append(options, nats.RootCAs(file))
	}
	cert, key := q.file("cert"), q.file("key")
	q.check("cert", (cert == "") == (key == ""))
	if cert != "" && key != "" {
		options = append(options, nats.ClientCert(cert, key))
	}
	if file := q.file("creds"); file != "" {
		options = append(options, nats.UserCredentials(file))
	}
	if file := q.file("nkey"); file != "" {
		option, err := nats.NkeyOptionFromSeed(file)
		q.check("nkey", err == nil)
		options = append(options, option)
	}
	return options
}

// file returns the name of a file that can be opened.
func (q *parameters) file(name string) string {
	path := q.text(name, "")
	if path == "" {
		return ""
	}
	f, err := os.Open(path)
	if err == nil {
		f.Close()
	}
	q.check(name, err == nil)
	return path
}

// connection returns how to connect: for ever, and without keeping messages back
// while there is no connection, so that whoever publishes learns of it.
func (q *parameters) connection() []nats.Option {
	again := Backoff{Min: q.duration("reconnect_min", 100*time.Millisecond), Max: q.duration("reconnect_max", 5*time.Second)}
	return []nats.Option{
		nats.Name(q.text("name", "tavoli")),
		nats.Timeout(2 * time.Second),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(),
		nats.CustomReconnectDelay(func(attempts int) time.Duration { return again.Delay(attempts) }),
		nats.ReconnectBufSize(-1),
	}
}

// err returns what is wrong with the parameters, by name.
func (q *parameters) err() error {
	for name := range q.values {
		q.check(name, slices.Contains(q.known, name))
	}
	if len(q.wrong) == 0 {
		return nil
	}
	slices.Sort(q.wrong)
	return fmt.Errorf("%w: unknown or wrong: %s", ErrBadBroker, strings.Join(q.wrong, ", "))
}
