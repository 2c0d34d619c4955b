package domain_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tavoli/domain"
)

var update = flag.Bool("update", false, "rewrite golden files")

// examples holds every kind of event, with all its fields and with as few as it can have.
func examples() []domain.Event {
	no := domain.Schedule{Day: "2022-05-25"}
	key := uuid.MustParse("0c6a2f9e-7a55-5b0e-9d3a-3f0d8f6c1a2b")
	promises := domain.Commitments{Contact: "Y29udGFjdA", Function: "ZnVuY3Rpb24", Identity: "aWRlbnRpdHk"}
	full := registered(anna, domain.Online)
	full.Commitments = promises
	bare := domain.ParticipantRegistered{Tavolo: t6, Participant: anna, Capacity: domain.AsOther, Mode: domain.Online}
	open := was("a", anna, "13:00", "")
	proven := was("b", anna, "13:00", "14:30")
	proven.Evidence, proven.Note = []string{sheet, sheet}, "firma a pagina 2"
	fraction := proven
	fraction.From = fraction.From.Add(120_000_000)
	return []domain.Event{
		domain.ProgrammaOpened{Programma: "3031", Title: "COOPERA", Acronym: "COOPERA", Fund: "FAMI 2014-2020"},
		domain.FundingBlockApproved{Programma: "3031", Text: "Progetto <co-finanziato>", Logos: []string{"ue"}, Approval: "nota", ValidFrom: "2021-11-01"},
		domain.PartnerJoined{Programma: "3031", Ente: alcamo, Role: domain.Capofila, From: "2021-11-01"},
		domain.PartnerLeft{Programma: "3031", Ente: alcamo, On: "2022-01-01", Reason: "fine"},
		domain.RetentionSet{Programma: "3031", ReferenceYear: 2023, Years: 5, Basis: "art. 82 Reg. (UE) 2021/1060"},
		domain.HoldPlaced{Programma: "3031", Hold: key, Tavolo: t6, Reason: "controllo", Reference: "OLAF 12/2023"}, domain.HoldPlaced{Programma: "3031", Hold: key, Reason: "controllo"},
		domain.HoldLifted{Programma: "3031", Hold: key, Reason: "concluso"},
		domain.EnteRegistered{Ente: alcamo, Official: "Alcamo", Province: "TP", Istat: "081001", Ipa: "c_a176"},
		domain.EnteRenamed{Ente: alcamo, Official: "Città di Alcamo", Was: "Alcamo", From: "2022-01-01", Reason: "statuto"},
		domain.AliasAdded{Ente: alcamo, Alias: "Àlcamo", Source: "comunicato"},
		domain.CoordinamentoJoined{Ente: alcamo, From: "2021-12-07", Scheda: "scheda 1"},
		domain.CoordinamentoLeft{Ente: alcamo, On: "2022-06-30", Reason: "delibera"},
		domain.ReferenteAppointed{Ente: alcamo, Person: anna, Commitments: promises, From: "2021-12-07", Until: "2022-12-07"},
		domain.ReferenteRelieved{Ente: alcamo, Person: anna, On: "2022-01-01", Reason: "pensione"},
		domain.GestoreEntrusted{Ente: alcamo, Gestore: passwrk, Project: "PROG-1", From: "2021-01-01", Until: "2023-01-01"},
		domain.GestoreReleased{Ente: alcamo, Gestore: passwrk, Project: "PROG-1", On: "2022-01-01", Reason: "gara"},
		domain.SaiProjectRecorded{Ente: alcamo, Project: "PROG-1", Category: domain.SaiDMDS, Places: 20, From: "2021-01-01", Until: "2023-01-01"},
		planned, domain.TavoloPlanned{Tavolo: t6, Programma: "3031", Subject: "s", Schedule: no, Mode: domain.Online, Platform: "Zoom", Seats: domain.Seats{InPresence: new(1), Online: new(0)}},
		domain.TavoloAnnounced{Tavolo: t6, Title: "t", ReleasedOn: "2022-04-21", Schedule: no, Document: "comunicato"},
		domain.TavoloConvened{Tavolo: t6, Protocol: new(domain.ParseProtocol("Prot. n. 0227/15/03/22")), SentOn: "2022-03-15", Schedule: meeting, Document: "nota"}, convened,
		domain.TavoloRescheduled{Tavolo: t6, From: no, To: meeting, Reason: "sala"},
		domain.TavoloRectified{Tavolo: t6, Field: domain.RectifySchedule, Wrong: "2022-04-25", Right: "2022-05-25", Schedule: &no, Document: "comunicato", Reason: "refuso"},
		domain.TavoloRectified{Tavolo: t6, Field: domain.RectifyPlace, Wrong: "a", Right: "b", Reason: "refuso"},
		calledOff, domain.AgendaSet{Tavolo: t6, Items: []domain.AgendaItem{{At: "15:00", Title: "Saluti", Speaker: &dario}, {Title: "Domande"}}},
		domain.SpeakerInvited{Tavolo: t6, Person: dario, Commitments: promises, Ente: &alcamo, Role: domain.Coordinator, Topic: "t"}, speaker,
		domain.SpeakerWithdrawn{Tavolo: t6, Person: dario, Reason: "malattia"},
		domain.SeatsSet{Tavolo: t6, Seats: domain.Seats{InPresence: new(1)}},
		domain.AttendanceRuleSet{Tavolo: t6, Rule: domain.AttendanceRule{Percent: 75, Minutes: 30, Basis: "avviso"}},
		domain.GroupFormed{Tavolo: t6, Group: "g1", Title: "Minori", Members: []domain.PersonID{anna}},
		domain.RegistrationsOpened{Tavolo: t6}, domain.RegistrationsClosed{Tavolo: t6, Reason: "pieno"}, opened, closed,
		domain.MaterialPublished{Tavolo: t6, Material: key, Title: "Slide", Kind: domain.MaterialSlides, URL: "https://example.org/a?b=1&c=2", SHA256: sheet, Authors: []domain.PersonID{dario}, On: "2022-05-30"},
		full, bare, domain.ParticipantWaitlisted(full), domain.ParticipantWaitlisted(bare),
		promoted(anna, domain.Online, domain.ByMode), domain.RegistrationConfirmed{Tavolo: t6, Participant: anna},
		domain.RegistrationRefused{Tavolo: t6, Participant: anna, Reason: "estranea"},
		withdrawn(anna), domain.ParticipantWithdrawn{Tavolo: t6, Participant: anna, Reason: "impegni"}, domain.ParticipantWithdrawn{Tavolo: t6, Participant: anna, Reason: "è malata"},
		domain.ModeChanged{Tavolo: t6, Participant: anna, Mode: domain.Online, Was: domain.InPresence},
		domain.DelegateSubstituted{Tavolo: t6, Participant: anna, By: bruno, Commitments: promises, Reason: "malattia"},
		domain.NoticeAccepted{Tavolo: t6, Participant: anna, Notice: "2022-01"},
		domain.EvidenceFiled{Tavolo: t6, SHA256: sheet, Size: 10, MediaType: "application/pdf", Kind: domain.EvidenceSheet, Title: "Foglio firme"},
		domain.EvidenceDestroyed{Tavolo: t6, SHA256: sheet, Reason: "fine conservazione", LegalBasis: "art. 5", Override: "ordine 2"},
		domain.EvidenceDestroyed{Tavolo: t6, SHA256: sheet, Reason: "fine conservazione", LegalBasis: "art. 5"},
		open, proven, fraction, domain.PresenceEnded{Tavolo: t6, Presence: presenceID("a"), To: utc("2022-05-25T14:30:00Z")},
		domain.PresenceAnnulled{Tavolo: t6, Presence: presenceID("a"), Reason: "scambio"},
		domain.GuestsCounted{Tavolo: t6, Mode: domain.Online, Count: 7, Source: domain.FromPlatform, Note: "n"},
		domain.PresenceValidated{Tavolo: t6, Participant: anna, Minutes: 90, Required: 90, Attended: true, Rule: domain.AttendanceRule{Percent: 75}, Presences: []domain.PresenceID{presenceID("a")}},
		domain.AccountOpened{Account: "segreteria", Label: "Segreteria"},
		domain.RoleGranted{Account: "segreteria", Role: domain.RoleStaff, Until: new(utc("2022-06-30T00:00:00Z"))},
		domain.RoleGranted{Account: "ispettrice", Role: domain.RoleInspector, Until: new(utc("2022-06-30T00:00:00Z")), Scope: domain.Scope{Programmi: []domain.ProgrammaID{"3031"}, Tavoli: []domain.TavoloID{t6}}},
		domain.RoleRevoked{Account: "segreteria", Role: domain.RoleStaff, Reason: "fine"},
		domain.TokenIssued{Account: "segreteria", Token: key, SHA256: sheet, Label: "portatile", Until: new(utc("2022-06-30T00:00:00Z"))},
		domain.TokenRevoked{Account: "segreteria", Token: key, Reason: "persa"},
		domain.PersonalDataDisclosed{Account: "segreteria", Subject: "tavolo-coopera-6", Form: domain.AsPage, Purpose: "controllo", Until: utc("2022-06-30T00:00:00Z")},
		domain.PasswordSet{Account: "segreteria", Sealed: []byte("sealed")}, domain.SecondFactorSet{Account: "segreteria", Sealed: []byte("sealed")},
		domain.SecondFactorRemoved{Account: "segreteria", Reason: "telefono perso"}, domain.SecondFactorRemoved{Account: "segreteria"},
		domain.InvitationIssued{Account: "segreteria", SHA256: sheet, Until: utc("2022-06-30T00:00:00Z")},
		domain.SessionOpened{Account: "segreteria", Session: key, SHA256: sheet, Until: utc("2022-06-30T00:00:00Z"), Method: domain.ByPasswordCode, Step: 55},
		domain.SessionOpened{Account: "segreteria", Session: key, SHA256: sheet, Until: utc("2022-06-30T00:00:00Z"), Method: domain.ByPassword},
		domain.SessionOpened{Account: "segreteria", Session: key, SHA256: sheet, Until: utc("2022-06-30T00:00:00Z"), Method: domain.ByToken, Token: key},
		domain.SecondFactorSet{Account: "segreteria", Sealed: []byte("sealed"), Step: 55}, domain.SessionEnded{Account: "segreteria", Session: key},
		domain.PersonRectified{Person: anna, Commitments: promises, Reason: "refuso"},
		domain.PersonsLinked{Person: anna, As: bruno, Reason: "stessa"}, domain.PersonsUnlinked{Person: anna, As: bruno, Reason: "omonimia"},
		domain.PersonForgotten{Person: anna, Short: "P-FC0F", Reason: "richiesta", LegalBasis: "art. 17 Reg. (UE) 2016/679"},
		domain.PersonForgotten{Person: anna, Short: "P-FC0F", Reason: "ordine", LegalBasis: "art. 58 Reg. (UE) 2016/679", Override: "provvedimento 12/2024", Keys: []domain.KeyID{7, 1 << 40}},
		domain.PersonDescribed{Person: anna, Key: 7, Sealed: []byte("sealed"), Context: key, Commitments: promises},
		domain.PersonDescribed{Person: anna, Key: 0, Sealed: []byte{}, Context: key},
		domain.LedgerKeyIntroduced{Number: 1, VKey: "tavoli.0123456789abcdef/registro+01234567+AQ=="}, domain.LedgerKeyIntroduced{Number: 2, VKey: "tavoli.0123456789abcdef/registro+89abcdef+AQ==", Reason: "rotazione"},
		domain.ReportMappingSet{Programma: "3031", Title: "tracciato 2021", Rows: domain.RowsRegistered, Columns: []domain.ReportColumn{
			{Name: "Cognome", Source: domain.SourceFamilyName}, {Name: "Progetto", Constant: new("")},
			{Name: "Tipo", Source: domain.SourceEnteKind, Codes: []domain.CodeTranslation{{From: "comune", To: "01"}, {To: "99"}}},
		}},
		domain.ReportMappingSet{Programma: "3031", Rows: domain.RowsPresent, Columns: []domain.ReportColumn{}},
		domain.ReportTransmitted{Programma: "3031", Quarter: "2022-Q2", Number: 2, Position: 1 << 60, Parameters: domain.ReportParameters{Personal: true, Form: 1}, Mapping: 12, Digest: sheet,
			Files: []domain.ReportFile{{Name: "operatori.csv", Format: "csv", Table: "operators", SHA256: sheet, Size: 10}}, Reference: "Prot. n. 0500", Reason: "rettifica"},
		sentAs(1, 100, ""),
		domain.QuarterReopened{Programma: "3031", Quarter: "2022-Q2", Transmission: 1, Reason: "errata corrige"},
		domain.DossierMade{Account: "revisore", Scope: domain.DossierScope{Kind: domain.DossierOfQuarter, ID: "2022-Q2"}, Position: 812, Size: 700, Root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", Entries: domain.AllEntries, Disclosures: domain.TavoloNames, Purpose: "controllo", SHA256: strings.Repeat("ab", 32)},
		domain.DossierMade{Account: "revisore", Scope: domain.DossierScope{Kind: domain.DossierOfRegister, ID: "tavoli"}, Position: 1, Size: 1, Root: "x", Entries: domain.ScopeEntries, Disclosures: domain.NoNames, SHA256: strings.Repeat("cd", 32)},
		domain.AdmissionSet{Tavolo: t6, Admission: domain.Admission{StaffOnly: true, ConfirmEmail: true, OfferHours: 24}}, domain.AdmissionSet{Tavolo: t6},
		domain.QuestionsSet{Tavolo: t6, Questions: []domain.Question{{ID: "dieta", Kind: domain.ChoiceQuestion, Text: "Pranzo?", English: "Lunch?", Required: true, Choices: []string{"sì", "no"}}, {ID: "note", Kind: domain.TextQuestion, Text: "Note"}}},
		domain.RegistrationPending{Tavolo: t6, Participant: anna, Commitments: domain.Commitments{Answers: "YW5zd2Vycw", Identity: "aWRlbnRpdHk"}, Ente: &alcamo, Capacity: domain.AsDelegate, Mode: domain.Online, Until: utc("2022-05-21T09:00:00Z")},
		domain.RegistrationPending{Tavolo: t6, Participant: anna, Capacity: domain.AsOther, Mode: domain.Online, Until: utc("2022-05-21T09:00:00Z")},
		domain.RegistrationLapsed{Tavolo: t6, Participant: anna},
		domain.OfferMade{Tavolo: t6, Participant: anna, Mode: domain.Online, Until: utc("2022-05-21T09:00:00Z"), Cause: domain.BySeats}, domain.OfferLapsed{Tavolo: t6, Participant: anna},
		domain.SecretIssued{Tavolo: t6, Participant: anna, Issue: key, SHA256: sheet},
		domain.GestoriInvited{Tavolo: t6, Invitation: key, Ente: alcamo, By: anna, SHA256: sheet}, domain.InvitationFollowed{Tavolo: t6, Invitation: key, Participant: bruno},
		domain.AdesioneRequested{Ente: alcamo, Adesione: key, Referenti: []domain.NamedReferente{{Person: anna, Commitments: promises, From: "2022-01-01", Until: "2023-01-01"}, {Person: bruno}}, Notice: "2022-01", Note: "n"},
		domain.AdesioneRequested{Ente: domain.Unlisted, Adesione: key, Referenti: []domain.NamedReferente{{Person: anna}}, Notice: "2026-11", Proposed: &domain.ProposedEnte{Kind: domain.Comune, Official: "Milano", Province: "MI"}},
		domain.AdesioneApproved{Ente: domain.Unlisted, Adesione: key, As: &alcamo},
		domain.AdesioneApproved{Ente: alcamo, Adesione: key}, domain.AdesioneRefused{Ente: alcamo, Adesione: key, Reason: "doppia"},
		domain.PersonDescribed{Person: anna, Key: 7, Sealed: []byte("sealed"), Context: key, Commitments: domain.Commitments{Answers: "YW5zd2Vycw", Contact: "Y29udGFjdA", Identity: "aWRlbnRpdHk"}},
		domain.LetterQueued{Delivery: key, Kind: domain.LetterConfirmation, LetterAbout: domain.AtTavolo(t6), Person: anna, Template: 2, Cause: key},
		domain.LetterQueued{Delivery: key, Kind: domain.LetterAdesioneTaken, LetterAbout: domain.LetterAbout{Ente: alcamo, Adesione: key}, Person: anna, Cause: key},
		domain.LetterBounced{Delivery: key, Status: "5.1.1", Answer: "casella inesistente"}, domain.LetterBounced{Delivery: key}, domain.LetterDelivered{Delivery: key, Answer: "avvenuta-consegna"}, domain.LetterDelivered{Delivery: key},
		domain.SecretIssued{Tavolo: t6, Participant: anna, Issue: key, SHA256: sheet, Anew: true},
		domain.LetterAttempted{Delivery: key, Attempt: 1, By: key},
		domain.LetterSent{Delivery: key, Attempt: 1, Answer: "250 2.0.0 Ok"}, domain.LetterSent{Delivery: key, Attempt: 1},
		domain.LetterFailed{Delivery: key, Attempt: 1, Why: domain.FaultRelay, Answer: "451 4.3.0", RetryAt: utc("2022-05-25T14:30:00Z")},
		domain.LetterParked{Delivery: key, Attempt: 2, Why: domain.FaultRefused, Answer: "550 5.1.1"}, domain.LetterParked{Delivery: key, Why: domain.FaultNoAddress},
		domain.LetterResent{Delivery: key, Template: 3, Reason: "indirizzo corretto"}, domain.LetterResent{Delivery: key},
		domain.TemplateSet{Kind: domain.LetterReminder, Version: 1, Subject: "Promemoria {tavolo}", Text: "Gentile {nome}", Reason: "tono"},
		domain.JoinLinkSet{Tavolo: t6, URL: "https://example.org/j/1"}, domain.JoinLinkSet{Tavolo: t6, Participant: &anna, URL: "https://example.org/j/2"},
		domain.OwnJoinLinkSet{Tavolo: t6, Participant: anna, Commitment: "am9pbi1saW5r"}, domain.OwnJoinLinkSet{Tavolo: t6, Participant: anna},
		domain.JoinLinkSealed{Person: anna, Tavolo: t6, Key: 7, Sealed: []byte("sealed"), Context: key, Commitment: "am9pbi1saW5r"},
	}
}

const golden = "testdata/events.golden"

// TestEventsGolden holds every form in which an event was ever stored: each line
// must be read, and be written the same again. Lines are added, never changed.
func TestEventsGolden(t *testing.T) {
	if *update {
		updateGolden(t)
	}
	seen := make(map[string]bool)
	lines := bufio.NewScanner(bytes.NewReader(readGolden(t)))
	for lines.Scan() {
		name, rest, _ := strings.Cut(lines.Text(), " ")
		var schema int
		number, data, _ := strings.Cut(rest, " ")
		if _, err := fmt.Sscan(number, &schema); err != nil {
			t.Fatalf("line %q: %v", lines.Text(), err)
		}
		e, err := domain.Decode(name, schema, []byte(data))
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		again, _, err := domain.Encode(e)
		if err != nil || string(again) != data {
			t.Errorf("%s was stored as\n%s\nand would be stored as\n%s (%v)", name, data, again, err)
		}
		seen[name] = true
	}
	for _, name := range domain.EventNames() {
		if !seen[name] {
			t.Errorf("%s has no line in %s", name, golden)
		}
	}
}

// TestExamplesAreInTheGoldenFile catches an event whose form was changed.
func TestExamplesAreInTheGoldenFile(t *testing.T) {
	lines := strings.Split(string(readGolden(t)), "\n")
	for _, e := range examples() {
		if line := goldenLine(t, e); !slices.Contains(lines, line) {
			t.Errorf("not in %s (a new shape needs a new schema; a new event: go test ./domain -update):\n%s", golden, line)
		}
	}
}

func goldenLine(t *testing.T, e domain.Event) string {
	t.Helper()
	data, schema, err := domain.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %d %s", e.Name(), schema, data)
}

// updateGolden adds what is missing; it takes nothing away.
func updateGolden(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(golden)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	for _, e := range examples() {
		if line := goldenLine(t, e); !slices.Contains(lines, line) {
			text = append(text, line+"\n"...)
		}
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(golden, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func readGolden(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// FuzzDecode feeds every reader of events with anything: it gives an event or an
// error, and whatever it gives is what encoding/json gives.
func FuzzDecode(f *testing.F) {
	newest := make(map[string]int)
	for _, e := range examples() {
		data, schema, err := domain.Encode(e)
		if err != nil {
			f.Fatal(err)
		}
		newest[e.Name()] = schema
		f.Add(e.Name(), data)
		f.Add(e.Name(), bytes.ReplaceAll(data, []byte(`,"`), []byte(`, "`)))
		f.Add(e.Name(), bytes.ToUpper(data))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		e, err := domain.Decode(name, newest[name], data)
		if err != nil {
			return
		}
		plain := reflect.New(reflect.TypeOf(e))
		if err := json.Unmarshal(data, plain.Interface()); err != nil {
			t.Fatalf("%s %q was read as %+v, which encoding/json refuses: %v", name, data, e, err)
		}
		if !reflect.DeepEqual(e, plain.Elem().Interface()) {
			t.Fatalf("%s %q was read as\n%+v, by encoding/json as\n%+v", name, data, e, plain.Elem())
		}
	})
}

// FuzzEntry feeds the reader of entries with anything: what it accepts is written
// the same again.
func FuzzEntry(f *testing.F) {
	command := uuid.MustParse("0c6a2f9e-7a55-5b0e-9d3a-3f0d8f6c1a2b")
	for _, d := range []domain.Draft{
		{ID: domain.EventID(command, 0), Type: "TavoloOpened", Schema: 1, EffectiveAt: now, Actor: "system", Command: command, Data: []byte(`{"tavolo":"a"}`)},
		{ID: domain.EventID(command, 1), Type: "TavoloOpened", Schema: 1, EffectiveAt: now, Actor: "public", Command: command, Correlation: anna, Causation: bruno, Request: "abc", Data: []byte(`{"tavolo":"a"}`)},
	} {
		f.Add(domain.AppendEntry(nil, "tavolo-a", 3, now, &d))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := domain.Entry{Position: 1, Bytes: data}.Envelope()
		if err != nil {
			return
		}
		d := domain.Draft{ID: r.ID, Type: r.Type, Schema: r.Schema, EffectiveAt: r.EffectiveAt, Actor: r.Actor, Command: r.Command,
			Correlation: r.Correlation, Causation: r.Causation, Request: r.Request, Data: r.Data}
		again := domain.AppendEntry(nil, r.Stream, r.Revision, r.RecordedAt, &d)
		if id, ok := domain.EntryID(data); !ok || id != r.ID {
			t.Fatalf("EntryID gave %v, Envelope %v", id, r.ID)
		}
		if !strings.EqualFold(string(again), string(data)) && canonicalEntry(data) {
			t.Fatalf("read\n%s\nwould be written\n%s", data, again)
		}
	})
}

// canonicalEntry reports whether an entry has none of the freedoms the reader
// allows: numbers with leading zeros, nil ids, a correlation that says nothing.
func canonicalEntry(data []byte) bool {
	text := string(data)
	return !strings.Contains(text, `:0`) && !strings.Contains(text, uuid.Nil.String()) && !strings.Contains(text, `"correlation"`) && !strings.Contains(text, `"request":""`)
}

func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"ParticipantRegistered", "PresenceRecorded", "PersonDescribed"} {
		for _, e := range examples() {
			if e.Name() != name {
				continue
			}
			data, schema, err := domain.Encode(e)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(name+"/by-hand", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := domain.Decode(name, schema, data); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(name+"/encoding-json", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := json.Unmarshal(data, reflect.New(reflect.TypeOf(e)).Interface()); err != nil {
						b.Fatal(err)
					}
				}
			})
			break
		}
	}
}
