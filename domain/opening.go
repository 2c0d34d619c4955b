package domain

// RegistrationsOpened records that people may register.
type RegistrationsOpened struct {
	Tavolo TavoloID `json:"tavolo"`
}

// RegistrationsClosed records that nobody may register any longer.
type RegistrationsClosed struct {
	Tavolo TavoloID `json:"tavolo"`
	Reason string   `json:"reason,omitempty"`
}

// TavoloOpened records that the meeting began.
type TavoloOpened struct {
	Tavolo TavoloID `json:"tavolo"`
}

// TavoloClosed records that the meeting ended.
type TavoloClosed struct {
	Tavolo TavoloID `json:"tavolo"`
}

func (RegistrationsOpened) Name() string { return "RegistrationsOpened" }
func (RegistrationsClosed) Name() string { return "RegistrationsClosed" }
func (TavoloOpened) Name() string        { return "TavoloOpened" }
func (TavoloClosed) Name() string        { return "TavoloClosed" }

// OpenRegistrations lets people register, even before the letter goes out.
// Doing it twice changes nothing.
type OpenRegistrations struct {
	Tavolo TavoloID `json:"-"`
}

// Stream implements [Command].
func (c OpenRegistrations) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c OpenRegistrations) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	if t.running() != nil || t.started && !t.stopped {
		return nil, t.running()
	}
	return []Event{RegistrationsOpened(c)}, nil
}

// CloseRegistrations lets nobody register any longer. Doing it twice changes nothing.
type CloseRegistrations struct {
	Tavolo TavoloID `json:"-"`
	Reason string   `json:"reason"`
}

// Stream implements [Command].
func (c CloseRegistrations) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c CloseRegistrations) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	var bad check
	bad.text(c.Reason, "/reason", MaxText)
	switch {
	case t.running() != nil:
		return nil, t.running()
	case bad.err() != nil:
		return nil, bad.err()
	case t.stopped:
		return nil, nil
	}
	return []Event{RegistrationsClosed(c)}, nil
}

// OpenTavolo records that the meeting begins. Doing it twice changes nothing.
type OpenTavolo struct {
	Tavolo TavoloID `json:"-"`
}

// Stream implements [Command].
func (c OpenTavolo) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c OpenTavolo) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	switch {
	case t.running() != nil:
		return nil, t.running()
	case t.state == Planned:
		return nil, ErrTavoloNotConvened
	case t.state == Open:
		return nil, nil
	}
	return []Event{TavoloOpened(c)}, nil
}

// CloseTavolo records that the meeting ended. Doing it twice changes nothing.
type CloseTavolo struct {
	Tavolo TavoloID `json:"-"`
}

// Stream implements [Command].
func (c CloseTavolo) Stream() Stream { return c.Tavolo.Stream() }

// Decide implements [Command].
func (c CloseTavolo) Decide(t *Tavolo, _ Meta) ([]Event, error) {
	switch {
	case t.state == Closed:
		return nil, nil
	case t.running() != nil:
		return nil, t.running()
	case t.state != Open:
		return nil, ErrTavoloNotOpen
	}
	return []Event{TavoloClosed(c)}, nil
}
