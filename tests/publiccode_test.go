package tests_test

import (
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// A publiccode is what publiccode.yml says, as far as it is checked.
type publiccode struct {
	Version      string                 `yaml:"publiccodeYmlVersion"`
	Name         string                 `yaml:"name"`
	URL          string                 `yaml:"url"`
	Software     string                 `yaml:"softwareVersion"`
	Platforms    []string               `yaml:"platforms"`
	Categories   []string               `yaml:"categories"`
	Status       string                 `yaml:"developmentStatus"`
	Type         string                 `yaml:"softwareType"`
	Audience     map[string][]string    `yaml:"intendedAudience"`
	Supports     []map[string]string    `yaml:"supports"`
	Description  map[string]description `yaml:"description"`
	Legal        map[string]string      `yaml:"legal"`
	Maintenance  maintenance            `yaml:"maintenance"`
	Localisation localisation           `yaml:"localisation"`
	DependsOn    map[string][]any       `yaml:"dependsOn"`
	Organisation map[string]string      `yaml:"organisation"`
	LandingURL   string                 `yaml:"landingURL"`
	ReleaseDate  string                 `yaml:"releaseDate"`
	Italy        italy                  `yaml:"IT"`
}

type description struct {
	Name     string   `yaml:"localisedName"`
	Short    string   `yaml:"shortDescription"`
	Long     string   `yaml:"longDescription"`
	Features []string `yaml:"features"`
}

type maintenance struct {
	Type        string              `yaml:"type"`
	Contacts    []map[string]string `yaml:"contacts"`
	Contractors []map[string]string `yaml:"contractors"`
}

type localisation struct {
	Ready     *bool    `yaml:"localisationReady"`
	Languages []string `yaml:"availableLanguages"`
}

type italy struct {
	Version   string            `yaml:"countryExtensionVersion"`
	Conforme  map[string]bool   `yaml:"conforme"`
	Platforms map[string]bool   `yaml:"piattaforme"`
	Riuso     map[string]string `yaml:"riuso"`
}

// TestPubliccode checks publiccode.yml against version 0.7 of its standard, and
// against what LICENSE and README say.
func TestPubliccode(t *testing.T) {
	reportFaults(t, theHouse, house.wrongPubliccode)
}

func (h house) wrongPubliccode() ([]string, error) {
	var p publiccode
	dec := yaml.NewDecoder(strings.NewReader(h.read("publiccode.yml")))
	dec.KnownFields(true)
	if err := dec.Decode(&p); err != nil {
		return nil, err
	}
	var faults []string
	must := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, "publiccode.yml: "+fmt.Sprintf(format, args...))
		}
	}
	p.check(must)
	h.agree(p, must)
	return faults, nil
}

// check asks for what the standard does.
func (p publiccode) check(must func(bool, string, ...any)) {
	one := func(key, value string, of ...string) { must(slices.Contains(of, value), "%s is %q", key, value) }
	one("publiccodeYmlVersion", p.Version, "0.7")
	must(p.Name != "" && strings.HasPrefix(p.URL, "https://"), "name or url is missing")
	must(len(p.Platforms) > 0 && len(p.Categories) > 0, "platforms or categories are missing")
	one("developmentStatus", p.Status, "concept", "development", "beta", "stable", "obsolete")
	one("softwareType", p.Type, "standalone/web", "standalone/backend")
	one("maintenance/type", p.Maintenance.Type, "internal", "contract", "community", "none")
	must(p.Maintenance.Type == "none" || len(p.Maintenance.Contacts)+len(p.Maintenance.Contractors) > 0, "nobody maintains it by name")
	must(p.Localisation.Ready != nil && slices.Contains(p.Localisation.Languages, "it"), "localisation is incomplete")
	for lang, d := range p.Description {
		must(d.Short != "" && utf8.RuneCountInString(d.Short) <= 150, "description/%s/shortDescription has %d characters", lang, utf8.RuneCountInString(d.Short))
		must(utf8.RuneCountInString(d.Long) >= 150 && len(d.Long) <= 10_000, "description/%s/longDescription is too short or too long", lang)
		must(len(d.Features) > 0, "description/%s/features are missing", lang)
	}
	must(p.Description["it"].Short != "" && p.Description["en"].Short != "", "a description in Italian or English is missing")
	one("IT/countryExtensionVersion", p.Italy.Version, "1.0")
}

var programVersion = regexp.MustCompile(`(?m)^(?:const |\t)version\s+= "([^"]+)"`)

// agree compares with what stands elsewhere.
func (h house) agree(p publiccode, must func(bool, string, ...any)) {
	must(p.Legal["license"] == "EUPL-1.2", "legal/license is %q", p.Legal["license"])
	must(strings.HasPrefix(h.read("LICENSE"), "EUROPEAN UNION PUBLIC LICENCE v. 1.2\n"), "LICENSE is not the EUPL-1.2")
	must(strings.Contains(h.read("LICENSE"), "\n15.Applicable Law\n"), "LICENSE is not complete")
	must(strings.Contains(h.read("README.md"), "Version "+p.Software+","), "README.md does not say version %s", p.Software)
	if m := programVersion.FindStringSubmatch(h.read("cmd/tavoli/main.go")); m != nil {
		must(m[1] == p.Software, "the program calls itself version %s, not %s", m[1], p.Software)
	}
	must(strings.Contains(h.read("README.md"), "[EUPL-1.2](LICENSE)"), "README.md does not name the license")
	claims := p.Italy.Conforme["gdpr"] == slices.ContainsFunc(p.Supports, func(s map[string]string) bool { return s["id"] == "alias:gdpr" })
	must(claims, "supports and IT/conforme disagree")
}

// TestYAML reads every file in YAML, whoever it is for.
func TestYAML(t *testing.T) {
	reportFaults(t, theHouse, house.brokenYAML)
	wants(t, map[string]string{"a.yml": "a: [1]\n---\nb: 2\n", ".ci/b.yaml": "- a\n"}, house.brokenYAML, "")
	wants(t, map[string]string{"a.yml": "a: [1\n"}, house.brokenYAML, "a.yml: yaml:")
	wants(t, map[string]string{"a.yml": "a: 1\na: 2\n"}, house.brokenYAML, "a.yml: yaml:")
}

func (h house) brokenYAML() (faults []string, err error) {
	names, err := h.files()
	for _, name := range names {
		if ext := path.Ext(name); ext != ".yml" && ext != ".yaml" {
			continue
		}
		dec := yaml.NewDecoder(strings.NewReader(h.read(name)))
		for broken := error(nil); broken == nil; {
			var document any
			if broken = dec.Decode(&document); broken != nil && !errors.Is(broken, io.EOF) {
				faults = append(faults, name+": "+broken.Error())
			}
		}
	}
	return faults, err
}

// TestPubliccodeCatches spoils the project's own file in each respect.
func TestPubliccodeCatches(t *testing.T) {
	for _, c := range []struct{ name, old, new, fault string }{
		{"as it is", "", "", ""},
		{"license", "license: EUPL-1.2", "license: MIT", `legal/license is "MIT"`},
		{"version", `softwareVersion: "`, `softwareVersion: "9`, "README.md does not say version 9"},
		{"status", "developmentStatus: .*", "developmentStatus: ready", `developmentStatus is "ready"`},
		{"name", "name: Tavoli", `name: ""`, "name or url is missing"},
		{"standard", `publiccodeYmlVersion: "0.7"`, `publiccodeYmlVersion: "0.1"`, "publiccodeYmlVersion is"},
		{"claims", "gdpr: true", "gdpr: false", "disagree"},
		{"languages", "- it\n", "- fr\n", "localisation is incomplete"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"LICENSE": theHouse.read("LICENSE"), "README.md": theHouse.read("README.md"), "publiccode.yml": theHouse.read("publiccode.yml"), "cmd/tavoli/main.go": "package main\n\nconst version = \"0.1.0\"\n"}
			if c.old != "" {
				was := files["publiccode.yml"]
				files["publiccode.yml"] = regexp.MustCompile(c.old).ReplaceAllString(was, c.new)
				if files["publiccode.yml"] == was {
					t.Fatalf("%q is not in publiccode.yml", c.old)
				}
			}
			wants(t, files, house.wrongPubliccode, c.fault)
		})
	}
}
