// Package android is the system of the simulated phone: display, windows,
// keyguard, input, notifications, logs, files, contacts, and the faults that can
// be armed. Apps plug into it; it does not know what WhatsApp is.
package android
