package adb

import "time"

// DialOptions say how to reach an adbd directly.
type DialOptions struct {
	KeyPath string        // private key; default ~/.android/adbkey
	Timeout time.Duration // for connecting and the handshake, default 10 s
}
