package keeper

import "tavoli/domain"

// Errors of a client, beside those of [domain.Keys]. While they last nothing is stored
// that needs a new key; what failed can be repeated as it was.
var (
	ErrUnreachable = &domain.Error{Kind: domain.Unknown, Code: "keeper-unreachable", Text: "the shared keyring cannot be reached: see that tavoli keeper is running at its address, then repeat the request as it was"}
	ErrExchanged   = &domain.Error{Kind: domain.Unknown, Code: "keeper-exchanged", Text: "the shared keyring is another one than before: start tavoli keeper on the folder it had"}
	ErrBehind      = &domain.Error{Kind: domain.Unknown, Code: "keeper-behind", Text: "the shared keyring is an older copy of the one that was used: put the newest copy in its place with tavoli keeper restore"}
	ErrToken       = &domain.Error{Kind: domain.Forbidden, Code: "keeper-token", Text: "the shared keyring does not know this token: give the nodes the token of its folder"}
	ErrDamaged     = &domain.Error{Kind: domain.Refused, Code: "keyring-damaged", Text: "the keyring is damaged"} // as the ring itself says
	ErrNoKeeper    = &domain.Error{Kind: domain.Invalid, Code: "keeper-address", Text: "there is no shared keyring at this address"}
)
