// Package adb is a client of the Android Debug Bridge. It reaches a device
// through an adb server (the smart socket, by default 127.0.0.1:5037) or
// straight through adbd's TCP port, without any adb binary.
//
// It has never heard of messages or of WhatsApp.
package adb
