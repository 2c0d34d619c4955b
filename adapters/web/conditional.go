package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tavoli/domain"
)

// An ETag is `"<revision>.<hash>"` where what is shown has a history of its own,
// and `"<hash>"` where it has none. The hash is of the bytes shown. If-Match looks
// at the revision alone: it asks whether the history has gone on since.

// tagOf returns the ETag of a body. A negative revision is none.
func tagOf(revision domain.Revision, body []byte) string {
	sum := sha256.Sum256(body)
	hash := base64.RawURLEncoding.EncodeToString(sum[:12])
	if revision < 0 {
		return `"` + hash + `"`
	}
	return `"` + strconv.FormatInt(int64(revision), 10) + "." + hash + `"`
}

// matches reports whether an If-None-Match names a tag.
func matches(header, tag string) bool {
	if header == "" {
		return false
	}
	if header == tag || strings.TrimSpace(header) == "*" {
		return true
	}
	return slices.ContainsFunc(strings.Split(header, ","), func(one string) bool {
		return strings.TrimPrefix(strings.TrimSpace(one), "W/") == tag
	})
}

// ifMatch reads the revision that a write insists on; nil: none.
func (c *call) ifMatch() (*domain.Revision, error) {
	header := strings.TrimSpace(c.r.Header.Get("If-Match"))
	if header == "" {
		return nil, nil
	}
	tag, ok := strings.CutPrefix(header, `"`)
	tag, ok2 := strings.CutSuffix(tag, `"`)
	digits, _, _ := strings.Cut(tag, ".")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || !ok2 || err != nil || n < 0 {
		return nil, errHeader.with(domain.Field{Pointer: "If-Match", Code: "bad-header", Text: `must be one ETag as an answer gave it: "12.hash" or "12"`})
	}
	revision := domain.Revision(n)
	return &revision, nil
}

// show answers a read with bytes that are known under a tag.
func (c *call) show(media []string, tag string, body []byte) error {
	h := c.w.Header()
	h["Etag"] = []string{tag}
	h["Content-Type"] = media
	if matches(c.r.Header.Get("If-None-Match"), tag) {
		c.send(http.StatusNotModified, nil)
		return nil
	}
	c.send(http.StatusOK, body)
	return nil
}
