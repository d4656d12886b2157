// Package picture draws a phone's screen as an image from its node tree, so
// that a person recognises WhatsApp's chat, chat list, dialogs, the launcher
// and the keyguard. Nodes are drawn where their bounds say, in the manner
// their resource ids ask for (ids as in the captures).
//
// It knows nothing of the phone's model, of ADB or of what a screen means: a
// tree in, pixels out.
package picture
