package projections

import (
	"bytes"
	"encoding/json"
	"sync/atomic"

	"tavoli/domain"
)

// maxPages is how many bytes of encoded first pages are kept together.
const maxPages = 32 << 20

// A pageCache keeps the encoded first pages of rosters within bounds. Questions
// that run side by side may fill it; records, which come alone, empty it.
type pageCache struct {
	size atomic.Int64
	hand atomic.Uint32 // the roster whose page goes next
}

// touched forgets what was made of a roster.
func (c *pageCache) touched(row *roster) {
	if row.order.Load() != nil {
		row.order.Store(nil)
	}
	c.drop(row)
}

// drop forgets the page of a roster.
func (c *pageCache) drop(row *roster) {
	if page := row.page.Load(); page != nil && row.page.CompareAndSwap(page, nil) {
		c.size.Add(-int64(len(*page)))
	}
}

// keep remembers the page of a roster, at the cost of others if need be.
func (c *pageCache) keep(row *roster, page []byte, rows []*roster) {
	if row.page.CompareAndSwap(nil, &page) {
		c.size.Add(int64(len(page)))
	}
	for range rows {
		if c.size.Load() <= maxPages {
			return
		}
		if other := rows[int(c.hand.Add(1))%len(rows)]; other != row {
			c.drop(other)
		}
	}
}

// Page answers the plain question for a roster, its first page without contacts,
// as JSON ready to be sent. Nobody may write to what it returns: it is kept and
// handed out again until something touches the roster.
func (r *Rosters) Page(id domain.TavoloID) ([]byte, error) {
	i, ok := r.by[id]
	if ok {
		if page := r.rows[i].page.Load(); page != nil {
			return *page, nil
		}
	}
	roster, err := r.Roster(RosterQuery{Tavolo: id})
	if err != nil {
		return nil, err
	}
	page, err := EncodeJSON(roster)
	if err == nil && ok {
		r.pages.keep(r.rows[i], page, r.rows)
	}
	return page, err
}

// EncodeJSON returns the JSON of an answer, as it is sent: signs of HTML stand as
// they are, and no line break ends it.
func EncodeJSON(answer any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		return nil, err
	}
	return bytes.Clone(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}
