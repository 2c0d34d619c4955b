package keeper

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// transport returns what carries the calls. It uses no proxy, for the answers hold
// keys, and HTTP/1.1, where a call that takes too long ends its connection.
func (o *Options) transport() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: o.Timeout, KeepAlive: 5 * time.Second}).DialContext,
		TLSClientConfig:     &tls.Config{RootCAs: o.CA, MinVersion: tls.VersionTLS12},
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
		MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: o.Timeout,
		MaxResponseHeaderBytes: 16 << 10,
	}
}

// A call is one question to the keeper.
type call struct {
	method string
	path   string
	query  url.Values
	body   any
	within time.Duration
	most   int64 // bytes of the answer
}

// do asks and returns the answer. Whatever goes wrong is [ErrUnreachable] unless the
// keeper says otherwise.
func (c *Client) do(ctx context.Context, q call) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, q.within)
	defer cancel()
	req, err := c.request(ctx, q)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, unreachable(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, q.most+1))
	switch {
	case err != nil:
		return nil, unreachable(fmt.Errorf("the answer broke off: %w", err))
	case int64(len(body)) > q.most:
		return nil, unreachable(fmt.Errorf("the answer has more than %d bytes", q.most))
	case resp.StatusCode != http.StatusOK:
		return nil, refusal(resp, body)
	}
	return body, nil
}

func (c *Client) request(ctx context.Context, q call) (*http.Request, error) {
	var body io.Reader
	if q.body != nil {
		data, err := json.Marshal(q.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, c.URL+q.path+"?"+q.query.Encode(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	return req, nil
}

// refusal returns what an answer other than 200 means.
func refusal(resp *http.Response, body []byte) error {
	var t trouble
	if json.Unmarshal(body, &t) != nil || t.Code == "" {
		return unreachable(fmt.Errorf("what answers says %s: %w", resp.Status, ErrNoKeeper))
	}
	switch t.Code {
	case ErrToken.Code:
		return unreachable(ErrToken)
	case ErrBehind.Code:
		return ErrBehind
	case ErrDamaged.Code:
		return fmt.Errorf("%w: %s", ErrDamaged, t.Detail)
	case ErrExchanged.Code:
		return fmt.Errorf("%w (the ring is %s)", ErrExchanged, t.Detail)
	}
	return unreachable(fmt.Errorf("the keeper says %s: %s", resp.Status, t.Detail))
}

// unreachable makes an error [ErrUnreachable]; what was canceled stays so.
func unreachable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if e, ok := errors.AsType[*url.Error](err); ok { // it says the address and the query once more
		err = e.Err
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// ask reads an answer in JSON.
func (c *Client) ask(ctx context.Context, q call, into any) error {
	body, err := c.do(ctx, q)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return unreachable(fmt.Errorf("what answers is no keeper: %w", errors.Join(err, ErrNoKeeper)))
	}
	return nil
}

// fetch reads an answer with keys.
func (c *Client) fetch(ctx context.Context, q call) (*frame, error) {
	q.within, q.most = c.Timeout, frameHead+maxPage*frameKey+4
	body, err := c.do(ctx, q)
	if err != nil {
		return nil, err
	}
	defer clear(body)
	f, err := parseFrame(body)
	if err != nil {
		return nil, unreachable(err)
	}
	return f, c.same(status{Ring: f.ring})
}

// query returns what the client tells each time: which ring it means, and how far it
// has seen it.
func (c *Client) query() url.Values {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return url.Values{
		"ring": {c.ring.String()}, "epoch": {strconv.Itoa(c.seen.Epoch)}, "handed": {decimal(c.seen.Handed)},
		"mirrored": {decimal(c.mirrored)},
	}
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// hello asks which ring there is.
func (c *Client) hello(ctx context.Context) (g greeting, err error) {
	err = c.ask(ctx, call{method: http.MethodGet, path: pathRing, within: c.Timeout, most: maxBody}, &g)
	if err == nil && len(g.Root) != len(c.root) {
		err = unreachable(fmt.Errorf("what answers is no keeper: %w", ErrNoKeeper))
	}
	return g, err
}

// poll asks what was destroyed since the last time, waiting for news that long.
func (c *Client) poll(ctx context.Context, wait time.Duration) (answer changes, err error) {
	q := c.query()
	c.mu.RLock()
	q.Set("run", c.run.String())
	q.Set("after", strconv.Itoa(c.after))
	c.mu.RUnlock()
	q.Set("wait", strconv.FormatInt(wait.Milliseconds(), 10))
	err = c.ask(ctx, call{method: http.MethodGet, path: pathChanges, query: q, within: wait + c.Timeout, most: 4 << 20}, &answer)
	if err == nil {
		err = c.same(answer.status)
	}
	return answer, err
}

// page asks for keys from one on.
func (c *Client) page(ctx context.Context, after uint64) (*frame, error) {
	q := c.query()
	q.Set("after", decimal(after))
	q.Set("n", strconv.Itoa(maxPage))
	return c.fetch(ctx, call{method: http.MethodGet, path: pathKeys, query: q})
}

// block asks for keys to hand out. An order may be repeated.
func (c *Client) block(ctx context.Context, order uuid.UUID, n int) (*frame, error) {
	q := c.query()
	q.Set("order", order.String())
	q.Set("n", strconv.Itoa(n))
	f, err := c.fetch(ctx, call{method: http.MethodPost, path: pathTake, query: q})
	if err == nil && len(f.keys) == 0 {
		err = unreachable(errFrame)
	}
	return f, err
}

// same refuses a keeper that has another ring than it had.
func (c *Client) same(s status) error {
	if s.Ring != c.ring {
		return fmt.Errorf("%w (it was %s and is %s)", ErrExchanged, c.ring, s.Ring)
	}
	return nil
}

// Copy writes a copy of a keeper's ring, from which it can be restored. It holds the
// keys as they are: keep it where the log's backups are not.
func Copy(ctx context.Context, o Options, w io.Writer) error {
	if err := o.complete(); err != nil {
		return err
	}
	c := &Client{Options: o, http: &http.Client{Transport: o.transport()}}
	defer c.http.CloseIdleConnections()
	req, err := c.request(ctx, call{method: http.MethodGet, path: pathCopy})
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return unreachable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody)) // what it says, or nothing
		return fmt.Errorf("keeper %s: copy: %w", o.URL, plain(refusal(resp, body)))
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("keeper %s: copy: %w", o.URL, unreachable(err))
	}
	return nil
}
