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
package wire
