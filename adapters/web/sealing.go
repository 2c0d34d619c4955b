package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"

	"tavoli/domain"
)

// seal seals a credential of an account with the installation's secret.
func (s *Server) seal(account domain.AccountID, text string) ([]byte, error) {
	aead, err := s.sealer()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return aead.Seal(nonce, nonce, []byte(text), []byte(account)), nil
}

// unseal opens one. Where there is none it is empty.
func (s *Server) unseal(account domain.AccountID, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	aead, err := s.sealer()
	if err != nil {
		return "", err
	}
	if len(sealed) < aead.NonceSize() {
		return "", errSealed
	}
	text, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], []byte(account))
	if err != nil {
		return "", errSealed
	}
	return string(text), nil
}

// errSealed is a fault: the installation's secret is not the one it was.
var errSealed = errors.New("a credential cannot be opened with the installation's secret")

func (s *Server) sealer() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.state.secrets.credentials[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
