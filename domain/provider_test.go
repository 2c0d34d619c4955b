package domain_test

import (
	"testing"
	"time"

	"tavoli/domain"
)

// TestProviders lets people in for whom somebody else vouches.
func TestProviders(t *testing.T) {
	desk := domain.AccountOpened{Account: "segreteria", Label: "Segreteria"}
	until := func(d time.Duration) *time.Time { u := domain.Truncate(now.Add(d)); return &u }
	role := func(r domain.Role, end *time.Time) domain.RoleGranted {
		return domain.RoleGranted{Account: "segreteria", Role: r, Until: end}
	}
	enter := func(roles ...domain.Role) func(*domain.Executor, domain.Meta) (domain.Result, error) {
		return is[*domain.Account](domain.EnterByProvider{Account: "segreteria", Label: "Segreteria", Roles: roles, SHA256: sheet})
	}
	in := func(scenario string) domain.SessionOpened {
		return opens("TestProviders/"+scenario, domain.ByProvider, 0)
	}
	revoked := domain.RoleRevoked{Account: "segreteria", Role: domain.RoleStaff, Reason: "il fornitore di identità non lo dà più"}
	scope := role(domain.RoleInspector, until(time.Hour))
	scope.Scope = domain.Scope{Tavoli: []domain.TavoloID{"t"}}
	tonight := until(domain.SessionTime)
	run(t, []scenario{
		{name: "the first time", do: enter(domain.RoleStaff, domain.RoleAuditor), yield: given(desk, role(domain.RoleStaff, tonight), role(domain.RoleAuditor, tonight), in("the_first_time"))},
		{name: "again", past: given(desk, role(domain.RoleStaff, until(time.Hour))), do: enter(domain.RoleStaff), yield: given(role(domain.RoleStaff, tonight), in("again"))},
		{name: "again at once", past: given(desk, role(domain.RoleStaff, tonight)), do: enter(domain.RoleStaff), yield: given(in("again_at_once"))},
		{name: "under another name", past: given(domain.AccountOpened{Account: "segreteria", Label: "Prima"}), do: enter(domain.RoleStaff), yield: given(role(domain.RoleStaff, tonight), in("under_another_name"))},
		{name: "with another role than before", past: given(desk, role(domain.RoleStaff, until(time.Hour))), do: enter(domain.RoleAuditor), yield: given(revoked, role(domain.RoleAuditor, tonight), in("with_another_role_than_before"))},
		{name: "with what was granted for ever", past: given(desk, role(domain.RoleStaff, nil)), do: enter(domain.RoleStaff), yield: given(in("with_what_was_granted_for_ever"))},
		{name: "beside what was granted for ever", past: given(desk, role(domain.RoleStaff, nil)), do: enter(domain.RoleAuditor), yield: given(role(domain.RoleAuditor, tonight), in("beside_what_was_granted_for_ever"))},
		{name: "beside a role for a year", past: given(desk, role(domain.RoleStaff, until(365*24*time.Hour))), do: enter(domain.RoleAuditor), yield: given(role(domain.RoleAuditor, tonight), in("beside_a_role_for_a_year"))},
		{name: "beside a role that is over", past: given(desk, role(domain.RoleStaff, until(-time.Hour))), do: enter(domain.RoleAuditor), yield: given(role(domain.RoleAuditor, tonight), in("beside_a_role_that_is_over"))},
		{name: "as an inspector by other means", past: given(desk, scope), do: enter(domain.RoleAuditor), yield: given(role(domain.RoleAuditor, tonight), in("as_an_inspector_by_other_means"))},
		{name: "without a role", do: enter(), err: domain.ErrProviderRole},
		{name: "as an inspector", do: enter(domain.RoleInspector), field: "/roles needs-scope"},
		{name: "as something else", do: enter("god"), field: "/roles not-allowed"},
		{name: "as nobody", do: is[*domain.Account](domain.EnterByProvider{Account: "a b", Label: "x", Roles: []domain.Role{domain.RoleStaff}, SHA256: sheet}), field: "/account bad-id"},
	})
}
