package adb

import (
	"bytes"
	"context"
	"encoding/binary"
)

// Screenshot returns the picture of the phone's screen as PNG. What some phones
// write around it (with two displays: three lines of text before) is cut off.
func (d *Device) Screenshot(ctx context.Context) ([]byte, error) {
	out, err := d.Run(ctx, "screencap -p")
	if err != nil {
		return nil, err
	}
	png := findPNG(out.Stdout)
	switch {
	case png != nil:
		return png, nil
	case out.ExitCode != 0:
		return nil, &Error{Op: "screenshot", Device: d.Serial(), Kind: ErrRefused, Text: "screencap could not take it: is the screen on, and does it show nothing protected?"}
	}
	return nil, &Error{Op: "screenshot", Device: d.Serial(), Kind: ErrProtocol, Text: "screencap gave no whole PNG"}
}

var (
	pngSignature = []byte("\x89PNG\r\n\x1a\n")
	pngEnd       = []byte("IEND")
)

// findPNG cuts the first whole PNG out of b: from its signature to the end of
// its IEND chunk. nil: there is none.
func findPNG(b []byte) []byte {
	i := bytes.Index(b, pngSignature)
	if i < 0 {
		return nil
	}
	b = b[i:]
	const around = 4 + 4 + 4 // length, type and sum of a chunk
	for at := uint64(len(pngSignature)); at+around <= uint64(len(b)); {
		next := at + around + uint64(binary.BigEndian.Uint32(b[at:]))
		if next > uint64(len(b)) {
			return nil
		}
		if bytes.Equal(b[at+4:at+8], pngEnd) {
			return b[:next]
		}
		at = next
	}
	return nil
}
