// Package content knows the objects of messages as the Cloud API writes them
// (text, image, interactive, template …): their limits, and how a phone that
// has neither buttons nor lists carries them. It is pure: JSON in, what is
// typed and offered out. The other interfaces (Devino, TWIN, bots) make their
// messages here too. "The contract" is the list of what real clients of the
// Cloud API demand that docs/api.md is written from.
//
// It knows nothing of HTTP, of databases or of screens: a file is a reference
// here (MediaRef), and a template is what its caller has found.
package content
