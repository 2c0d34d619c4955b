package web

import (
	"tavoli/domain"
	"tavoli/projections"
	"tavoli/projections/papers"
)

// This file holds the words of the API document.

// variables are what stands in paths.
var variables = map[string]object{
	"programma":    {"type": "string", "description": "the code of a programme: 3031"},
	"tavolo":       {"type": "string", "description": "the id of a tavolo: coopera-4"},
	"kind":         {"type": "string", "description": "the kind of an ente: comune"},
	"code":         {"type": "string", "description": "the code of an ente; a comune also by its ISTAT code"},
	"participant":  {"type": "string", "format": "uuid", "description": "the person who is registered"},
	"person":       {"type": "string", "format": "uuid", "description": "a person"},
	"presence":     {"type": "string", "format": "uuid", "description": "a recorded presence"},
	"sha256":       {"type": "string", "description": "the SHA-256 of a document, in hexadecimal"},
	"quarter":      {"type": "string", "description": "a quarter: 2022-Q2"},
	"transmission": {"type": "string", "description": "the number of a transmission, from 1"},
	"stream":       {"type": "string", "description": "a stream: tavolo-coopera-4"},
	"account":      {"type": "string", "description": "the id of an account: segreteria"},
	"adhesion":     {"type": "string", "format": "uuid", "description": "a request to join the coordinamento"},
	"delivery":     {"type": "string", "format": "uuid", "description": "the id of a letter"},
	"letter":       {"type": "string", "description": "a kind of letter: confirmation"},
	"hold":         {"type": "string", "format": "uuid", "description": "the id of a hold"},
	"token":        {"type": "string", "format": "uuid", "description": "the id of a token, not the secret"},
	"position":     {"type": "string", "description": "the position of a fact: 1234"},
	"size":         {"type": "string", "description": "how many facts a checkpoint is of"},
	"level":        {"type": "string", "description": "the level of a tile: 0"},
	"tile":         {"type": "string", "description": "the number of a tile in groups of three digits: 067, x001, 067.p"},
	"part":         {"type": "string", "description": "the next group, or the width of a partial tile"},
	"width":        {"type": "string", "description": "the width of a partial tile"},
}

// A parameter is what may stand in a query.
type parameter struct {
	schema object
	text   string
}

func textParam(text string) parameter { return parameter{object{"type": "string"}, text} }
func boolParam(text string) parameter { return parameter{object{"type": "boolean"}, text} }
func enumParam(text string, words ...string) parameter {
	return parameter{object{"type": "string", "enum": words}, text}
}

// parameters are the words of queries, by name, or by route and name.
var parameters = map[string]parameter{
	"at_least":            textParam("a position that the answer must have seen: what a write was answered with"),
	"effective_at":        textParam("what had happened in the world by then; absent: by now"),
	"known_at":            textParam("what the register knew by then: a time, or a position"),
	"before_effective_at": textParam("of the earlier moment: what had happened in the world by then; absent: by now"),
	"before_known_at":     textParam("of the earlier moment: what the register knew by then, a time, a day or a position; absent: as it is now"),
	"since":               textParam("only what was recorded after this: a time, a day, which is meant to its end, or a position"),
	"at":                  textParam("a position at which the read models are to be read, if they show it now"),
	"purpose":             textParam("why personal values are looked at; it is recorded with the disclosure"),
	"limit":               {object{"type": "integer", "format": "int32", "minimum": 1, "maximum": 1000}, "how many items; absent: 100"},
	"cursor":              textParam("where the page before ended: its next_cursor"),
	"q":                   textParam("words that must be found, whatever their accents and capitals"),
	"kind":                enumParam("the kind of ente", texts(domain.EnteKinds)...),
	"province":            textParam("the sign of a province: PA"),
	"member":              boolParam("whether it is in the coordinamento"),
	"programma":           textParam("the code of a programme"),
	"from":                {object{"type": "string", "format": "date"}, "the first day"},
	"to":                  {object{"type": "string", "format": "date"}, "the last day"},
	"ente":                textParam("an ente as kind/code, or a comune by its ISTAT code"),
	"mode":                enumParam("in which mode", "in-presence", "online"),
	"state":               textParam("registered, waiting, confirmed, withdrawn, refused, pending, lapsed, present, absent or all; absent: those that stand"),
	"sort":                enumParam("the order of the lines; absent: name", "name", "ente", "since"),
	"contacts":            boolParam("e-mail addresses and telephone numbers, too"),
	"format":              enumParam("the form of the answer, instead of Accept", "json", "csv", "xlsx", "pdf"),
	"lang":                enumParam("the language of a page, instead of Accept-Language", "it", "en"),
	"title":               textParam("what the document is called; no name of a person"),
	"after":               textParam("the position after which to begin"),
	"store":               textParam("the store that the position belongs to, as told by Tavoli-Store"),
	"stream":              textParam("a stream, or a category of streams"),
	"account":             textParam("the id of an account: segreteria"),
	"subject":             textParam("what was shown, with what lies below it: tavolo-coopera-4; of a tavolo its presences, too"),
	"person":              {object{"type": "string", "format": "uuid"}, "whose data could have been shown"},
	"actor":               textParam("who did it: account-segreteria"),
	"type":                textParam("a kind of event; may be given several times"),
	"follow":              boolParam("wait for more instead of ending at the head"),
	"day":                 {object{"type": "string", "format": "date"}, "the day on which it was recorded, in Italy"},

	"list-letters.state":  enumParam("what has become of it; absent: whatever", texts(domain.LetterStates)...),
	"list-letters.kind":   enumParam("the kind of letter", texts(domain.LetterKinds)...),
	"list-letters.person": {object{"type": "string", "format": "uuid"}, "to whom"},

	"audit-trail.person":        {object{"type": "string", "format": "uuid"}, "whose story is told"},
	"audit-trail.account":       textParam("the account whose story is told"),
	"audit-trail.ente":          textParam("the ente whose story is told: kind/code, or a comune by its ISTAT code"),
	"audit-trail.programma":     textParam("the programme whose story is told"),
	"audit-trail.tavolo":        textParam("the tavolo whose story is told, with its presences"),
	"audit-trail.format":        enumParam("the form of the answer, instead of Accept", "json", "html"),
	"audit-trail-stream.format": enumParam("the form of the answer, instead of Accept", "json", "html"),

	"by":                         enumParam("what is counted by; absent: ente", "ente", "kind", "province"),
	"tavolo":                     textParam("the id of a tavolo"),
	"get-report.format":          enumParam("the form of the answer, instead of Accept", "json", "csv", "xlsx", "html", "pdf"),
	"position":                   textParam("the register as it was at this position"),
	"table":                      enumParam("with CSV: this table and nothing else", papers.QuarterTables...),
	"with":                       textParam("the number of the transmission to compare with, or now; absent: the one before"),
	"statistics-quarter.by":      enumParam("what is counted by; absent: tavolo", texts(projections.Groupings)...),
	"export-person.format":       enumParam("the form of the answer, instead of Accept", "json", "html"),
	"due-evidence.by":            {object{"type": "string", "format": "date"}, "what falls due by this day; absent: today"},
	"get-retention.by":           {object{"type": "string", "format": "date"}, "who falls due by this day; absent: today"},
	"unbound":                    boolParam("those instead of whom something is held though they have to do with no programme and speak for no ente"),
	"names":                      boolParam("names of persons, too; that they are shown is recorded"),
	"list-adhesions.state":       enumParam("the state of the request", projections.AdesioneStates...),
	"find-enti.limit":            {object{"type": "integer", "format": "int32", "minimum": 1, "maximum": projections.MaxFound}, "how many; absent: 10"},
	"show-own-adhesion.format":   enumParam("the form of the answer, instead of Accept", "json", "html", "pdf"),
	"get-adhesion.format":        enumParam("the form of the answer, instead of Accept", "json", "html", "pdf"),
	"find-enti.q":                textParam("part of a name, in whatever spelling"),
	"list-tavoli.state":          enumParam("the state of the tavolo", "planned", "announced", "convened", "open", "closed", "called-off"),
	"file-evidence.kind":         enumParam("what the document is", "scan", "signature-sheet", "platform-report", "statement", "confirmation"),
	"file-evidence.effective_at": textParam("when it happened in the world; absent: now"),
	"list-checkpoints.limit":     {object{"type": "integer", "format": "int32", "minimum": 1, "maximum": mostCheckpoints}, "how many items; absent: 100"},
	"quarter":                    textParam("a quarter: 2022-Q2"),
	"get-dossier.entries":        enumParam("which facts are inside, beside the hashes of all; absent: all, for an inspector scope", "all", "scope"),
	"get-dossier.disclosures":    enumParam("whose names are shown: nobody's, of those who take part in the tavoli, or of everybody; absent: none", "none", "tavolo", "all"),
	"get-dossier.position":       textParam("the position up to which facts count; absent: now"),
	"get-dossier.purpose":        textParam("what it is for; it is recorded, and stands in the dossier"),
	"get-consistency.from":       {object{"type": "integer", "format": "int64", "minimum": 1}, "the smaller size: of the checkpoint that was kept"},
	"get-consistency.to":         {object{"type": "integer", "format": "int64", "minimum": 1}, "the larger size; absent: of the newest checkpoint"},
	"get-checkpoint.format":      enumParam("the form of the answer, instead of Accept", "plain", "json"),
	"find-proof.format":          enumParam("the form of the answer, instead of Accept", "plain", "json"),
	"find-proof.stream":          textParam("a stream: tavolo-coopera-4"),
	"revision":                   {object{"type": "integer", "format": "int64", "minimum": 0}, "the place of the fact in its stream; absent: the first"},
	"get-proof.format":           enumParam("the form of the answer, instead of Accept", "plain", "json"),
	"audit-events.limit":         {object{"type": "integer", "format": "int32", "minimum": 1, "maximum": 1000000}, "how many lines; absent: all"},
}

// fieldDocs says of fields what their names do not, where the type itself does not.
var fieldDocs = map[string]string{
	"effective_at": "when it happened in the world",
	"recorded_at":  "when the register learned of it",
	"revision":     "how far its history has come, for If-Match",
	"position":     "of the entry in the log, or of the newest one that counts",
	"participant":  "the person who takes part",
	"next_cursor":  "absent on the last page",
	"capacity":     "as what the person takes part; absent in a request: delegate of the ente, or other",
	"mode":         "how the tavolo is held, or how the person takes part",
	"ordinal":      "absent where it has none",
	"protocol":     "the reference of the letter, as printed",
	"starts_at":    "where the hours are not known: the first moment of the day",
	"hours_known":  "whether starts_at is an hour, and not only a day",
	"seats":        "how many may take part in each mode; absent: any number",
	"reason":       "why; it is kept with the fact",
	"sha256":       "of the file, in hexadecimal",
	"evidence":     "the SHA-256 of documents on which it rests",
	"distinct":     "it is another person of the same name",
	"notice":       "the version of the privacy notice the person took note of",
	"weekday":      "in Italian; in a request it must agree with the day",
	"from":         "from when on; an hour of Italy where a day is given beside",
	"until":        "until when; absent: until it is ended",
	"istat":        "six digits",
	"attendance":   "present where a presence stands; absent where the tavolo is closed and none does",
	"minutes":      "whole minutes within the hours of the meeting",
	"wrong":        "what was published",
	"right":        "what is right",
	"actor":        "the account that recorded it",
	"through":      "why it may concern the person who was asked for",
	"scope":        "what an inspector may look into",
}
