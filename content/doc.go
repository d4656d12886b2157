// Package content knows the objects of messages as the Cloud API writes them
// (text, image, interactive, template …): their limits, and how a phone that
// has neither buttons nor lists carries them. It is pure: JSON in, what is
// typed and offered out. The other interfaces (Devino, TWIN, bots) make their
// messages here too.
package content
