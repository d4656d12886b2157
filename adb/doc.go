// Package adb is a client of the Android Debug Bridge. It reaches a device in
// two ways, through an adb server (its smart socket, 127.0.0.1:5037 by default)
// and straight to adbd's TCP port without any adb binary, and works the same
// over either: commands, files, pictures, forwards. It has never heard of
// messages or of WhatsApp.
//
//	Open, Link                      by a target's name; a Link keeps it reachable
//	Device                          Run, Start, Push, Pull, Stat, List, Screenshot, …
//	Transport, Stream               what a Device needs of a way
//	Server.Transport      Conn      the two ways: smart socket, transport packets
//	wire                            the codecs
//
//	d, err := adb.Open(ctx, "192.168.1.20:5555", adb.Options{})
//	out, err := d.Run(ctx, "getprop ro.product.model")
//
// # Promises
//
// Every operation has a deadline: its context's, or a default that the doc of
// it names. A peer that stops answering, reading or acknowledging ends in an
// error of a known kind (ErrOffline, ErrTimeout, ErrProtocol and so on, by
// errors.Is), with no goroutine left and bounded memory. A command counts as
// run only when its exit code came: the adb tool says success when the link or
// adbd breaks in the middle. Errors name the device and never hold a command,
// for commands hold private text.
//
// Health is a command's round trip (Device.Ping, Link), not the server's state
// word: a frozen device stays "device" for ever.
//
// # Goroutines
//
//	Conn       a reader and a writer, until Close; neither waits for a user of a stream
//	Process    one, until the command's end; Wait waits for it
//	RunInput   one that copies the input, until the command's end
//	Push       one that reads the verdict, until Push returns
//	Forward    one that accepts, three per connection, until Close
//
// Server, Link and the rest start none that outlive a call; Link.Run runs on the
// caller's.
//
// # What is covered, and against which peer
//
// "ours" is package adbd; "genuine" is adbd 34.0.5 of Debian trixie in a network
// namespace (scripts/adbd-oracle), with mksh and toybox; "server" is the real
// adb server 29.0.6; "scripted" is a test that plays the peer byte by byte.
// The rows of TestConformance run in all four ways.
//
//	                                        direct          through a server
//	                                        ours  genuine   ours  genuine   scripted
//	shell v2: outputs, exit codes, signals   x      x        x      x          x
//	standard input; binary output; exec      x      x        x      x
//	cancel, deadline, kill in mid-command    x      x        x      x          x
//	endless stream cut off; output limit     x      x        x      x
//	20 streams at once                       x      x        x      x
//	commands of 60,000 and of 2 MiB bytes    x      x        x      x          x
//	push, pull, stat, list (v2); 50 MB       x      x        x      x          x
//	links: made, followed, described         -1     x        -1     x
//	stat, list, send, receive (v1)           x      -        -      -
//	no shell_v2: marks, cooked terminal      x      -        -      -          x
//	AUTH: known key, dialog, vendor keys     x      -2       -      -          x
//	packets with sums, 4096-byte devices     x      -        -      -          x
//	STLS                                     -      -        -      -          x 3
//	version, devices, track, wait-for        -      -        x      -          x
//	connect, disconnect, forward             -      -        x      -          x
//	server killed and started again          -      -        x      -
//	device cut, frozen, back (Link)          x      -        x      -
//	half frames, wrong sums and magics,      -      -        -      -          x
//	4 GiB lengths, silence, floods, a peer
//	that reads nothing or acknowledges nothing
//
//	1 our adbd makes no links; followed and described they are
//	2 Debian's adbd asks for no key
//	3 refused with the remedy: wireless debugging is not spoken yet
//
// Not verified on a phone: the wrapping of commands for Android 6 and older
// (the terminal's behaviour was measured, on Android 5 and 6), the dialog's
// fingerprint, screencap of phones with two displays.
package adb
