package oidc_test

import (
	"strings"
	"testing"

	"tavoli/adapters/oidc"
)

func TestRules(t *testing.T) {
	if rules, err := oidc.ReadRules([]byte(`[{"claim":"groups","value":"a","role":"staff","label":"Segreteria"}]`)); err != nil || len(rules) != 1 || rules[0].Label != "Segreteria" {
		t.Errorf("got %v, %v", rules, err)
	}
	for text, want := range map[string]string{
		`[]`: "nobody has a role", `{}`: "cannot unmarshal", `[{"claim":"g","value":"a","role":"god"}]`: `no role "god"`, `[{"claim":"g","value":"a","role":"inspector"}]`: "needs a scope",
		`[{"value":"a","role":"staff"}]`: "a claim and a value", `[{"claim":"g","value":"a","role":"staff","x":1}]`: "unknown field", `[{"claim":"g","value":"a","role":"staff"}] []`: "more than one",
	} {
		if _, err := oidc.ReadRules([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
