package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync"
)

// A local carries requests to a handler of this process, without a socket. The
// answer streams: it can be read while the handler writes it.
type local struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (l local) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	read, write := io.Pipe()
	w := &localWriter{header: make(http.Header), pipe: write, ready: make(chan struct{})}
	w.trace = httptrace.ContextClientTrace(ctx)
	go l.serve(w, incoming(ctx, req))
	select {
	case <-w.ready:
	case <-ctx.Done():
		cancel()
		return nil, errors.Join(ctx.Err(), read.Close())
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: localBody{read, cancel}, ContentLength: -1, Request: req,
	}, nil
}

// incoming returns a request as a handler expects it.
func incoming(ctx context.Context, req *http.Request) *http.Request {
	r := req.Clone(ctx)
	r.RequestURI = req.URL.RequestURI()
	r.RemoteAddr = "127.0.0.1:0"
	r.Host = req.URL.Host
	if r.Body == nil {
		r.Body = http.NoBody
	}
	return r
}

// serve lets the handler answer. One that panics cuts its answer off.
func (l local) serve(w *localWriter, r *http.Request) {
	defer func() {
		if fault := recover(); fault != nil {
			w.pipe.CloseWithError(io.ErrUnexpectedEOF)
		}
		w.begin(http.StatusOK)
		w.pipe.Close()
		r.Body.Close()
	}()
	l.handler.ServeHTTP(w, r)
}

// A localWriter is the handler's side of an answer.
type localWriter struct {
	header http.Header
	sent   http.Header
	status int
	pipe   *io.PipeWriter
	trace  *httptrace.ClientTrace // nil: nobody hears what comes before the answer
	once   sync.Once
	ready  chan struct{}
}

func (w *localWriter) begin(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.ready)
	})
}

// Header implements [http.ResponseWriter].
func (w *localWriter) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *localWriter) WriteHeader(status int) {
	switch {
	case status >= 200:
		w.begin(status)
	case w.trace != nil && w.trace.Got1xxResponse != nil:
		_ = w.trace.Got1xxResponse(status, textproto.MIMEHeader(w.header)) // it is only told
	}
}

// Write implements [http.ResponseWriter].
func (w *localWriter) Write(b []byte) (int, error) {
	w.begin(http.StatusOK)
	return w.pipe.Write(b)
}

// Flush implements [http.Flusher]: what is written is on its way already.
func (w *localWriter) Flush() { w.begin(http.StatusOK) }

// A localBody ends the handler when it is closed early.
type localBody struct {
	*io.PipeReader
	cancel context.CancelFunc
}

// Close implements [io.Closer].
func (b localBody) Close() error {
	err := b.PipeReader.Close()
	b.cancel()
	return err
}
