package android

// A Contact is one entry of the contacts provider.
type Contact struct {
	ID     int // of the raw contact and the contact
	Name   string
	Number string // as typed, "+15550001002"
	// WhatsApp is the JID of the mirror row that WhatsApp's account keeps, or "".
	WhatsApp string
}

// AddContact saves a person.
func (s *System) AddContact(name, number, jid string) {
	for i := range s.Contacts {
		if s.Contacts[i].Number == number {
			s.Contacts[i].Name, s.Contacts[i].WhatsApp = name, jid
			return
		}
	}
	s.Contacts = append(s.Contacts, Contact{ID: len(s.Contacts) + 1, Name: name, Number: number, WhatsApp: jid})
}
