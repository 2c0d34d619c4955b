package projections

// Encoded returns the form in which each model is written.
func Encoded(m *Models) map[string][]byte {
	forms := make(map[string][]byte)
	for _, p := range m.models() {
		var e encoder
		p.encode(&e)
		forms[p.name] = e.buf
	}
	return forms
}

// Decoded returns the models written in forms.
func Decoded(forms map[string][]byte) (*Models, error) {
	m := NewModels()
	for _, p := range m.models() {
		d := newDecoder(forms[p.name])
		p.decode(d)
		if err := d.end(); err != nil {
			return nil, err
		}
	}
	return m, m.join()
}

// MaxPages is how many bytes of encoded pages are kept.
const MaxPages = maxPages

// KeptPages returns how many bytes of encoded pages are kept now.
func (m *Models) KeptPages() int64 { return m.Rosters.pages.size.Load() }
