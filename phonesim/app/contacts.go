package app

import (
	"fmt"
	pixels "image"
)

// A Contact is a person in the phone's address book.
type Contact struct {
	Name   string `json:"name"`
	Number string `json:"number"` // digits
	// Picture is what the app shows of them, a JPEG or PNG; Base64 in JSON. Without
	// one the app draws the first letter of the name.
	Picture []byte `json:"picture,omitempty"`
	// About is what the person wrote about themselves; the page about the chat
	// shows it.
	About string `json:"about,omitempty"`
}

// Check names what is wrong with a contact.
func (c Contact) Check() error {
	if c.Number == "" || digitsOf(c.Number) != c.Number {
		return fmt.Errorf("number: %q is not digits only", c.Number)
	}
	if len(c.Picture) > 0 && decode(c.Picture) == nil {
		return fmt.Errorf("picture: is no JPEG or PNG that can be read")
	}
	return nil
}

// AddContact saves a person on the phone; an open chat shows name and picture at once.
func (a *App) AddContact(c Contact) {
	for i, o := range a.cfg.Contacts {
		if o.Number != c.Number {
			continue
		}
		if len(c.Picture) == 0 {
			c.Picture = o.Picture
		}
		if c.Name == "" {
			c.Name = o.Name
		}
		a.cfg.Contacts = append(a.cfg.Contacts[:i:i], a.cfg.Contacts[i+1:]...)
		break
	}
	a.cfg.Contacts = append(a.cfg.Contacts, c)
	if k := a.chats[c.Number]; k != nil {
		k.Name = c.Name
	}
	delete(a.pictures, c.Number)
	if c.Name != "" {
		a.mirror(c)
	}
	a.sys.Changed()
}

// picture is what the app shows of a chat, nil if nobody gave it one.
func (a *App) picture(c *Chat) pixels.Image {
	if img, known := a.pictures[c.ID]; known {
		return img
	}
	var img pixels.Image
	for _, k := range a.cfg.Contacts {
		if k.Number == c.ID && len(k.Picture) > 0 {
			img = decode(k.Picture)
		}
	}
	a.pictures[c.ID] = img
	return img
}
