package main

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
)

// A manifest is dossier.json: what the dossier says of itself.
type manifest struct {
	Format        string       `json:"format"`
	Origin        string       `json:"origin"`
	Scope         scope        `json:"scope"`
	Position      string       `json:"position"`
	Size          int64        `json:"size"`
	Root          string       `json:"root"`
	RecordedUntil string       `json:"recorded_until"`
	Entries       string       `json:"entries"`
	Disclosures   string       `json:"disclosures"`
	Purpose       string       `json:"purpose"`
	Files         []listedFile `json:"files"`
}

type scope struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

type listedFile struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

const (
	manifestFile   = "dossier.json"
	manifestFormat = "tavoli-dossier/v1"
)

// readManifest returns what the dossier says of itself; nil: it is an exported log.
func (s *source) readManifest() (*manifest, error) {
	if !s.has(manifestFile) {
		return nil, nil //nolint:nilnil // an exported log has none
	}
	data, err := s.read(manifestFile, maxManifest)
	if err != nil {
		return nil, err
	}
	m := new(manifest)
	if err := unmarshal(data, m); err != nil {
		return nil, unreadable("dossier.json è malformato: %v", "dossier.json is malformed: %v", err)
	}
	if m.Format != manifestFormat {
		return nil, unreadable("il formato %q non è noto a questo programma", "the format %q is not known to this program", clip(m.Format))
	}
	return m, nil
}

// unmarshal reads one JSON document and nothing after it.
func unmarshal(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errLonger
	}
	return nil
}

// checkFiles notes whether the dossier holds exactly the files it lists, word for word.
func (r *report) checkFiles(s *source, m *manifest) error {
	var wrong []string
	listed := map[string]bool{manifestFile: true}
	for _, f := range m.Files {
		if listed[f.Path] {
			wrong = append(wrong, f.Path)
		}
		listed[f.Path] = true
		if size, ok := s.sizes[f.Path]; !ok || size != f.Size {
			wrong = append(wrong, f.Path)
			continue
		}
		sum, err := s.sum(f.Path)
		if err != nil {
			return err
		}
		if sum != f.SHA256 {
			wrong = append(wrong, f.Path)
		}
	}
	for _, name := range s.names {
		if !listed[name] {
			wrong = append(wrong, name)
		}
	}
	if slices.Sort(wrong); len(wrong) > 0 {
		r.check("files", false, "%d file non sono quelli elencati in dossier.json: %s", "%d files are not those dossier.json lists: %s", len(wrong), few(wrong))
		return nil
	}
	r.check("files", true, "file elencati in dossier.json: %d, tutti presenti e identici, e non ce ne sono altri",
		"files that dossier.json lists: %d, all there and unchanged, and no others", len(m.Files))
	return r.checkEvidence(s)
}

// checkEvidence notes whether each document is the one its name tells.
func (r *report) checkEvidence(s *source) error {
	names := s.below(evidenceDir)
	var wrong []string
	for _, name := range names {
		sum, err := s.sum(name)
		if err != nil {
			return err
		}
		if name != evidenceDir+"/"+sum {
			wrong = append(wrong, name)
		}
	}
	if len(names) > 0 {
		r.check("evidence", len(wrong) == 0, "documenti: %d, ciascuno con l'impronta che il suo nome dice %s", "documents: %d, each with the hash that its name tells %s", len(names), few(wrong))
	}
	return nil
}

const evidenceDir = "evidence"

// few lists the first of some names.
func few(names []string) string {
	text := ""
	for i, n := range names {
		if i == 5 {
			return text + ", …"
		}
		if i > 0 {
			text += ", "
		}
		text += n
	}
	return text
}
