package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"tavoli/domain"
)

// columns are the names under which a file of enti may have what is asked for: our
// own, and those of the lists that ISTAT publishes.
var columns = map[string]string{
	"kind": "kind", "tipo": "kind",
	"code": "code", "codice": "code", "codice_belfiore": "belfiore",
	"name": "name", "denominazione": "name",
	"province": "province", "sigla": "province",
	"istat": "istat", "codice_istat": "istat",
	"ipa": "ipa", "codice_ipa": "ipa",
	"provincia_storica": "",
}

// readEnti reads a file of enti as the requests that make them known. Columns are
// found by their names; a file with codice_belfiore and no kind is one of comuni.
func readEnti(file string, r io.Reader, effectiveAt string) ([]line, error) {
	in := bufio.NewReader(r)
	if mark, _ := in.Peek(3); bytes.Equal(mark, []byte("\ufeff")) {
		_, _ = in.Discard(3)
	}
	rows := csv.NewReader(in)
	rows.Comma = separator(in)
	header, err := rows.Read()
	if err != nil {
		return nil, invalidInput("%s:1: non è una tabella con i nomi delle colonne nella prima riga · is no table with a first line of column names: %v", file, err)
	}
	at, err := columnsOf(file, header)
	if err != nil {
		return nil, err
	}
	return enteLines(file, rows, at, effectiveAt)
}

// separator returns what stands between the columns.
func separator(in *bufio.Reader) rune {
	head, _ := in.Peek(2048)
	first, _, _ := bytes.Cut(head, []byte("\n"))
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		return ';'
	}
	return ','
}

// columnsOf returns where each column stands.
func columnsOf(file string, header []string) (map[string]int, error) {
	at := make(map[string]int)
	for i, name := range header {
		column, known := columns[strings.ToLower(strings.TrimSpace(name))]
		_, taken := at[column]
		switch {
		case !known:
			return nil, invalidInput("%s:1: colonna sconosciuta · unknown column %q", file, name)
		case taken && column != "":
			return nil, invalidInput("%s:1: due colonne indicano · two columns mean %s", file, column)
		}
		at[column] = i
	}
	_, code := at["code"]
	_, belfiore := at["belfiore"]
	if _, name := at["name"]; !name || !code && !belfiore {
		return nil, invalidInput("%s:1: servono una colonna denominazione e una codice_belfiore · there must be a column name and a column code", file)
	}
	return at, nil
}

func enteLines(file string, rows *csv.Reader, at map[string]int, effectiveAt string) ([]line, error) {
	var list []line
	check := checker{seen: make(map[string]place)}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) || len(check.faults) >= maxFaults {
			return list, check.err()
		}
		if err != nil {
			return nil, invalidInput("%s: %v", rowAt(file, err), err)
		}
		number, _ := rows.FieldPos(0)
		here := place{file, number}
		l, fault := enteLine(row, at)
		l.at, l.EffectiveAt = here, effectiveAt
		if first, taken := check.seen[l.Key]; taken {
			fault = fmt.Errorf("l'ente è già a · the ente stands already at %s", first)
		}
		if fault != nil {
			check.fault(here, "%v", fault)
		}
		check.seen[l.Key] = here
		list = append(list, l)
	}
}

// rowAt returns where a table cannot be read.
func rowAt(file string, err error) place {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return place{file, e.Line}
	}
	return place{file: file}
}

// enteLine reads one row.
func enteLine(row []string, at map[string]int) (line, error) {
	cell := func(name string) string {
		if i, ok := at[name]; ok && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	kind, code := cell("kind"), cell("code")
	if kind == "" && cell("belfiore") != "" {
		kind, code = string(domain.Comune), cell("belfiore")
	}
	ref := domain.EnteRef{Kind: domain.EnteKind(kind), Code: code}
	body := map[string]string{"kind": kind, "code": code, "name": cell("name")}
	for _, name := range []string{"province", "istat", "ipa"} {
		if cell(name) != "" {
			body[name] = cell(name)
		}
	}
	raw, err := json.Marshal(body)
	l := line{Key: "ente-" + kind + "-" + code, Request: "POST /enti", Body: raw}
	switch {
	case err != nil:
		return l, err
	case !slices.ContainsFunc(row, func(s string) bool { return !utf8.ValidString(s) }) && ref.Valid() && cell("name") != "":
		return l, nil
	case cell("name") == "":
		return l, errors.New("name: è obbligatorio · is required")
	case !ref.Valid():
		return l, fmt.Errorf("kind, code: non indicano un ente · name no ente: %q", ref)
	}
	return l, errors.New("non è UTF-8 · is not UTF-8")
}
