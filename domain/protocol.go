package domain

import (
	"regexp"
	"time"
)

// A Protocol is the reference of a letter, as printed and as far as it can be read.
type Protocol struct {
	Text   string `json:"text"`             // "Prot. n. 0227/15/03/22"
	Number string `json:"number,omitempty"` // "0227"
	Date   Day    `json:"date,omitempty"`   // "2022-03-15"
}

var protocolForm = regexp.MustCompile(`(?i)^(?:prot(?:ocollo)?\.?\s*)?(?:n\.?\s*)?(\d+)\s*(?:/|\s+del\s+)\s*(\d{1,2})[/.](\d{1,2})[/.](\d{2}|\d{4})$`)

// ParseProtocol reads number and date out of a reference where it has them.
func ParseProtocol(text string) Protocol {
	p := Protocol{Text: text}
	m := protocolForm.FindStringSubmatch(text)
	if m == nil {
		return p
	}
	layout := "2/1/06"
	if len(m[4]) == 4 {
		layout = "2/1/2006"
	}
	if t, err := time.Parse(layout, m[2]+"/"+m[3]+"/"+m[4]); err == nil {
		p.Number, p.Date = m[1], Day(t.Format(time.DateOnly))
	}
	return p
}
