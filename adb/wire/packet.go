package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// A Command is the first word of a transport packet.
type Command uint32

// The commands of the transport (AOSP protocol.txt, adb.h).
const (
	CNXN Command = 0x4e584e43 // version, max data, banner
	STLS Command = 0x534c5453 // STLSVersion, 0
	AUTH Command = 0x48545541 // AuthToken, AuthSignature or AuthPublicKey, 0, payload
	OPEN Command = 0x4e45504f // local id, 0 (or send window), service + NUL
	OKAY Command = 0x59414b4f // local id, remote id
	WRTE Command = 0x45545257 // local id, remote id, bytes
	CLSE Command = 0x45534c43 // local id or 0, remote id
	SYNC Command = 0x434e5953 // obsolete
)

// The first argument of an AUTH packet.
const (
	AuthToken     = 1 // device to host: TokenSize random bytes
	AuthSignature = 2 // host to device: the signed token
	AuthPublicKey = 3 // host to device: text of adbkey.pub + NUL
)

// Versions and limits of the transport.
const (
	VersionChecked   uint32 = 0x01000000 // every payload carries its sum (before Android 9)
	VersionUnchecked uint32 = 0x01000001 // the sum is not looked at
	STLSVersion      uint32 = 0x01000000

	HeaderSize       = 24
	MaxData          = 1 << 20 // the most that anybody announces (Android 9 and later)
	MaxDataLegacy    = 4096    // Android 6 and before; also the limit of CNXN and AUTH payloads
	MaxHandshakeData = 4096
)

// String gives the four letters, or the number in hex for an unknown command.
func (c Command) String() string {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], uint32(c))
	for _, l := range b {
		if l < 'A' || l > 'Z' {
			return fmt.Sprintf("%08x", uint32(c))
		}
	}
	return string(b[:])
}

// A Packet is one unit of the transport. Checksum is what the header of a
// packet that was read says; writing ignores it.
type Packet struct {
	Command  Command
	Arg0     uint32
	Arg1     uint32
	Data     []byte
	Checksum uint32
}

// Sum is the protocol's checksum: the plain sum of all bytes, modulo 2^32
// (the documents call it crc32, which it is not).
func Sum(data []byte) uint32 {
	var sum uint32
	for _, b := range data {
		sum += uint32(b)
	}
	return sum
}

// VerifyChecksum returns ErrChecksum when the payload does not add up to the
// header's sum. Peers of VersionUnchecked leave the sum 0: do not ask then.
func (p *Packet) VerifyChecksum() error {
	if got := Sum(p.Data); got != p.Checksum {
		return fmt.Errorf("%s: sum is %#x, header says %#x: %w", p.Command, got, p.Checksum, ErrChecksum)
	}
	return nil
}

// AppendPacket appends the bytes of p to dst. With checked the header holds the
// payload's sum: needed before the peer's version is known and for peers of
// VersionChecked.
func AppendPacket(dst []byte, p *Packet, checked bool) []byte {
	var sum uint32
	if checked {
		sum = Sum(p.Data)
	}
	dst = slices.Grow(dst, HeaderSize+len(p.Data))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(p.Command))
	dst = binary.LittleEndian.AppendUint32(dst, p.Arg0)
	dst = binary.LittleEndian.AppendUint32(dst, p.Arg1)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(p.Data)))
	dst = binary.LittleEndian.AppendUint32(dst, sum)
	dst = binary.LittleEndian.AppendUint32(dst, ^uint32(p.Command))
	return append(dst, p.Data...)
}

// WritePacket writes p with a single Write, see AppendPacket.
func WritePacket(w io.Writer, p *Packet, checked bool) error {
	_, err := w.Write(AppendPacket(nil, p, checked))
	return err
}

// ReadPacket reads one packet whose payload is at most limit bytes (and never
// more than MaxData). A header that announces more is ErrTooLong, one with a
// wrong magic ErrMagic; both before anything of the payload is read, so the
// connection is out of step and must be closed. An unknown command is no
// error. The checksum is not verified, see Packet.VerifyChecksum. Data is the
// caller's own.
func ReadPacket(r io.Reader, limit uint32) (*Packet, error) {
	var h [HeaderSize]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, err
	}
	word := func(i int) uint32 { return binary.LittleEndian.Uint32(h[4*i:]) }
	p := &Packet{Command: Command(word(0)), Arg0: word(1), Arg1: word(2), Checksum: word(4)}
	if word(5) != ^word(0) {
		return nil, fmt.Errorf("packet %s: %w", p.Command, ErrMagic)
	}
	limit = min(limit, MaxData)
	n := word(3)
	if n > limit {
		return nil, tooLong("payload of "+p.Command.String(), uint64(n), uint64(limit))
	}
	if n == 0 {
		return p, nil
	}
	p.Data = make([]byte, n)
	if err := readRest(r, p.Data); err != nil {
		return nil, err
	}
	return p, nil
}
