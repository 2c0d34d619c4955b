package pages

import (
	"fmt"
	"net/url"

	"tavoli/projections"
)

// A postedPage tells what became of letters that somebody wanted sent.
type postedPage struct {
	*visit
	Back, At string // the tavolo, and its letters
	Queued   int
	Without  []projections.PersonRef // who has no address and is not told
	More     int                     // of them, who are not named here
}

// mostNamed is how many persons without an address are named.
const mostNamed = 30

// tellPosted shows how many letters are on their way, and to whom none is.
func tellPosted(v *visit, d *deed, answer map[string]any) error {
	queued, _ := answer["queued"].(float64) // a number it always is
	p := postedPage{visit: v, Back: v.above(d), At: "/segreteria/lettere?tavolo=" + url.QueryEscape(v.r.PathValue("id")), Queued: int(queued)}
	without, _ := answer["without_address"].([]any) // absent: everybody has one
	for i, id := range without {
		if i == mostNamed {
			p.More = len(without) - mostNamed
			break
		}
		var person projections.Person
		if err := v.ask("/people/"+url.PathEscape(fmt.Sprint(id)), nil, &person); err != nil {
			return err
		}
		p.Without = append(p.Without, projections.PersonRef{Person: person.Person, Name: person.Name})
	}
	return v.show("posted", p)
}
