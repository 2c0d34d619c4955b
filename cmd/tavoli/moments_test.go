package main

// This test is about all commands together: what asks about the register asks at two
// times.

import (
	"flag"
	"strings"
	"testing"
)

// timeless are the commands that do not ask what the register holds, with what they
// do instead.
var timeless = map[string]string{
	"serve": "serves", "import": "tells", "account open": "tells", "account grant": "tells", "account revoke": "tells", "account invite": "tells", "account remove-second-factor": "tells",
	"token": "tells", "backup": "copies the log", "restore": "copies the log", "copy": "copies the log", "restored": "tells", "check": "reads what is stored", "keeper": "serves", "version": "is no question",
	"letters message": "a file, as it lies in the outbox", "letters send": "tells", "letters resend": "tells", "letters return": "tells", "letters notice": "tells", "letters template set": "tells",
	"person export": "what is held now, the past of it included", "forget": "tells", "evidence destroy": "tells", "retention set": "tells", "retention hold": "tells", "retention lift": "tells",
	"report transmit": "tells", "report reopen": "tells", "report difference": "compares two positions",
	"audit checkpoint": "a size says how far it goes", "audit proof": "of what stands at a position", "audit consistency": "compares two sizes",
	"audit key": "the keys themselves", "audit rotate": "tells", "audit export": "copies the tree", "audit dossier": "is of a position",
}

func TestEveryQuestionKnowsTwoTimes(t *testing.T) {
	for _, c := range commands() {
		fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
		c.bind(fs)
		knows := fs.Lookup("known-at") != nil && fs.Lookup("effective-at") != nil
		first, _, _ := strings.Cut(c.name, " ")
		_, one := timeless[c.name]
		_, group := timeless[first]
		switch excused := one || group; {
		case !knows && !excused:
			t.Errorf("tavoli %s takes neither --known-at nor --effective-at, and nobody says why", c.name)
		case knows && excused:
			t.Errorf("tavoli %s is excused, and takes them", c.name)
		}
	}
}
