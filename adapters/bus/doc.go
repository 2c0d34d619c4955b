// Package bus tells others what happened. A [Bridge] carries the facts of the log,
// in order and at least once, to a watermill publisher: a channel of this process
// ([InProcess]) or NATS JetStream ([Connect]). [Reactions] call functions of ours
// for events of one kind. Both follow the log from a checkpoint of their own, so
// the log is the outbox: nothing is published that is not stored, and nothing
// stored is lost on the way. Personal streams are left alone by both.
//
// Read it in this order: bridge.go, message.go, checkpoint.go, reactions.go.
// docs/bus.md says what a consumer must know.
package bus
