// Package dossier makes the zip that an auditor takes away: the facts as they are
// stored, the tree over them with its signed checkpoints, the registers, documents
// and, where they are to be shown, the names behind the commitments. The program
// tavoli-verify checks it without the register.
//
// The same position and the same parameters give the same bytes, on every node and
// over every store: nothing in it tells when or where it was made. Files are stored
// uncompressed, since what a compressor writes changes from one version to the next.
package dossier
