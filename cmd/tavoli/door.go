package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"tavoli/adapters/front"
)

// A door is how people and programs come to the register.
type door struct {
	cert, key string
	redirect  string
	proxies   string
	trusted   []netip.Prefix
}

func (d *door) bind(fs *flag.FlagSet) {
	fs.StringVar(&d.cert, "tls-cert", "", "il certificato, un `file` PEM, riletto quando cambia: si risponde solo con TLS · the certificate, a PEM file, read again when it changes: only TLS is answered")
	fs.StringVar(&d.key, "tls-key", "", "la chiave del certificato, un `file` PEM · the key of the certificate, a PEM file")
	fs.StringVar(&d.redirect, "http-redirect", "", "un `indirizzo` su cui chi chiede in chiaro è mandato a TLS · an address where whoever asks in the clear is sent on to TLS: 0.0.0.0:80")
	fs.StringVar(&d.proxies, "trusted-proxies", "", "gli `indirizzi` o le reti dei proxy di cui si crede a X-Forwarded-For e X-Forwarded-Proto, separati da virgole · the addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas")
}

// check returns what is wrong with the flags.
func (d *door) check() (err error) {
	switch {
	case (d.cert == "") != (d.key == ""):
		return usageError("--tls-cert e --tls-key vanno insieme · go together")
	case d.redirect != "" && d.cert == "":
		return usageError("--http-redirect vuole --tls-cert · needs --tls-cert")
	}
	if d.trusted, err = front.ReadProxies(d.proxies); err != nil {
		return usageError("--trusted-proxies: %[1]v", err)
	}
	return nil
}

// An opened door listens: outside to everybody, inside to the command line of this
// machine, and in the clear to those who have to be sent to TLS.
type opened struct {
	front   front.Front
	outside net.Listener
	inside  net.Listener // where there is no TLS, the same
	clear   net.Listener // nil: nobody is sent on
	secure  bool
}

// open listens. With TLS the command line has a way of its own, on the loopback address,
// so that it needs to trust no certificate.
func (d *door) open(listen string, log *slog.Logger) (_ *opened, err error) {
	o := &opened{front: front.Front{Trusted: d.trusted, Log: log}}
	if o.outside, err = net.Listen("tcp", listen); err != nil {
		return nil, err
	}
	o.inside = o.outside
	if d.cert == "" {
		return o, nil
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.Close())
		}
	}()
	pair, err := front.LoadCertificate(d.cert, d.key, log)
	if err != nil {
		return nil, invalidInput("%v", err)
	}
	if o.inside, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	o.outside, o.secure = tls.NewListener(o.outside, pair.Config()), true
	if d.redirect != "" {
		o.clear, err = net.Listen("tcp", d.redirect)
	}
	return o, err
}

// Close stops listening.
func (o *opened) Close() error {
	var errs []error
	for _, l := range []net.Listener{o.outside, o.inside, o.clear} {
		if l == nil {
			continue
		}
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// address is where everybody finds the register.
func (o *opened) address() string {
	if o.secure {
		return "https://" + reachable(o.outside.Addr())
	}
	return "http://" + reachable(o.outside.Addr())
}

// serve answers at every door until the server ends.
func (o *opened) serve(server *http.Server, fail context.CancelCauseFunc) {
	doors := []net.Listener{o.outside}
	if o.secure {
		doors = append(doors, o.inside)
	}
	for _, l := range doors {
		go func() { fail(server.Serve(l)) }()
	}
	if o.clear == nil {
		return
	}
	_, port, _ := net.SplitHostPort(o.outside.Addr().String()) // an address of ours has one
	clear := &http.Server{Handler: front.ToTLS(port), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10, ErrorLog: server.ErrorLog}
	server.RegisterOnShutdown(func() { _ = clear.Close() }) // nothing is under way there
	go func() { fail(clear.Serve(o.clear)) }()
}
