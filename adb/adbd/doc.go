// Package adbd is the device side of the Android Debug Bridge as a server on
// TCP: what an adb server or a direct client finds on a phone's port 5555. It
// speaks the transport, runs shell and exec streams through a function, and
// serves the sync service from a small file system interface. It has no shell
// and no files of its own, and knows nothing of phones.
//
//	host -- TCP -- conn.run        reads packets, hands them to streams
//	               conn.writeLoop  sends queued packets
//	               Service         one goroutine per stream: Shell, sync, Other
//	               Accept          one goroutine while a dialog is open
//
// Server.Close waits for all of them. Nothing waits for a host: a stream holds
// one window for a host that does not answer (256 KiB out; 64 KiB and one WRTE
// in), a connection at most 256 services and 8192 packets to send.
//
// What is covered, and which peer proved it. "adb" is the adb binary 29.0.6
// through a server of its own (TestRealAdb*), "raw" a host made of package wire
// that looks at every packet.
//
//	what                                               adb   raw
//	CNXN: version, size, banner, features               x     x
//	CNXN a second time resets all streams                     x
//	sums: sent to and demanded by an old device         x     x
//	AUTH: known key, dialog accepted, refused           x     x
//	AUTH: broken keys, too many signatures                    x
//	shell,v2: outputs apart, exit code, signal, stdin   x     x
//	shell,v2 with a terminal, start failure (126)             x
//	shell: with CR LF, as before Android 7              x     x
//	exec: binary                                        x     x
//	endless stream cut off, command sees its end        x     x
//	20 streams at once                                  x
//	one WRTE per stream, order, data before CLSE              x
//	CLSE twice, without sender, for unknown streams     x     x
//	a host that stops reading one stream, or all              x
//	sync: push and pull of 50 MB with equal hashes      x
//	sync: STAT LIST SEND RECV                           x     x
//	sync: STA2 LST2 LIS2                                x     x
//	sync: SND2 RCV2 dry run (adb 29 has none of these)        x
//	sync: FAIL texts                                    x     x
//	half frames, wrong magic, 4 GiB lengths, fuzzing          x
//	Disconnect, then connected again                    x     x
//	Freeze                                                    x
//
// Not done: delayed_ack (a host that asks for it is refused the stream),
// compression of sync, STLS and pairing, the window size of a terminal (read
// and passed over), one-connection-only as before Android 8, and the input of
// adb exec-in, whose end and the stream's are the same for us. The texts of
// FAIL are those of AOSP 34.0.5 as noted from real devices, except "read
// failed", "write failed", "close failed", "oversize data message" and
// "invalid data message" (from memory) and "unsupported flags" (ours).
package adbd
