package tests_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"tavoli/adapters/bolt"
	"tavoli/adapters/keyring"
	"tavoli/domain"
)

// This file finds what is left on a disk.

// A trace is bytes that must not be found, with what they are of.
type trace struct {
	what  string
	bytes []byte
}

// tracesOf returns a text in the forms in which it may lie somewhere.
func tracesOf(text string) []trace {
	plain, _ := json.Marshal(text)
	var wide []byte
	for _, c := range utf16.Encode([]rune(text)) {
		wide = binary.LittleEndian.AppendUint16(wide, c)
	}
	list := []trace{
		{text, []byte(text)}, {text + " in JSON", bytes.Trim(plain, `"`)}, {text + " in JSON, escaped", []byte(strings.Trim(fmt.Sprintf("%+q", text), `"`))},
		{text + " in UTF-16", wide}, {text + " folded", []byte(strings.ToLower(text))}, {text + " in hexadecimal", []byte(hex.EncodeToString([]byte(text)))},
	}
	return append(list, encoded(text, []byte(text))...)
}

// encoded returns bytes in base64, as they look at each of the three places at which
// they can begin.
func encoded(what string, raw []byte) (list []trace) {
	for skip := range 3 {
		if len(raw) < skip+9 {
			break
		}
		whole := raw[skip : skip+(len(raw)-skip)/3*3]
		list = append(list, trace{what + " in base64", []byte(base64.RawStdEncoding.EncodeToString(whole))}, trace{what + " in base64url", []byte(base64.RawURLEncoding.EncodeToString(whole))})
	}
	return list
}

// rawTraces returns bytes as they are, in hexadecimal and in base64.
func rawTraces(what string, raw []byte) []trace {
	return append([]trace{{what, raw}, {what + " in hexadecimal", []byte(hex.EncodeToString(raw))}}, encoded(what, raw)...)
}

// found returns which traces are where below a folder, or in a file.
func found(t *testing.T, root string, traces []trace) (places []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // gone while it was being served
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		for _, one := range traces {
			if bytes.Contains(content, one.bytes) {
				places = append(places, filepath.Base(name)+": "+one.what)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return places
}

// A victim is a person about to be forgotten, with everything that must be gone.
type victim struct {
	id     domain.PersonID
	values []trace // what the person said
	sealed []trace // how it lies in the log
	keys   []trace
}

// victimOf reads what is held of a person from a data folder that nobody serves.
func victimOf(t *testing.T, data string, id domain.PersonID) victim {
	t.Helper()
	v := victim{id: id}
	for _, values := range zebedeo {
		for _, text := range []string{values.GivenName, values.FamilyName, values.Email, values.Phone, values.Function} {
			v.values = append(v.values, tracesOf(text)...)
		}
	}
	v.values = append(v.values, tracesOf(ownAddress)...)
	offline(t, data, func(store *bolt.Store, ring *keyring.Ring) {
		for entry, err := range store.ReadStream(t.Context(), domain.PersonaStream(id), 0) {
			if err != nil {
				t.Fatal(err)
			}
			rec, err := entry.Record()
			if err != nil {
				t.Fatal(err)
			}
			var id domain.KeyID
			switch e := rec.Event.(type) {
			case domain.PersonDescribed:
				id = e.Key
				v.sealed = append(v.sealed, rawTraces("sealed values", e.Sealed)...)
			case domain.JoinLinkSealed:
				id = e.Key
				v.sealed = append(v.sealed, rawTraces("a sealed address", e.Sealed)...)
			}
			key, err := ring.Key(id)
			if err != nil {
				t.Fatal(err)
			}
			v.keys = append(append(v.keys, rawTraces("the key", key.Seal[:])...), rawTraces("the salt", key.Salt[:])...)
		}
	})
	if len(v.sealed) == 0 {
		t.Fatal("nothing is held of the person")
	}
	return v
}

// offline opens the log and the keys of a data folder.
func offline(t *testing.T, data string, do func(*bolt.Store, *keyring.Ring)) {
	t.Helper()
	ring, err := keyring.Open(filepath.Join(data, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	store, err := bolt.Open(data, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	do(store, ring)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := ring.Close(); err != nil {
		t.Fatal(err)
	}
}
