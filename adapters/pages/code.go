package pages

import "net/url"

// A codePage tells the code of a registration, once.
type codePage struct {
	*visit
	Name, Code, Back, Open string
}

// tellCode shows the new code of a registration.
func tellCode(v *visit, d *deed, answer map[string]any) error {
	l, err := v.registration()
	if err != nil {
		return err
	}
	code, _ := answer["code"].(string) // absent: the template shows nothing
	return v.show("code", codePage{v, l.Name, code, v.fillIn(d.then), "/iscrizione?tavolo=" + url.QueryEscape(v.r.PathValue("id"))})
}
