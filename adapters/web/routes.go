package web

import (
	"slices"

	"github.com/google/uuid"

	"tavoli/domain"
)

// Who may do what.
var (
	everybody []domain.Role // without a token

	admins   = []domain.Role{domain.RoleAdmin}
	staff    = []domain.Role{domain.RoleAdmin, domain.RoleStaff}
	desks    = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleOperator}
	readers  = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleOperator, domain.RoleAuditor}
	counters = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleOperator, domain.RoleAuditor, domain.RoleReporter}
	auditors = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleAuditor}
	feeders  = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleAuditor, domain.RoleReporter}
	keepers  = []domain.Role{domain.RoleAdmin, domain.RoleAuditor}

	// The data-protection officer reads who did what and who saw what.
	accountants = []domain.Role{domain.RoleAdmin, domain.RoleAuditor, domain.RoleDPO}
	overseers   = []domain.Role{domain.RoleAdmin, domain.RoleStaff, domain.RoleAuditor, domain.RoleDPO}
	members     = append(slices.Clone(counters), domain.RoleDPO) // whoever has a role
)

// table is everything that can be asked of the register, by whom.
func table() []route {
	return prepared(slices.Concat(
		programmaRoutes(), enteRoutes(), tavoloRoutes(), registrationRoutes(), doorRoutes(), ownRoutes(), adhesionRoutes(), presenceRoutes(),
		peopleRoutes(), letterRoutes(), reportRoutes(), auditRoutes(), ledgerRoutes(), accountRoutes(), operationRoutes(), nodeRoutes(),
	))
}

func programmaRoutes() []route {
	return []route{
		{"GET", "/programmi", "list-programmi", everybody, "The programmes", listProgrammi()},
		{"POST", "/programmi", "open-programma", staff, "Make a programme known", openProgramma().also(200, 409)},
		{"GET", "/programmi/{programma}", "get-programma", everybody, "A programme with its partners and funding paragraphs", getProgramma()},
		{"POST", "/programmi/{programma}/funding-block", "approve-funding-block", staff, "Set the paragraph that stands on every document from a day on", command(inProgramma(func(c *domain.ApproveFundingBlock, p domain.ProgrammaID) { c.Programma = p }), nothing).also(404)},
		{"GET", "/programmi/{programma}/report-mapping", "get-report-mapping", counters, "How the table of persons of the reports is laid out", getReportMapping()},
		{"POST", "/programmi/{programma}/report-mapping", "set-report-mapping", staff, "Lay out the table of persons of the reports; without columns it is the built-in one", command(inProgramma(func(c *domain.SetReportMapping, p domain.ProgrammaID) { c.Programma = p }), nothing).also(404)},
		{"POST", "/programmi/{programma}/partners", "add-partner", staff, "Make an ente a partner", command(addPartner, nothing).also(404, 409)},
		{"POST", "/programmi/{programma}/partners/{kind}/{code}/removal", "remove-partner", staff, "End a partnership", command(removePartner, nothing).also(404, 409)},
		{"POST", "/programmi/{programma}/retention", "set-retention", admins, "Say for how long what the programme rests on has to be kept; there is no default", command(inProgramma(func(c *domain.SetRetention, p domain.ProgrammaID) { c.Programma = p }), nothing).also(404)},
		{"POST", "/programmi/{programma}/holds", "place-hold", admins, "Forbid to destroy anything of a programme, or of one tavolo", placeHold().also(404)},
		{"POST", "/programmi/{programma}/holds/{hold}/lifting", "lift-hold", admins, "End a hold", command(liftHold, nothing).also(404)},
	}
}

func enteRoutes() []route {
	return []route{
		{"GET", "/enti", "list-enti", counters, "The enti, by name", listEnti()},
		{"POST", "/enti", "register-ente", staff, "Make a body known", registerEnte().also(200, 409)},
		{"GET", "/enti/{kind}/{code}", "get-ente", counters, "An ente, named by its key or, a comune, by its ISTAT code", getEnte()},
		{"POST", "/enti/{kind}/{code}/renaming", "rename-ente", staff, "Give an ente another name from a day on", command(ofEnte(func(c *domain.RenameEnte, r domain.EnteRef) { c.Ente = r }), nothing).also(404)},
		{"POST", "/enti/{kind}/{code}/aliases", "add-alias", staff, "Note another spelling of the name", command(ofEnte(func(c *domain.AddAlias, r domain.EnteRef) { c.Ente = r }), nothing).also(404)},
		{"POST", "/enti/{kind}/{code}/adhesion", "join-coordinamento", staff, "Join the coordinamento", command(ofEnte(func(c *domain.JoinCoordinamento, r domain.EnteRef) { c.Ente = r }), nothing).also(404, 409)},
		{"POST", "/enti/{kind}/{code}/adhesion/end", "leave-coordinamento", staff, "Leave the coordinamento", command(ofEnte(func(c *domain.LeaveCoordinamento, r domain.EnteRef) { c.Ente = r }), nothing).also(404, 409)},
		{"POST", "/enti/{kind}/{code}/referenti", "appoint-referente", staff, "Name a person who speaks for the ente", appointReferente().also(404, 409)},
		{"POST", "/enti/{kind}/{code}/referenti/{person}/relief", "relieve-referente", staff, "End an appointment", command(relieveReferente, nothing).also(404, 409)},
		{"POST", "/enti/{kind}/{code}/gestori", "entrust-gestore", staff, "Record who runs a SAI project for the ente", command(entrustGestore, nothing).also(404)},
		{"POST", "/enti/{kind}/{code}/gestori/release", "release-gestore", staff, "End such a trust", command(ofEnte(func(c *domain.ReleaseGestore, r domain.EnteRef) { c.Ente = r }), nothing).also(404, 409)},
		{"POST", "/enti/{kind}/{code}/sai-projects", "record-sai-project", staff, "Record a SAI project and its places", command(ofEnte(func(c *domain.RecordSaiProject, r domain.EnteRef) { c.Ente = r }), nothing).also(404)},
	}
}

func tavoloRoutes() []route {
	return []route{
		{"GET", "/tavoli", "list-tavoli", everybody, "The calendar", listTavoli()},
		{"GET", "/calendar", "get-calendar", everybody, "The calendar as other calendars read it, to subscribe to", getCalendar()},
		{"GET", "/tavoli/{tavolo}/calendar", "get-tavolo-calendar", everybody, "A tavolo as other calendars read it", getTavoloCalendar()},
		{"POST", "/tavoli", "plan-tavolo", staff, "Set a tavolo on the calendar", planTavolo().also(200, 409)},
		{"GET", "/tasks", "list-tasks", members, "What is left to do, about each tavolo and besides: counts, without names", listTasks()},
		{"GET", "/tavoli/{tavolo}", "get-tavolo", everybody, "A tavolo in detail", getTavolo()},
		{"POST", "/tavoli/{tavolo}/announcement", "announce-tavolo", staff, "Record that it was published", command(atTavolo(func(c *domain.AnnounceTavolo, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/convocation", "convene-tavolo", staff, "Record that the letter went out", command(atTavolo(func(c *domain.ConveneTavolo, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/rescheduling", "reschedule-tavolo", staff, "Move the meeting", command(atTavolo(func(c *domain.RescheduleTavolo, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/rectification", "rectify-tavolo", staff, "Put right what was published wrongly; the meeting does not move", command(atTavolo(func(c *domain.RectifyTavolo, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/calling-off", "call-off-tavolo", staff, "Record that it is not held", command(atTavolo(func(c *domain.CallOffTavolo, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/agenda", "set-agenda", staff, "Set the order of the day", command(atTavolo(func(c *domain.SetAgenda, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/speakers", "invite-speaker", staff, "Name who is to speak; the names of speakers are published", inviteSpeaker().also(404, 409)},
		{"POST", "/tavoli/{tavolo}/speakers/{person}/withdrawal", "withdraw-speaker", staff, "Take a speaker off the list", command(withdrawSpeaker, nothing).also(404)},
		{"POST", "/tavoli/{tavolo}/seats", "set-seats", staff, "Say how many may take part in each mode; absent: any number", setSeats().also(404, 409)},
		{"POST", "/tavoli/{tavolo}/attendance-rule", "set-attendance-rule", staff, "Say when somebody who came counts as having attended", command(atTavolo(func(c *domain.SetAttendanceRule, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/groups", "form-group", staff, "Form a working group, or change who is in it", command(atTavolo(func(c *domain.FormGroup, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/registrations-opening", "open-registrations", staff, "Let people register", command(atTavolo(func(c *domain.OpenRegistrations, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/registrations-closing", "close-registrations", staff, "Let nobody register any longer", command(atTavolo(func(c *domain.CloseRegistrations, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/opening", "open-tavolo", staff, "Record that the meeting begins", command(atTavolo(func(c *domain.OpenTavolo, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/closing", "close-tavolo", staff, "Record that the meeting ended", command(atTavolo(func(c *domain.CloseTavolo, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/materials", "publish-material", staff, "Add a file or a page", publishMaterial().also(200, 404)},
	}
}

func registrationRoutes() []route {
	return []route{
		{"GET", "/tavoli/{tavolo}/registrations", "list-registrations", readers, "Every registration, whatever has become of it", listRegistrations()},
		{"POST", "/tavoli/{tavolo}/registrations", "register-participant", desks, "Give a person a seat, or a place in the waiting list", register().also(200, 404, 409)},
		{"GET", "/tavoli/{tavolo}/registrations/{participant}", "get-registration", readers, "The registration of a person", getRegistration()},
		{"POST", "/tavoli/{tavolo}/registrations/{participant}/confirmation", "confirm-registration", desks, "Confirm a seat", command(ofParticipant(func(c *domain.ConfirmRegistration, t domain.TavoloID, p domain.PersonID) {
			c.Tavolo, c.Participant = t, p
		}), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/registrations/{participant}/refusal", "refuse-registration", staff, "Say no to a registration; whoever waits longest gets the seat", refuseRegistration().also(404, 409)},
		{"POST", "/tavoli/{tavolo}/registrations/{participant}/withdrawal", "withdraw-participant", desks, "Take a registration back; whoever waits longest gets the seat", withdrawParticipant().also(404, 409)},
		{"POST", "/tavoli/{tavolo}/registrations/{participant}/mode", "change-mode", desks, "Take part in the other mode of a mixed tavolo", changeMode().also(404, 409)},
		{"POST", "/tavoli/{tavolo}/registrations/{participant}/substitution", "substitute-delegate", desks, "Let another person take the seat", substituteDelegate().also(404, 409)},
		{"POST", "/tavoli/{tavolo}/registrations/{participant}/notice", "accept-notice", desks, "Record that the person took note of the privacy notice", command(ofParticipant(func(c *domain.AcceptNotice, t domain.TavoloID, p domain.PersonID) { c.Tavolo, c.Participant = t, p }), nothing).also(404, 409)},
		{"GET", "/tavoli/{tavolo}/roster", "get-roster", counters, "Who is registered, waits, came; JSON, CSV, XLSX or PDF", getRoster()},
		{"GET", "/tavoli/{tavolo}/roster/difference", "get-roster-difference", counters, "What is otherwise in the roster than at an earlier moment; JSON, CSV, XLSX or PDF", getRosterDifference()},
	}
}

func doorRoutes() []route {
	return []route{
		{"GET", "/public/enti", "find-enti", everybody, "The enti that somebody may mean, in whatever spelling: how they are called, and nothing else", findEnti()},
		{"GET", "/tavoli/{tavolo}/form", "get-form", everybody, "What registering for a tavolo takes", getDoor().also(404)},
		{"POST", "/tavoli/{tavolo}/requests", "register-party", everybody, "Register by oneself, one person or several: all of them, or nobody", registerParty().also(404, 409, 429)},
		{"POST", "/tavoli/{tavolo}/admission", "set-admission", staff, "Say how people register by themselves", command(atTavolo(func(c *domain.SetAdmission, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/questions", "set-questions", staff, "Say what is asked of everybody who registers", command(atTavolo(func(c *domain.SetQuestions, t domain.TavoloID) { c.Tavolo = t }), nothing).also(404, 409)},
		{"GET", "/tavoli/{tavolo}/duplicates", "list-duplicates", desks, "Who may be registered more than once", listDuplicates()},
		{"POST", "/tavoli/{tavolo}/registrations/{participant}/code", "issue-code", desks, "Make a new code with which somebody sees and changes the registration", issueCode().also(404, 409)},
	}
}

func ownRoutes() []route {
	return []route{
		{"POST", "/tavoli/{tavolo}/my-registration", "show-own", everybody, "One's own registration, by its code", showOwn()},
		{"POST", "/tavoli/{tavolo}/my-registration/confirmation", "confirm-own", everybody, "Confirm the address to which the code was sent", confirmOwn().also(409)},
		{"POST", "/tavoli/{tavolo}/my-registration/offer-acceptance", "accept-own", everybody, "Take up the seat that is offered", acceptOwn().also(409)},
		{"POST", "/tavoli/{tavolo}/my-registration/withdrawal", "withdraw-own", everybody, "Take one's own registration back", withdrawOwn().also(409)},
		{"POST", "/tavoli/{tavolo}/my-registration/mode", "change-own-mode", everybody, "Take part in the other mode", changeOwnMode().also(409)},
		{"POST", "/tavoli/{tavolo}/my-registration/substitution", "substitute-own", everybody, "Let another person take one's own seat", substituteOwn().also(409)},
		{"POST", "/tavoli/{tavolo}/my-registration/rectification", "rectify-own", everybody, "Put one's own data right", rectifyOwn()},
		{"POST", "/tavoli/{tavolo}/my-registration/invitation", "invite-gestori", everybody, "Make a code with which the enti gestori of one's ente register", inviteGestori().also(409)},
	}
}

func adhesionRoutes() []route {
	return []route{
		{"POST", "/adhesions", "request-adhesion", everybody, "Ask for an ente to join the coordinamento", requestAdesione().also(409, 429)},
		{"POST", "/adhesions/{adhesion}/own", "show-own-adhesion", everybody, "A request to join, by the code given to who sent it; JSON, HTML or PDF", showOwnAdesione()},
		{"GET", "/adhesions", "list-adhesions", auditors, "The requests to join", listAdesioni()},
		{"GET", "/enti/{kind}/{code}/adhesions/{adhesion}", "get-adhesion", auditors, "A request to join; JSON, HTML or PDF", getAdesione()},
		{"POST", "/enti/{kind}/{code}/adhesions/{adhesion}/approval", "approve-adhesion", staff, "Accept a request to join: whom it names are referenti", approveAdesione().also(404, 409)},
		{"POST", "/enti/{kind}/{code}/adhesions/{adhesion}/refusal", "refuse-adhesion", staff, "Say no to a request to join", command(ofAdesione(func(c *domain.RefuseAdesione, r domain.EnteRef, id uuid.UUID) { c.Ente, c.Adesione = r, id }), nothing).also(404, 409)},
		{"POST", "/attestati/verification", "check-attestato", everybody, "Whether an attestato is one of this register", checkAttestato()},
	}
}

func presenceRoutes() []route {
	return []route{
		{"GET", "/tavoli/{tavolo}/presences", "list-presences", readers, "Who came, from when to when, and how that is known", listPresences()},
		{"POST", "/tavoli/{tavolo}/presences", "record-presence", desks, "Record that a participant was there", recordPresence().also(200, 404, 409)},
		{"POST", "/tavoli/{tavolo}/presences/validation", "validate-presence", staff, "Judge by the tavolo's rule whether a participant attended", validatePresence().also(404, 409)},
		{"POST", "/tavoli/{tavolo}/presences/{presence}/end", "end-presence", desks, "Record when a participant left", command(ofPresence(func(c *domain.EndPresence, t domain.TavoloID, p domain.PresenceID) { c.Tavolo, c.Presence = t, p }), nothing).also(404, 409)},
		{"POST", "/tavoli/{tavolo}/presences/{presence}/annulment", "annul-presence", desks, "Declare a presence wrong; the record stays", command(ofPresence(func(c *domain.AnnulPresence, t domain.TavoloID, p domain.PresenceID) { c.Tavolo, c.Presence = t, p }), nothing).also(404)},
		{"GET", "/tavoli/{tavolo}/guests", "list-guests", counters, "How many came who had not registered", listGuests()},
		{"POST", "/tavoli/{tavolo}/guests", "count-guests", desks, "Count those who came and had not registered", command(countGuests, nothing).also(404, 409)},
		{"GET", "/tavoli/{tavolo}/evidence", "list-evidence", readers, "The documents on which presences rest", listEvidence()},
		{"POST", "/tavoli/{tavolo}/evidence", "file-evidence", desks, "File a document: the body is the file", fileEvidence().also(200, 404)},
		{"GET", "/tavoli/{tavolo}/evidence/{sha256}", "get-evidence", readers, "A filed document", getEvidence()},
		{"POST", "/tavoli/{tavolo}/evidence/{sha256}/destruction", "destroy-evidence", admins, "Destroy the file of a document; its hash and what rests on it stay", destroyEvidence()},
	}
}

func peopleRoutes() []route {
	return []route{
		{"GET", "/people", "list-people", readers, "Who is of a name", listPeople()},
		{"GET", "/people/{person}", "get-person", readers, "What the register holds of a person", getPerson()},
		{"POST", "/people/{person}/rectification", "rectify-person", staff, "Put right what is held of a person", rectifyPerson().also(404, 409)},
		{"POST", "/people/{person}/link", "link-persons", staff, "Declare that a person is the same as another", linkPersons().also(404, 409)},
		{"POST", "/people/{person}/unlink", "unlink-persons", staff, "Undo it", unlinkPersons().also(404, 409)},
		{"GET", "/people/{person}/export", "export-person", staff, "Everything the register holds of a person, for the person; JSON or a page to print", exportPerson()},
		{"POST", "/people/{person}/forgetting", "forget-person", admins, "Destroy what is held of a person; facts and counts stay", forgetPerson()},
		{"GET", "/retention", "get-retention", overseers, "What has to be kept for how long, what holds it, who falls due", getRetention()},
		{"GET", "/retention/evidence", "due-evidence", overseers, "Which documents nothing requires to be kept any longer", dueEvidence()},
		{"GET", "/retention/forgotten", "list-forgotten", overseers, "Who was forgotten, when and why", listForgotten()},
	}
}

func reportRoutes() []route {
	return []route{
		{"GET", "/reports/quarters/{quarter}", "get-report", counters, "The report of a quarter, as it is or was; JSON, CSV, XLSX, HTML or PDF", getReport()},
		{"GET", "/reports/quarters/{quarter}/transmissions", "list-transmissions", counters, "What was sent of a quarter", listTransmissions()},
		{"POST", "/reports/quarters/{quarter}/transmissions", "transmit-report", staff, "Record that the report of a quarter is sent, with the hashes of its files", transmitReport().also(200, 404, 409)},
		{"GET", "/reports/quarters/{quarter}/transmissions/{transmission}", "get-transmission", counters, "What was sent of a quarter under a number", getTransmission()},
		{"GET", "/reports/quarters/{quarter}/transmissions/{transmission}/difference", "get-transmission-difference", counters, "What is otherwise than in the transmission before, figure by figure and row by row", getDifference()},
		{"POST", "/reports/quarters/{quarter}/reopening", "reopen-quarter", staff, "Let the report of a quarter be sent once more", reopenQuarter().also(404, 409)},
	}
}

func auditRoutes() []route {
	return []route{
		{"GET", "/statistics/partners", "statistics-partners", counters, "Counts by partner of the programmes", statistics(byPartner)},
		{"GET", "/statistics/enti", "statistics-enti", counters, "Counts by ente, kind or province", statistics(byEnte)},
		{"GET", "/statistics/tavoli", "statistics-tavoli", counters, "Counts by tavolo", statistics(byTavolo)},
		{"GET", "/statistics/quarters/{quarter}", "statistics-quarter", counters, "Counts of a quarter", statistics(byQuarter)},
		{"GET", "/statistics/summary", "statistics-summary", counters, "Counts of everything, by quarter", statistics(summary)},
		{"GET", "/audit/events", "audit-events", feeders, "What happened, in order: a feed that can be resumed", auditFeed()},
		{"GET", "/audit/disclosures", "audit-disclosures", overseers, "Who was shown whose data, in which form, for which purpose: the newest first", readingLog()},
		{"GET", "/audit/trail", "audit-trail", overseers, "The story of a person, a tavolo, an ente, a programme or an account; what an account did; what was recorded on a day", auditTrail()},
		{"GET", "/audit/dossier", "get-dossier", auditors, "What an auditor takes away: facts, proofs and registers in one zip", getDossier()},
		{"GET", "/audit/trail/{stream}", "audit-trail-stream", overseers, "What happened to one thing, with what it was before and after", streamTrail()},
	}
}

func accountRoutes() []route {
	return []route{
		{"GET", "/accounts", "list-accounts", accountants, "The accounts, their roles and tokens", listAccounts()},
		{"POST", "/accounts", "open-account", admins, "Make an account", openAccount().also(200, 409)},
		{"POST", "/accounts/{account}/roles", "grant-role", admins, "Give a role, or change until when", onAccount(command(ofAccount(func(c *domain.GrantRole, a domain.AccountID) { c.Account = a }), nothing)).also(404, 409)},
		{"POST", "/accounts/{account}/roles/revocation", "revoke-role", admins, "Take a role away", onAccount(command(ofAccount(func(c *domain.RevokeRole, a domain.AccountID) { c.Account = a }), nothing)).also(404, 409)},
		{"POST", "/accounts/{account}/tokens", "issue-token", admins, "Issue a secret that opens the account; it is told once", issueToken().also(404, 409)},
		{"POST", "/accounts/{account}/tokens/{token}/revocation", "revoke-token", admins, "Make a secret useless", onAccount(command(revokeToken, nothing)).also(404)},
		{"POST", "/accounts/{account}/invitation", "invite-account", admins, "Make a secret with which the account's password can be chosen, once", invite().also(404)},
		{"POST", "/accounts/{account}/second-factor/removal", "remove-second-factor", admins, "Let the account be opened by its password only: the device was lost", onAccount(command(ofAccount(func(c *domain.RemoveSecondFactor, a domain.AccountID) { c.Account = a }), nothing)).also(404, 409)},
		{"POST", "/invitations/acceptance", "accept-invitation", everybody, "Choose a password, with the secret of an invitation", accept().also(403, 422, 429)},
		{"POST", "/sessions", "sign-in", everybody, "Open a session by password and, where the account asks for one, a code", signIn().also(403, 429)},
		{"POST", "/sessions/provider", "begin-provider-sign-in", everybody, "Begin a sign-in for which the identity provider is to vouch", beginByProvider()},
		{"POST", "/sessions/provider/completion", "provider-sign-in", everybody, "Open a session with what the identity provider sent back", enterByProvider()},
		{"GET", "/me", "get-me", members, "Who asks, with which roles", getMe()},
		{"POST", "/me/sessions", "open-session-by-token", members, "Open a session with a token, so that a browser need not keep the token", enterByToken().also(409)},
		{"POST", "/me/session-end", "sign-out", members, "End the session that asks", signOut().also(409)},
		{"POST", "/me/password", "change-password", members, "Set one's own password; all other sessions end", changePassword().also(409, 422, 429)},
		{"POST", "/me/second-factor", "offer-second-factor", members, "Make the secret of a second factor, which is set when a code confirms it", offerFactor().also(409)},
		{"POST", "/me/second-factor/confirmation", "confirm-second-factor", members, "Set one's own second factor", confirmFactor().also(409, 422, 429)},
		{"POST", "/me/second-factor/removal", "drop-second-factor", members, "Remove one's own second factor; all sessions end", removeFactor().also(409, 429)},
	}
}

func operationRoutes() []route {
	return []route{
		{"GET", "/status", "api-status", everybody, "How the register is doing", getStatus()},
		{"GET", "/openapi.json", "openapi", everybody, "This document", getDocument()},
		{"POST", "/admin/rebuild", "rebuild", admins, "Make the read models anew and compare them with those served", rebuild()},
		{"GET", "/admin/backup", "backup", admins, "The log as it is at one moment, without the keys of persons", backup()},
		{"GET", "/admin/check", "check", keepers, "Read everything that is stored and say what is wrong where", check()},
		{"GET", "/admin/replay", "replay", keepers, "Read the log from its beginning and tell the digest of each read model", replay()},
		{"GET", "//status", "status", everybody, "How the register is doing", getStatus()},
		{"GET", "//healthz", "healthz", everybody, "Whether the process is alive", getHealth()},
		{"GET", "//readyz", "readyz", everybody, "Whether the read models have caught up", getReady().also(503)},
		{"GET", "//metrics", "metrics", everybody, "Figures for Prometheus", getMetrics()},
	}
}

// prepared fills in what follows from a route.
func prepared(routes []route) []route {
	for i := range routes {
		rt := &routes[i]
		if rt.inspect = inspections[rt.name]; rt.inspect != nil && rt.roles != nil {
			rt.roles = append(slices.Clone(rt.roles), domain.RoleInspector)
		}
		rt.may = rolesOf(rt.roles)
		rt.statuses = statusesOf(rt)
	}
	return routes
}

// statusesOf returns every status that a route is documented to answer, the
// troubles apart that any of them may meet.
func statusesOf(rt *route) []int {
	list := slices.Clone(rt.statuses)
	if rt.created {
		list = append(list, 201)
	} else {
		list = append(list, 200)
	}
	if rt.roles != nil {
		list = append(list, 401, 403)
	}
	if rt.body != nil || rt.upload {
		list = append(list, 400, 413, 415)
		if !rt.unkeyed {
			list = append(list, 412, 422)
		}
	}
	if len(rt.query) > 0 {
		list = append(list, 400)
	}
	if slices.Contains(rt.query, "at_least") {
		list = append(list, 422) // a position beyond the head
	}
	if rt.inspect != nil && slices.Contains(rt.query, "purpose") {
		list = append(list, 422) // an inspector without a purpose
	}
	if rt.tagged {
		list = append(list, 304)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
