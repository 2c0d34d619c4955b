package domain

import (
	"slices"
	"strconv"

	"github.com/google/uuid"
)

// A MaterialKind is what a published file is.
type MaterialKind string

// The kinds there are.
const (
	MaterialProgramme  MaterialKind = "programme"
	MaterialInvitation MaterialKind = "invitation"
	MaterialSlides     MaterialKind = "slides"
	MaterialVideo      MaterialKind = "video"
	MaterialNote       MaterialKind = "note"
	MaterialOther      MaterialKind = "other"
)

// MaterialPublished records a file or a page that belongs to a tavolo.
type MaterialPublished struct {
	Tavolo   TavoloID     `json:"tavolo"`
	Material uuid.UUID    `json:"material"`
	Title    string       `json:"title"`
	Kind     MaterialKind `json:"kind"`
	URL      string       `json:"url,omitempty"`
	SHA256   string       `json:"sha256,omitempty"`
	Authors  []PersonID   `json:"authors,omitempty"`
	On       Day          `json:"on,omitempty"`
}

func (MaterialPublished) Name() string { return "MaterialPublished" }

func (t *Tavolo) hasMaterial(m MaterialPublished) bool {
	return slices.ContainsFunc(t.materials, func(o MaterialPublished) bool {
		return o.Title == m.Title && o.Kind == m.Kind && o.URL == m.URL && o.SHA256 == m.SHA256
	})
}

// PublishMaterial adds a file or a page to a tavolo. The same one twice counts once.
type PublishMaterial struct {
	Tavolo  TavoloID     `json:"-"`
	Title   string       `json:"title"`
	Kind    MaterialKind `json:"kind"`
	URL     string       `json:"url"`
	SHA256  string       `json:"sha256"`
	Authors []PersonID   `json:"authors"` // of those invited
	On      Day          `json:"on"`
}

// Stream implements [Command].
func (c PublishMaterial) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c PublishMaterial) Decide(t *Tavolo, meta Meta) ([]Event, error) {
	var bad check
	bad.required(c.Title, "/title")
	oneOf(&bad, c.Kind, "/kind", MaterialProgramme, MaterialInvitation, MaterialSlides, MaterialVideo, MaterialNote, MaterialOther)
	bad.url(c.URL, "/url")
	if c.SHA256 != "" {
		bad.sha(c.SHA256, "/sha256")
	}
	bad.day(c.On, "/on", false)
	for i, author := range c.Authors {
		_, invited := t.speakers[author]
		bad.that(invited, "/authors/"+strconv.Itoa(i), "unknown-speaker", "is not a speaker of the tavolo")
	}
	fact := MaterialPublished{c.Tavolo, DerivedID(meta.Command, "material"), c.Title, c.Kind, c.URL, c.SHA256, c.Authors, c.On}
	switch {
	case !t.exists():
		return nil, ErrNoTavolo
	case bad.err() != nil:
		return nil, bad.err()
	case t.hasMaterial(fact):
		return nil, nil
	}
	return []Event{fact}, nil
}
