package domain

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// The groups in which values are committed to, so that one can be shown without another.
const (
	GroupIdentity = "identity" // given_name, family_name
	GroupContact  = "contact"  // email, phone
	GroupFunction = "function" // function
	GroupAnswers  = "answers"  // answers
)

// A part is one group of values in canonical JSON (RFC 8785).
type part struct {
	group  string
	values []byte
}

// parts returns the groups that have a value, in the order of their names.
func (v Values) parts() []part {
	list := make([]part, 0, 4)
	if v.Answers != "" {
		list = append(list, part{GroupAnswers, canonical("answers", v.Answers)})
	}
	if v.Email != "" || v.Phone != "" {
		list = append(list, part{GroupContact, canonical("email", v.Email, "phone", v.Phone)})
	}
	if v.Function != "" {
		list = append(list, part{GroupFunction, canonical("function", v.Function)})
	}
	return append(list, part{GroupIdentity, canonical("family_name", v.FamilyName, "given_name", v.GivenName)})
}

// canonical returns the RFC 8785 JSON of names, which are in order, and texts, which
// are [printable]: nothing but quotes and backslashes needs an escape.
func canonical(pairs ...string) []byte {
	size := 2
	for _, text := range pairs {
		size += len(text) + 8
	}
	dst := make([]byte, 0, size)
	separator := byte('{')
	for i, text := range pairs {
		dst = append(dst, separator, '"')
		for j := range len(text) {
			if text[j] == '"' || text[j] == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, text[j])
		}
		dst = append(dst, '"')
		separator = ','
		if i%2 == 0 {
			separator = ':'
		}
	}
	return append(dst, '}')
}

// Commitments bind a fact to the values it speaks of without telling them: for
// each group that has values, HMAC-SHA-256 with the salt as key over the group's
// canonical JSON, in unpadded base64url.
type Commitments struct {
	Answers  string `json:"answers,omitempty"`
	Contact  string `json:"contact,omitempty"`
	Function string `json:"function,omitempty"`
	Identity string `json:"identity,omitempty"`
}

// Of returns the commitment to a group, or nothing.
func (c Commitments) Of(group string) string {
	if p := c.group(group); p != nil {
		return *p
	}
	return ""
}

func (c *Commitments) group(name string) *string {
	switch name {
	case GroupAnswers:
		return &c.Answers
	case GroupContact:
		return &c.Contact
	case GroupFunction:
		return &c.Function
	case GroupIdentity:
		return &c.Identity
	}
	return nil
}

// Commit returns the commitment to one group of values under a salt.
func Commit(salt, canonicalValues []byte) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write(canonicalValues)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// A Disclosure is what opens one commitment: with Salt as key, HMAC-SHA-256 over
// Values must give Commitment.
type Disclosure struct {
	Group      string          `json:"group"`
	Values     json.RawMessage `json:"values"` // RFC 8785
	Salt       []byte          `json:"salt"`
	Commitment string          `json:"commitment"`
}

// Disclose returns what opens the commitments of a description.
func (k Key) Disclose(d PersonDescribed) ([]Disclosure, error) {
	v, err := k.Open(d)
	if err != nil {
		return nil, err
	}
	salts := k.salter(d.Context)
	var list []Disclosure
	for _, p := range v.parts() {
		list = append(list, Disclosure{p.group, p.values, salts.salt(p.group), d.Commitments.Of(p.group)})
	}
	return list, nil
}
