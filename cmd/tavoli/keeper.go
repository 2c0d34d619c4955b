package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"tavoli/adapters/keeper"
	"tavoli/adapters/keyring"
)

// tokenFile is where a keeper keeps its token in its folder.
const tokenFile = "keeper.token"

// A keeping is how a keyring is to be shared.
type keeping struct {
	data    string
	listen  string
	cert    string
	key     string
	token   string // a file
	logging serving
}

func keeperCommand() command {
	return command{"keeper", "", "tiene il portachiavi condiviso da più nodi · keeps the keyring that several nodes share", func(fs *flag.FlagSet) action {
		k := &keeping{}
		fs.StringVar(&k.data, "data", "./keeper", "la `cartella` del portachiavi, lontana dal registro; se non c'è viene creata · the folder of the keyring, away from the register; it is made if there is none")
		fs.StringVar(&k.listen, "listen", "127.0.0.1:8090", "l'`indirizzo` su cui rispondere ai nodi; la porta 0 ne sceglie una libera · the address to answer the nodes on; port 0 picks a free one")
		fs.StringVar(&k.cert, "tls-cert", "", "il certificato, un `file` PEM · the certificate, a PEM file")
		fs.StringVar(&k.key, "tls-key", "", "la chiave del certificato, un `file` PEM · the key of the certificate, a PEM file")
		fs.StringVar(&k.token, "token-file", "", "il `file` con il gettone dei nodi; predefinito keeper.token nella cartella, creato al primo avvio · the file with the nodes' token; by default keeper.token in the folder, made at the first start")
		fs.BoolVar(&k.logging.logJSON, "log-json", false, "annota in JSON · log as JSON")
		fs.StringVar(&k.logging.level, "log-level", "info", "il `livello` minimo che si annota · the least level that is logged: debug, info, warn, error")
		return k.run
	}}
}

// run keeps the ring until ctx is done.
func (k *keeping) run(ctx context.Context, p *program, _ []string) error {
	log, err := k.logging.logger(p.err)
	if err != nil {
		return err
	}
	if (k.cert == "") != (k.key == "") {
		return usageError("--tls-cert e --tls-key vanno insieme · go together")
	}
	if _, err := os.Stat(filepath.Join(k.data, logFile)); err == nil {
		return invalidInput("%[1]s contiene un registro: il portachiavi condiviso sta in una cartella a parte, dove spostare il file %[2]s · the folder holds a register: the shared keyring has a folder of its own; move the file %[2]s there", k.data, keysFile)
	}
	ring, err := openRing(k.data)
	if err != nil {
		return err
	}
	return errors.Join(k.serve(ctx, p, ring, log), ring.Close())
}

// openRing opens the ring of a keeper, making its folder if there is none.
func openRing(data string) (*keyring.Ring, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	ring, err := keyring.Open(filepath.Join(data, keysFile))
	if errors.Is(err, keyring.ErrInUse) {
		return nil, &exit{exitInUse, fmt.Errorf("il portachiavi è aperto altrove, da un altro processo · the keyring is open elsewhere, in another process: %w", err)}
	}
	return ring, err
}

// serve answers the nodes.
func (k *keeping) serve(ctx context.Context, p *program, ring *keyring.Ring, log *slog.Logger) error {
	token, err := k.readToken()
	if err != nil {
		return err
	}
	keeps, err := keeper.NewServer(ring, token, log)
	if err != nil {
		return err
	}
	socket, scheme, err := k.socket(log)
	if err != nil {
		return err
	}
	defer socket.Close()
	asked := ctx
	ctx, fail := context.WithCancelCause(asked)
	defer fail(nil)
	server := keeps.HTTP()
	go func() { fail(server.Serve(socket)) }()
	address := scheme + "://" + reachable(socket.Addr())
	if err := p.printf("%s\n", address); err != nil {
		return errors.Join(err, end(server))
	}
	log.Info("keeping", "address", address, "data", k.data, "ring", ring.ID().String(), "keys", ring.Len(), "version", version)
	<-ctx.Done()
	log.Info("stopping", "cause", context.Cause(ctx))
	return errors.Join(fault(asked, ctx), end(server))
}

// socket listens, with TLS if there is a certificate.
func (k *keeping) socket(log *slog.Logger) (socket net.Listener, scheme string, err error) {
	var config *tls.Config
	if k.cert != "" {
		pair, err := tls.LoadX509KeyPair(k.cert, k.key)
		if err != nil {
			return nil, "", invalidInput("il certificato non si può usare · the certificate cannot be used: %w", err)
		}
		config = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	if socket, err = net.Listen("tcp", k.listen); err != nil {
		return nil, "", err
	}
	if config != nil {
		return tls.NewListener(socket, config), "https", nil
	}
	if a, ok := socket.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		log.Warn("le chiavi viaggiano in chiaro: usare --tls-cert, o una rete che nessun altro vede · keys travel in the clear: use --tls-cert, or a network nobody else sees", "listen", k.listen)
	}
	return socket, "http", nil
}

// readToken returns the token the nodes have to know, making one at the first start.
func (k *keeping) readToken() (string, error) {
	if k.token != "" {
		return readSecret(k.token)
	}
	name := filepath.Join(k.data, tokenFile)
	if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		var secret [32]byte
		_, _ = rand.Read(secret[:]) // never fails
		if err := replaceFile(name, []byte("tvk_"+base64.RawURLEncoding.EncodeToString(secret[:])+"\n")); err != nil {
			return "", err
		}
	}
	return readSecret(name)
}

// readSecret reads a token from a file.
func readSecret(name string) (string, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return "", missing(err)
	}
	token := strings.TrimSpace(string(raw))
	if len(token) < 16 || strings.ContainsAny(token, " \t\r\n") {
		return "", invalidInput("%s: un gettone ha almeno 16 caratteri, senza spazi · a token has at least 16 characters, without spaces", name)
	}
	return token, nil
}
