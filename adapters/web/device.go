package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"tavoli/domain"
)

// deviceOf returns what makes a device known for an account.
func (s *Server) deviceOf(account domain.AccountID) string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(append(random[:], s.deviceMark(account, random[:])...))
}

// knows reports whether a device signed in for an account before, and by which mark,
// however it is written.
func (s *Server) knows(account domain.AccountID, device string) (mark string, known bool) {
	raw, err := base64.RawURLEncoding.DecodeString(device)
	if err != nil || len(raw) != 16+sha256.Size || !hmac.Equal(raw[16:], s.deviceMark(account, raw[:16])) {
		return "", false
	}
	return string(raw[:16]), true
}

func (s *Server) deviceMark(account domain.AccountID, random []byte) []byte {
	secret := s.state.secrets.credentials
	mac := hmac.New(sha256.New, secret[:])
	mac.Write([]byte("device/" + string(account) + "/"))
	mac.Write(random)
	return mac.Sum(nil)
}
