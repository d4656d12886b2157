// Package inbox is the way back: what people write to a phone. It reads the
// phone's notifications in a loop of its own, with its own adb streams, so that
// it never waits for a message being sent, takes in what the driver saw in an
// open chat, and decides which of all that is a new message.
//
// It needs no screen and knows nothing of lanes, HTTP or SQL.
package inbox
