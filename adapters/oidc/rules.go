package oidc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tavoli/domain"
)

// A Rule says that whoever has a value in a claim has a role. The claim may be a text,
// a truth, or a list of texts; dots lead into objects: "realm_access.roles".
type Rule struct {
	Claim string      `json:"claim"`
	Value string      `json:"value"`
	Role  domain.Role `json:"role"`
	Label string      `json:"label"` // what accounts with it are for; empty: the role
}

// ReadRules reads a list of rules.
func ReadRules(text []byte) ([]Rule, error) {
	var rules []Rule
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&rules); err != nil {
		return nil, fmt.Errorf("the roles of the identity provider: %w", err)
	}
	if d.More() {
		return nil, fmt.Errorf("the roles of the identity provider: there is more than one list")
	}
	return rules, checkRules(rules)
}

// checkRules returns what is wrong with rules.
func checkRules(rules []Rule) error {
	if len(rules) == 0 {
		return fmt.Errorf("oidc: without rules nobody has a role")
	}
	for i, r := range rules {
		switch {
		case r.Claim == "" || r.Value == "":
			return fmt.Errorf("oidc: rule %d: a claim and a value are required", i)
		case r.Role == domain.RoleInspector:
			return fmt.Errorf("oidc: rule %d: an inspector's role needs a scope and is granted by administrators", i)
		case !slices.Contains(domain.Roles, r.Role):
			return fmt.Errorf("oidc: rule %d: there is no role %q", i, r.Role)
		}
	}
	return nil
}

// given returns the roles that claims give, and what an account with them is for.
func given(rules []Rule, claims map[string]any) (roles []domain.Role, label string) {
	var labels []string
	for _, r := range rules {
		if !has(find(claims, r.Claim), r.Value) || slices.Contains(roles, r.Role) {
			continue
		}
		roles = append(roles, r.Role)
		if r.Label == "" {
			r.Label = string(r.Role)
		}
		labels = append(labels, r.Label)
	}
	return roles, strings.Join(labels, ", ")
}

// find returns a claim by its name, or by the way to it.
func find(claims map[string]any, name string) any {
	if claim, ok := claims[name]; ok {
		return claim
	}
	head, rest, deeper := strings.Cut(name, ".")
	inner, ok := claims[head].(map[string]any)
	if !deeper || !ok {
		return nil
	}
	return find(inner, rest)
}

// has reports whether a claim has a value.
func has(claim any, value string) bool {
	switch claim := claim.(type) {
	case string:
		return claim == value
	case bool:
		return claim && value == "true"
	case []any:
		return slices.ContainsFunc(claim, func(one any) bool { text, ok := one.(string); return ok && text == value })
	}
	return false
}
