package domain_test

import (
	"testing"

	"tavoli/domain"
)

func TestEnte(t *testing.T) {
	known := domain.EnteRegistered{Ente: alcamo, Official: "Alcamo", Province: "TP", Istat: "081001"}
	gestore := domain.EnteRegistered{Ente: passwrk, Official: "Cooperativa Passwork"}
	joined := domain.CoordinamentoJoined{Ente: alcamo, From: "2021-12-07"}
	referente := domain.ReferenteAppointed{Ente: alcamo, Person: anna, From: "2021-12-07"}
	entrusted := domain.GestoreEntrusted{Ente: alcamo, Gestore: passwrk, From: "2021-12-07"}
	project := domain.SaiProjectRecorded{Ente: alcamo, Project: "PROG-1", Category: domain.SaiMinori, Places: 20, From: "2021-01-01"}
	register := func(c domain.RegisterEnte) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Ente](c)
	}
	comune := domain.RegisterEnte{Kind: domain.Comune, Code: "A176", Official: "Alcamo", Province: "TP", Istat: "081001"}
	join := is[*domain.Ente](domain.JoinCoordinamento{Ente: alcamo, From: "2021-12-07"})
	appoint := do[*domain.Ente](func() *domain.AppointReferente {
		return &domain.AppointReferente{Ente: alcamo, Person: as(anna), From: "2021-12-07"}
	})
	entrust := func(ente, to domain.EnteRef) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return do[*domain.Ente](func() *domain.EntrustGestore {
			return &domain.EntrustGestore{Ente: ente, Gestore: to, From: "2021-12-07"}
		})
	}
	run(t, []scenario{
		{name: "a comune", do: register(comune), yield: given(known)},
		{name: "a comune twice", past: given(known), do: register(comune)},
		{name: "a comune otherwise", past: given(known), do: register(domain.RegisterEnte{Kind: domain.Comune, Code: "A176", Official: "Alcano", Province: "TP"}), err: domain.ErrEnteExists},
		{name: "a comune by its ISTAT code", do: register(domain.RegisterEnte{Kind: domain.Comune, Code: "081001", Official: "Alcamo", Province: "TP"}), field: "/code bad-code"},
		{name: "a comune of no province", do: register(domain.RegisterEnte{Kind: domain.Comune, Code: "A176", Official: "Alcamo"}), field: "/province required"},
		{name: "an ente of an unknown kind", do: register(domain.RegisterEnte{Kind: "regione", Code: "x", Official: "x"}), field: "/kind not-allowed"},
		{name: "a name that was left out", do: register(domain.RegisterEnte{Kind: domain.AltroEnte, Code: "x"}), field: "/name required"},
		{name: "a new name", past: given(known), do: is[*domain.Ente](domain.RenameEnte{Ente: alcamo, Official: "Città di Alcamo", From: "2022-01-01"}),
			yield: given(domain.EnteRenamed{Ente: alcamo, Official: "Città di Alcamo", Was: "Alcamo", From: "2022-01-01"})},
		{name: "the name it has", past: given(known), do: is[*domain.Ente](domain.RenameEnte{Ente: alcamo, Official: "Alcamo"})},
		{name: "a name for nobody", do: is[*domain.Ente](domain.RenameEnte{Ente: alcamo, Official: "x"}), err: domain.ErrNoEnte},
		{name: "an alias", past: given(known), do: is[*domain.Ente](domain.AddAlias{Ente: alcamo, Alias: "Àlcamo"}), yield: given(domain.AliasAdded{Ente: alcamo, Alias: "Àlcamo"})},
		{name: "an alias twice", past: given(known, domain.AliasAdded{Ente: alcamo, Alias: "Àlcamo"}), do: is[*domain.Ente](domain.AddAlias{Ente: alcamo, Alias: "Àlcamo"})},

		{name: "joining", past: given(known), do: join, yield: given(joined)},
		{name: "joining twice", past: given(known, joined), do: join},
		{name: "joining again", past: given(known, joined), do: is[*domain.Ente](domain.JoinCoordinamento{Ente: alcamo, From: "2022-01-01"}), err: domain.ErrMember},
		{name: "joining on no day", past: given(known), do: is[*domain.Ente](domain.JoinCoordinamento{Ente: alcamo, From: "2021-13-01"}), field: "/from bad-day"},
		{name: "leaving", past: given(known, joined), do: is[*domain.Ente](domain.LeaveCoordinamento{Ente: alcamo, On: "2022-06-30", Reason: "delibera"}),
			yield: given(domain.CoordinamentoLeft{Ente: alcamo, On: "2022-06-30", Reason: "delibera"})},
		{name: "leaving before joining", past: given(known, joined), do: is[*domain.Ente](domain.LeaveCoordinamento{Ente: alcamo, On: "2021-06-30", Reason: "delibera"}), err: domain.ErrBeforeJoined},
		{name: "leaving without being in", past: given(known), do: is[*domain.Ente](domain.LeaveCoordinamento{Ente: alcamo, Reason: "x"}), err: domain.ErrNotMember},

		{name: "a referente", past: given(known), do: appoint, yield: given(referente)},
		{name: "a referente twice", past: given(known, referente), do: appoint, err: domain.ErrReferente},
		{name: "a referente relieved", past: given(known, referente), do: is[*domain.Ente](domain.RelieveReferente{Ente: alcamo, Person: anna, On: "2022-01-01"}),
			yield: given(domain.ReferenteRelieved{Ente: alcamo, Person: anna, On: "2022-01-01"})},
		{name: "a stranger relieved", past: given(known), do: is[*domain.Ente](domain.RelieveReferente{Ente: alcamo, Person: anna}), err: domain.ErrNoReferente},
		{name: "relieved too early", past: given(known, referente), do: is[*domain.Ente](domain.RelieveReferente{Ente: alcamo, Person: anna, On: "2021-01-01"}), err: domain.ErrBeforeJoined},

		{name: "a gestore", past: given(known, gestore), do: entrust(alcamo, passwrk), yield: given(entrusted)},
		{name: "a gestore twice", past: given(known, gestore, entrusted), do: entrust(alcamo, passwrk)},
		{name: "a gestore nobody knows", past: given(known), do: entrust(alcamo, passwrk), field: "/gestore unknown-ente"},
		{name: "a comune as gestore", past: given(known), do: entrust(alcamo, marsala), field: "/gestore/kind not-a-gestore"},
		{name: "a gestore of a gestore", past: given(gestore), do: entrust(passwrk, passwrk), field: "/gestore is-a-gestore"},
		{name: "a gestore released", past: given(known, gestore, entrusted), do: is[*domain.Ente](domain.ReleaseGestore{Ente: alcamo, Gestore: passwrk, On: "2022-01-01"}),
			yield: given(domain.GestoreReleased{Ente: alcamo, Gestore: passwrk, On: "2022-01-01"})},
		{name: "another body released", past: given(known), do: is[*domain.Ente](domain.ReleaseGestore{Ente: alcamo, Gestore: passwrk}), err: domain.ErrNotGestore},
		{name: "a SAI project", past: given(known), do: is[*domain.Ente](domain.RecordSaiProject(project)), yield: given(project)},
		{name: "a SAI project twice", past: given(known, project), do: is[*domain.Ente](domain.RecordSaiProject(project))},
		{name: "a SAI project without places", past: given(known), do: is[*domain.Ente](domain.RecordSaiProject{Ente: alcamo, Project: "x", Category: domain.SaiMinori}), field: "/places out-of-range"},
	})
}

func TestProgramma(t *testing.T) {
	opened := domain.ProgrammaOpened{Programma: "3031", Title: "COOPERA", Fund: "FAMI 2014-2020"}
	open := is[*domain.Programma](domain.OpenProgramma(opened))
	block := domain.FundingBlockApproved{Programma: "3031", Text: "Progetto co-finanziato\ndall'Unione Europea", Logos: []string{"ue"}, ValidFrom: "2021-11-01"}
	approve := is[*domain.Programma](domain.ApproveFundingBlock(block))
	palermo := domain.EnteRef{Kind: domain.Comune, Code: "G273"}
	ente := domain.EnteRegistered{Ente: palermo, Official: "Palermo", Province: "PA"}
	lead := domain.PartnerJoined{Programma: "3031", Ente: palermo, Role: domain.Capofila}
	add := func(ref domain.EnteRef, role domain.PartnerRole) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return do[*domain.Programma](func() *domain.AddPartner { return &domain.AddPartner{Programma: "3031", Ente: ref, Role: role} })
	}
	run(t, []scenario{
		{name: "opened", do: open, yield: given(opened)},
		{name: "opened twice", past: given(opened), do: open},
		{name: "opened otherwise", past: given(opened), do: is[*domain.Programma](domain.OpenProgramma{Programma: "3031", Title: "Altro"}), err: domain.ErrProgrammaExists},
		{name: "opened without a code", do: is[*domain.Programma](domain.OpenProgramma{Title: "Altro"}), field: "/programma bad-id"},
		{name: "a funding block", past: given(opened), do: approve, yield: given(block)},
		{name: "the same block", past: given(opened, block), do: approve},
		{name: "a block of no programme", do: approve, err: domain.ErrNoProgramma},
		{name: "an empty block", past: given(opened), do: is[*domain.Programma](domain.ApproveFundingBlock{Programma: "3031", ValidFrom: "2021-11-01"}), field: "/text required"},
		{name: "a capofila", past: given(opened, ente), do: add(palermo, domain.Capofila), yield: given(lead)},
		{name: "a partner by default", past: given(opened, ente), do: add(palermo, ""), yield: given(domain.PartnerJoined{Programma: "3031", Ente: palermo, Role: domain.Partner})},
		{name: "a capofila twice", past: given(opened, ente, lead), do: add(palermo, domain.Capofila)},
		{name: "a second capofila", past: given(opened, ente, lead, domain.EnteRegistered{Ente: alcamo, Official: "Alcamo"}), do: add(alcamo, domain.Capofila), err: domain.ErrCapofilaTaken},
		{name: "a partner nobody knows", past: given(opened), do: add(alcamo, ""), field: "/ente unknown-ente"},
		{name: "a partner leaves", past: given(opened, lead), do: is[*domain.Programma](domain.RemovePartner{Programma: "3031", Ente: palermo, On: "2022-01-01", Reason: "r"}),
			yield: given(domain.PartnerLeft{Programma: "3031", Ente: palermo, On: "2022-01-01", Reason: "r"})},
		{name: "a stranger leaves", past: given(opened), do: is[*domain.Programma](domain.RemovePartner{Programma: "3031", Ente: palermo, On: "2022-01-01", Reason: "r"}), err: domain.ErrNotPartner},
	})
}
