// Package adbd is the device side of the Android Debug Bridge as a server on
// TCP: what an adb server or a direct client finds on a phone's port 5555. It
// speaks the transport, runs shell and exec streams through a function, and
// serves the sync service from a small file system interface. It has no shell
// and no files of its own, and knows nothing of phones.
//
//	host -- TCP -- conn.run    reads packets, hands them to streams
//	               conn.write  sends queued packets
//	               Service     one goroutine per stream: Shell, sync, Other
package adbd
