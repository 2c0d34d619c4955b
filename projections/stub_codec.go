package projections

func (p *Programmi) encode(e *encoder) {}
func (p *Programmi) decode(d *decoder) {}
func (n *Enti) encode(e *encoder)      {}
func (n *Enti) decode(d *decoder)      {}
func (p *People) encode(e *encoder)    {}
func (p *People) decode(d *decoder)    {}
func (c *Calendar) encode(e *encoder)  {}
func (c *Calendar) decode(d *decoder)  {}
func (r *Rosters) encode(e *encoder)   {}
func (r *Rosters) decode(d *decoder)   {}
func (a *Accounts) encode(e *encoder)  {}
func (a *Accounts) decode(d *decoder)  {}
