// Package coopera holds the real programme of 2021-22, COOPERA, project 3031, as
// files to import, with the enti it speaks of and invented people for a
// demonstration.
//
// It lies below testdata, beside the stories that are told with it, so that the
// files exist once; `./...` passes it over, but it can be imported by its full
// path, and the program carries it for `serve --demo` and `import coopera`.
package coopera

import "embed"

// Files are:
//
//   - enti-comuni.csv, the 391 comuni of Sicily with their ISTAT and cadastral
//     codes, as ISTAT and ANPR publish them (Misiliscemi, of 2021, included);
//   - enti-altri.csv, the other bodies: liberi consorzi and città metropolitane by
//     the sign of their province, a comune of Lombardy, and bodies under codes
//     given here, because the documents have none;
//   - programme.jsonl, what the public documents of the programme say;
//   - demo.jsonl, invented registrations and presences.
//
//go:embed enti-comuni.csv enti-altri.csv programme.jsonl demo.jsonl
var Files embed.FS
