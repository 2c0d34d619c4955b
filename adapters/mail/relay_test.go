package mail_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tavoli/adapters/mail"
	"tavoli/domain"
	"tavoli/tests/smtptest"
)

// TestTLSAndAuthentication sends by both ways of TLS with a user, and goes no further
// where there is none, where nobody vouches for the server, or the password is wrong.
func TestTLSAndAuthentication(t *testing.T) {
	certificate, pem := smtptest.Certificate(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		settings          smtptest.Settings
		address, password string
		sent              bool
	}{
		"smtps":             {smtptest.Settings{Certificate: certificate, Implicit: true, User: "anna", Password: "segreto"}, "smtps://anna@ADDR?ca=" + ca, "segreto", true},
		"starttls":          {smtptest.Settings{Certificate: certificate, User: "anna", Password: "segreto"}, "smtp://anna@ADDR?ca=" + ca, "segreto", true},
		"no starttls":       {smtptest.Settings{}, "smtp://ADDR?ca=" + ca, "", false},
		"unknown authority": {smtptest.Settings{Certificate: certificate}, "smtp://ADDR", "", false},
		"wrong password":    {smtptest.Settings{Certificate: certificate, User: "anna", Password: "segreto"}, "smtp://anna@ADDR?ca=" + ca, "altro", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := smtptest.New(t, c.settings)
			r, err := mail.ParseRelay(strings.Replace(c.address, "ADDR", s.Addr, 1), c.password, 2*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			d := newDesk(t, r)
			d.react(d.register("Anna", "anna@example.it", domain.Online))
			d.background(d.office.Run)
			if c.sent {
				d.becomes("Anna Prova confirmation", domain.LetterIsSent)
				return
			}
			d.until("trouble", func() bool { _, trouble := d.office.Trouble(); return trouble != "" })
			if _, trouble := d.office.Trouble(); strings.Contains(trouble, "altro") || len(s.Messages()) > 0 || d.letters()["Anna Prova confirmation"].Attempts != 0 {
				t.Errorf("trouble %q, %d messages", trouble, len(s.Messages()))
			}
		})
	}
}
