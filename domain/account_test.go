package domain_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"tavoli/domain"
)

func TestAccount(t *testing.T) {
	desk := domain.AccountOpened{Account: "segreteria", Label: "Segreteria"}
	later := utc("2022-06-30T00:00:00Z")
	staff := domain.RoleGranted{Account: "segreteria", Role: domain.RoleStaff}
	token := domain.TokenIssued{Account: "segreteria", Token: uuid.MustParse("11111111-1111-4111-8111-111111111111"), SHA256: sheet}
	open := is[*domain.Account](domain.OpenAccount{Account: "segreteria", Label: "Segreteria", Roles: []domain.Role{domain.RoleStaff, domain.RoleStaff}})
	grant := func(role domain.Role, until domain.Moment) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Account](&domain.GrantRole{Account: "segreteria", Role: role, Until: until})
	}
	revoke := func(role domain.Role) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Account](domain.RevokeRole{Account: "segreteria", Role: role})
	}
	admin := domain.RoleGranted{Account: "segreteria", Role: domain.RoleAdmin}
	issued := token
	issued.Token = domain.DerivedID(uuid.NewSHA1(uuid.Nil, []byte("TestAccount/a_token")), "token")
	run(t, []scenario{
		{name: "opened with a role named twice", do: open, yield: given(desk, staff)},
		{name: "opened twice", past: given(desk, staff), do: open},
		{name: "opened otherwise", past: given(desk), do: is[*domain.Account](domain.OpenAccount{Account: "segreteria", Label: "Altro"}), err: domain.ErrAccountExists},
		{name: "an unknown role", do: is[*domain.Account](domain.OpenAccount{Account: "x", Label: "x", Roles: []domain.Role{"god"}}), field: "/roles not-allowed"},
		{name: "a role that has ended", do: is[*domain.Account](domain.OpenAccount{Account: "x", Label: "x", Until: "2022-01-01T00:00"}), err: domain.ErrInThePast},
		{name: "a role for a while", past: given(desk), do: grant(domain.RoleAuditor, "2022-06-30T00:00:00Z"), yield: given(domain.RoleGranted{Account: "segreteria", Role: domain.RoleAuditor, Until: &later})},
		{name: "a role twice", past: given(desk, staff), do: grant(domain.RoleStaff, "")},
		{name: "a role longer", past: given(desk, domain.RoleGranted{Account: "segreteria", Role: domain.RoleStaff, Until: &later}), do: grant(domain.RoleStaff, ""), yield: given(staff)},
		{name: "a role for nobody", do: grant(domain.RoleStaff, ""), err: domain.ErrNoAccount},
		{name: "a role taken away", past: given(desk, staff), do: revoke(domain.RoleStaff), yield: given(domain.RoleRevoked{Account: "segreteria", Role: domain.RoleStaff})},
		{name: "a role taken away twice", past: given(desk), do: revoke(domain.RoleStaff)},
		{name: "one's own administration", past: given(desk, admin), do: revoke(domain.RoleAdmin), err: domain.ErrLastAdmin},
		{name: "a token", past: given(desk), do: is[*domain.Account](domain.IssueToken{Account: "segreteria", SHA256: sheet}), yield: given(issued)},
		{name: "a token for nobody", do: is[*domain.Account](domain.IssueToken{Account: "segreteria", SHA256: sheet}), err: domain.ErrNoAccount},
		{name: "a token revoked", past: given(desk, token), do: is[*domain.Account](domain.RevokeToken{Account: "segreteria", Token: token.Token, Reason: "persa"}),
			yield: given(domain.TokenRevoked{Account: "segreteria", Token: token.Token, Reason: "persa"})},
		{name: "no token revoked", past: given(desk), do: is[*domain.Account](domain.RevokeToken{Account: "segreteria", Token: token.Token}), err: domain.ErrNoToken},
	})
}

func TestInspectorsHaveAScopeAndAnEnd(t *testing.T) {
	desk := domain.AccountOpened{Account: "segreteria", Label: "Segreteria"}
	programme := domain.ProgrammaOpened{Programma: "3031", Title: "COOPERA"}
	until := utc("2022-06-30T00:00:00Z")
	scope := domain.Scope{Programmi: []domain.ProgrammaID{"3031"}, Tavoli: []domain.TavoloID{t6}}
	inspector := domain.RoleGranted{Account: "segreteria", Role: domain.RoleInspector, Until: &until, Scope: scope}
	grant := func(role domain.Role, until domain.Moment, scope domain.Scope) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Account](&domain.GrantRole{Account: "segreteria", Role: role, Until: until, Scope: scope})
	}
	const end = "2022-06-30T00:00:00Z"
	wider := inspector
	wider.Scope.Programmi = nil
	run(t, []scenario{
		{name: "an inspector, named twice in disorder", past: given(desk, programme, planned), do: grant(domain.RoleInspector, end, domain.Scope{
			Programmi: []domain.ProgrammaID{"3031", "3031"}, Tavoli: []domain.TavoloID{t6}}), yield: given(inspector)},
		{name: "twice", past: given(desk, programme, planned, inspector), do: grant(domain.RoleInspector, end, scope)},
		{name: "another scope", past: given(desk, programme, planned, inspector), do: grant(domain.RoleInspector, end, wider.Scope), yield: given(wider)},
		{name: "without an end", past: given(desk, programme, planned), do: grant(domain.RoleInspector, "", scope), field: "/until required"},
		{name: "without a scope", past: given(desk), do: grant(domain.RoleInspector, end, domain.Scope{}), field: "/scope required"},
		{name: "an unknown programme", past: given(desk), do: grant(domain.RoleInspector, end, domain.Scope{Programmi: []domain.ProgrammaID{"3031"}}), field: "/scope/programmi/0 unknown-programma"},
		{name: "an unknown tavolo", past: given(desk), do: grant(domain.RoleInspector, end, domain.Scope{Tavoli: []domain.TavoloID{t6}}), field: "/scope/tavoli/0 unknown-tavolo"},
		{name: "no name of a tavolo", past: given(desk), do: grant(domain.RoleInspector, end, domain.Scope{Tavoli: []domain.TavoloID{"A B"}}), field: "/scope/tavoli/0 bad-id"},
		{name: "a scope for others", past: given(desk, planned), do: grant(domain.RoleStaff, "", domain.Scope{Tavoli: []domain.TavoloID{t6}}), field: "/scope not-allowed"},
		{name: "with the account", do: is[*domain.Account](domain.OpenAccount{Account: "x", Label: "x", Roles: []domain.Role{domain.RoleInspector}, Until: end}), field: "/roles needs-scope"},
	})
	if !scope.Has(t6, "") || !scope.Has("coopera-4", "3031") || scope.Has("coopera-4", "3032") || (domain.Scope{Programmi: []domain.ProgrammaID{"3031"}}).Has("x", "") {
		t.Error("the scope has what it has not, or has not what it has")
	}
}

// TestRoleGrantedBeforeScopes reads what was stored before there were scopes.
func TestRoleGrantedBeforeScopes(t *testing.T) {
	e, err := domain.Decode("RoleGranted", 1, []byte(`{"account":"segreteria","role":"staff"}`))
	if g, ok := e.(domain.RoleGranted); err != nil || !ok || g.Role != domain.RoleStaff || !g.Scope.IsZero() {
		t.Errorf("got %+v, %v", e, err)
	}
	if _, schema, err := domain.Encode(domain.RoleGranted{Account: "segreteria", Role: domain.RoleStaff}); err != nil || schema != 2 {
		t.Errorf("it is stored in version %d, %v", schema, err)
	}
}

func TestLooksWithinAQuarterOfAnHourAreOne(t *testing.T) {
	desk := domain.AccountOpened{Account: "segreteria", Label: "Segreteria"}
	look := func(form string) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Account](domain.Disclose{Account: "segreteria", Subject: "tavolo-coopera-6", Form: form})
	}
	seen := func(form string, until time.Time) domain.PersonalDataDisclosed {
		return domain.PersonalDataDisclosed{Account: "segreteria", Subject: "tavolo-coopera-6", Form: form, Until: until}
	}
	run(t, []scenario{
		{name: "a look", past: given(desk), do: look(domain.AsPage), yield: given(seen(domain.AsPage, now.Add(domain.LookTime)))},
		{name: "a look just after", past: given(desk, seen(domain.AsPage, now.Add(time.Second))), do: look(domain.AsPage)},
		{name: "a look after that", past: given(desk, seen(domain.AsPage, now)), do: look(domain.AsPage), yield: given(seen(domain.AsPage, now.Add(domain.LookTime)))},
		{name: "an export just after a look", past: given(desk, seen(domain.AsPage, now.Add(time.Hour))), do: look(domain.AsExport), yield: given(seen(domain.AsExport, now))},
		{name: "an export just after another", past: given(desk, seen(domain.AsExport, now)), do: look(domain.AsExport), yield: given(seen(domain.AsExport, now))},
		{name: "a look by nobody", do: look(domain.AsPage), err: domain.ErrNoAccount},
	})
}

func TestLinkPersons(t *testing.T) {
	linked := domain.PersonsLinked{Person: anna, As: bruno, Reason: "stessa persona"}
	link := is[*domain.Identita](domain.LinkPersons{Subject: anna, As: bruno, Reason: "stessa persona"})
	unlink := is[*domain.Identita](domain.UnlinkPersons{Subject: anna, As: bruno, Reason: "omonimia"})
	run(t, []scenario{
		{name: "two are one", do: link, yield: given(linked)},
		{name: "said twice", past: given(linked), do: link},
		{name: "and a third", past: given(linked), do: is[*domain.Identita](domain.LinkPersons{Subject: anna, As: carla, Reason: "x"}), err: domain.ErrLinked},
		{name: "one is himself", do: is[*domain.Identita](domain.LinkPersons{Subject: anna, As: anna, Reason: "x"}), field: "/as not-allowed"},
		{name: "two after all", past: given(linked), do: unlink, yield: given(domain.PersonsUnlinked{Person: anna, As: bruno, Reason: "omonimia"})},
		{name: "two all along", do: unlink, err: domain.ErrNotLinked},
	})
}
