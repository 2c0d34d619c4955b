// Package peers speaks to the other nodes of a register over HTTP. It compares what
// their read models make of the log with what ours do, and brings each node the
// documents that others took.
//
// Nodes trust each other: whoever has the token of the installation can give a node
// any document under its hash. What a node answers is bounded, checked and never
// changes what is served here, but for the alarm.
package peers
