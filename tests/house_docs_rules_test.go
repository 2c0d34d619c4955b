package tests_test

import (
	"strings"
	"testing"
)

// TestPapersCatch tries the checks on papers that are wrong.
func TestPapersCatch(t *testing.T) {
	const (
		adr   = "# 1. A title\n\n## Context\n\n## Choice\n\n## Price\n"
		full  = "package domain\nvar ErrFull = &Error{Kind: Refused, Code: \"full\", Text: \"x\"}\n"
		fault = "package domain\nfunc f(c *check) { c.that(true, \"/a\", \"bad-a\", \"x\") }\n"
		limit = "package domain\nconst MaxID = 1 << 4\nconst pause = 20 * time.Second\n"
	)
	for _, c := range []struct {
		name  string
		check func(house) ([]string, error)
		files map[string]string
		fault string
	}{
		{"a decision", house.badDecisions, map[string]string{"docs/adr/0001-a.md": adr, "docs/architecture.md": "[1](adr/0001-a.md)"}, ""},
		{"a decision nobody lists", house.badDecisions, map[string]string{"docs/adr/0001-a.md": adr}, "is not listed"},
		{"a gap in the numbers", house.badDecisions, map[string]string{"docs/adr/0002-a.md": adr}, "is not number 1"},
		{"a decision without its price", house.badDecisions, map[string]string{"docs/adr/0001-a.md": strings.TrimSuffix(adr, "## Price\n")}, "not context, choice, price"},
		{"a decision without a title", house.badDecisions, map[string]string{"docs/adr/0001-a.md": strings.TrimPrefix(adr, "# 1. A title")}, "does not begin with"},

		{"an error", house.unexplainedErrors, map[string]string{"domain/a.go": full, "docs/errors.md": "| `full` | Refused | 409 | pieno | full |\n"}, ""},
		{"an error nobody explains", house.unexplainedErrors, map[string]string{"domain/a.go": full, "docs/errors.md": ""}, "full as \"\" , and the code as Refused"},
		{"an error of an adapter", house.unexplainedErrors, map[string]string{"adapters/web/a.go": "package web\nvar Err = domain.Error{Kind: domain.Refused, Code: \"no\"}\n"}, "no as \"\" , and"},
		{"a refusal of HTTP", house.unexplainedErrors, map[string]string{"adapters/web/a.go": "package web\nvar err = refusal{status: 401, code: \"who\"}\n", "docs/errors.md": "| `who` | HTTP | 401 | chi | who |\n"}, ""},
		{"a refusal of another status", house.unexplainedErrors, map[string]string{"adapters/web/a.go": "package web\nvar err = refusal{status: 401, code: \"who\"}\n", "docs/errors.md": "| `who` | HTTP | 403 | chi | who |\n"}, "who as \"HTTP\" 403, and the code as 401"},
		{"an error of another kind", house.unexplainedErrors, map[string]string{"domain/a.go": full, "docs/errors.md": "| `full` | NotFound | 404 | pieno | full |\n"}, "and the code as Refused"},
		{"an error of another status", house.unexplainedErrors, map[string]string{"domain/a.go": full, "docs/errors.md": "| `full` | Refused | 410 | pieno | full |\n"}, "does not call 410"},
		{"an error that is no more", house.unexplainedErrors, map[string]string{"docs/errors.md": "| `full` | Refused | 409 | pieno | full |\n"}, "explains full"},
		{"a field fault", house.unexplainedErrors, map[string]string{"domain/a.go": fault, "docs/errors.md": "| `bad-a` | male | bad |\n"}, ""},
		{"a field fault nobody explains", house.unexplainedErrors, map[string]string{"domain/a.go": fault}, "field fault bad-a"},

		{"a package nobody tells of", house.gapsInOverview, map[string]string{"docs/architecture.md": "| `domain/` | rules |"}, "of the package projections"},
		{"streams nobody tells of", house.gapsInOverview, map[string]string{"domain/a.go": "package domain\nconst CategoryX = \"x\""}, "of the streams x-"},

		{"limits", house.wrongLimits, map[string]string{"domain/a.go": limit, "domain/a_test.go": "func TestID(t *testing.T) {}", "docs/limits.md": "| id | 16 bytes | `domain.MaxID` | `TestID` |\n| wait | 20 seconds | `domain.pause` | `TestID` |\n"}, ""},
		{"a limit among defaults", house.wrongLimits, map[string]string{"adapters/web/a.go": "package web\nfunc DefaultLimits() Limits { return Limits{Body: 1 << 20} }\n", "docs/limits.md": "| body | 1,048,577 bytes | `adapters/web.Body` | |\n"}, "has 1048577 for adapters/web.Body"},
		{"a limit nobody tells of", house.wrongLimits, map[string]string{"domain/a.go": limit}, "does not tell of domain.MaxID"},
		{"a limit that is wrong", house.wrongLimits, map[string]string{"domain/a.go": limit, "docs/limits.md": "| id | 17 bytes | `domain.MaxID` | |\n"}, "has 17 for domain.MaxID"},
		{"a limit that is no more", house.wrongLimits, map[string]string{"docs/limits.md": "| id | 17 bytes | `domain.MaxID` | |\n"}, "has 17 for domain.MaxID"},
		{"a test that shows it", house.wrongLimits, map[string]string{"domain/a.go": limit, "domain/a_test.go": "func TestID(t *testing.T) {}", "docs/limits.md": "| id | 16 bytes | `domain.MaxID` | `TestID` |\n"}, ""},
		{"a limit that nothing shows", house.wrongLimits, map[string]string{"domain/a.go": limit, "docs/limits.md": "| id | 16 bytes | `domain.MaxID` | |\n"}, "names no test that shows domain.MaxID"},
		{"a test there is not", house.wrongLimits, map[string]string{"domain/a.go": limit, "docs/limits.md": "| id | 16 bytes | `domain.MaxID` | `TestID` |\n"}, "no such test"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.files["docs/adr/0001-a.md"]+c.files["docs/adr/0002-a.md"] == "" {
				c.files["docs/adr/README"] = "" // so that there is a folder
			}
			wants(t, c.files, c.check, c.fault)
		})
	}
}
