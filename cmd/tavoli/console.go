package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// A console is how the command line speaks to a running server: its address, and
// a token that lives as long as the server does. It lies in DIR/console, readable
// by its owner only.
type console struct {
	Address string `json:"address"`
	Token   string `json:"token"`
	Process int    `json:"process"`
}

const consoleFile = "console"

// newConsole makes a token nobody can guess.
func newConsole() console { return console{Token: newToken(), Process: os.Getpid()} }

// newToken returns 256 random bits as a token.
func newToken() string {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	return "tvl_" + base64.RawURLEncoding.EncodeToString(secret[:])
}

// hash is what the server knows of the token.
func (c console) hash() [32]byte { return sha256.Sum256([]byte(c.Token)) }

// write puts the console into a data folder, replacing the one of a server that
// was killed.
func (c console) write(dir string) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, consoleFile), raw)
}

// remove takes the console out of a data folder if it is still this one.
func (c console) remove(dir string) error {
	if there, err := readConsole(dir); err != nil || there.Token != c.Token {
		return err
	}
	return os.Remove(filepath.Join(dir, consoleFile))
}

// readConsole returns the console of a data folder, or an empty one.
func readConsole(dir string) (c console, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, consoleFile))
	if errors.Is(err, fs.ErrNotExist) {
		return console{}, nil
	}
	if err != nil {
		return console{}, err
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return console{}, fmt.Errorf("%s: %w", filepath.Join(dir, consoleFile), err)
	}
	return c, nil
}

// answers reports whether the server of the console is there and knows the token,
// and how far its log goes. Another program may have the port by now; it is not
// taken for ours.
func (c console) answers(ctx context.Context) (head string, ok bool) {
	if c.Address == "" {
		return "", false
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	var status struct {
		Store *struct{ ID string }  `json:"store"`
		View  struct{ Head string } `json:"view"`
	}
	to := client{http: http.DefaultClient, base: c.Address, token: c.Token}
	err := to.ask(ctx, "/status", nil, &status)
	return status.View.Head, err == nil && status.Store != nil && status.Store.ID != ""
}

// replaceFile writes a file that its owner alone can read, all of it or nothing.
func replaceFile(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
