// Package wire holds the codecs of the Android Debug Bridge: transport packets,
// shell v2 packets, the sync service, the smart socket of an adb server, and
// the keys of the authentication. It works on io.Reader, io.Writer and byte
// slices; it knows no sockets, starts no goroutines and bounds every length
// that it reads before it allocates.
//
//	transport   u32 command, arg0, arg1, length, sum, ^command; payload
//	shell v2    u8 id, u32 length; payload                  (in a stream)
//	sync        u32 id, u32 length or word; payload         (in a stream)
//	smart       hex4 length, text; answer OKAY | FAIL hex4 text
//
// All numbers are little endian. Layouts are those of AOSP platform-tools
// 34.0.5 (protocol.txt, SYNC.TXT, file_sync_protocol.h, shell_protocol.h,
// android_pubkey.cpp).
//
// What is covered, how long the peer may make it, and what proved it. Every
// decoder also has a fuzz target and a test with every prefix of good input.
// "adb" is the adb binary 29.0.6 talking to package adbd.
//
//	what                         longest            proved by
//	packet, banner               1 MiB (negotiated) adb
//	CNXN and AUTH payload        4 KiB              adb
//	shell v2 packet              any, streamed      adb
//	window size                  -                  own bytes only
//	sync request                 1 KiB of path      adb
//	STAT LIST SEND RECV          -                  adb
//	STA2 LST2 LIS2               1 KiB of name      adb
//	SND2 RCV2 and flags          -                  own bytes only
//	DATA                         1 MiB, streamed    adb (50 MB both ways)
//	FAIL of sync                 64 KiB             adb
//	smart socket                 64 KiB - 1         own bytes only here
//	adbkey, adbkey.pub           4 KiB of public    files by adb keygen, equal to the byte
//	token, signature             -                  adb (AUTH)
//	fingerprint                  -                  md5sum over adbkey.pub
package wire
