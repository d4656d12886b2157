package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A SyncID is the first word of every unit of the sync service.
type SyncID uint32

// The units of the sync service (AOSP file_sync_protocol.h).
const (
	SyncSTAT SyncID = 'S' | 'T'<<8 | 'A'<<16 | 'T'<<24 // lstat, 32-bit
	SyncSTA2 SyncID = 'S' | 'T'<<8 | 'A'<<16 | '2'<<24 // stat, follows links
	SyncLST2 SyncID = 'L' | 'S'<<8 | 'T'<<16 | '2'<<24 // lstat
	SyncLIST SyncID = 'L' | 'I'<<8 | 'S'<<16 | 'T'<<24
	SyncLIS2 SyncID = 'L' | 'I'<<8 | 'S'<<16 | '2'<<24
	SyncDENT SyncID = 'D' | 'E'<<8 | 'N'<<16 | 'T'<<24
	SyncDNT2 SyncID = 'D' | 'N'<<8 | 'T'<<16 | '2'<<24
	SyncSEND SyncID = 'S' | 'E'<<8 | 'N'<<16 | 'D'<<24
	SyncSND2 SyncID = 'S' | 'N'<<8 | 'D'<<16 | '2'<<24
	SyncRECV SyncID = 'R' | 'E'<<8 | 'C'<<16 | 'V'<<24
	SyncRCV2 SyncID = 'R' | 'C'<<8 | 'V'<<16 | '2'<<24
	SyncDATA SyncID = 'D' | 'A'<<8 | 'T'<<16 | 'A'<<24
	SyncDONE SyncID = 'D' | 'O'<<8 | 'N'<<16 | 'E'<<24
	SyncOKAY SyncID = 'O' | 'K'<<8 | 'A'<<16 | 'Y'<<24
	SyncFAIL SyncID = 'F' | 'A'<<8 | 'I'<<16 | 'L'<<24
	SyncQUIT SyncID = 'Q' | 'U'<<8 | 'I'<<16 | 'T'<<24
)

// Limits of the sync service.
const (
	SyncMaxPath = 1024
	SyncMaxData = 64 << 10 // of a DATA we send; adbd before Android 14 takes no more
	// syncMaxDataIn is what we take: Android 14 was seen to accept 70000 bytes.
	syncMaxDataIn = 1 << 20
	syncMaxText   = 64 << 10 // of a FAIL
	syncMaxName   = 1024     // of a directory entry (AOSP: 256)
)

// Flags of SND2 and RCV2.
const (
	SyncFlagNone   uint32 = 0
	SyncFlagBrotli uint32 = 1
	SyncFlagLZ4    uint32 = 2
	SyncFlagZstd   uint32 = 4
	SyncFlagDryRun uint32 = 1 << 31
)

// String gives the four letters, or the number in hex for an unknown id.
func (id SyncID) String() string {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], uint32(id))
	for _, l := range b {
		if (l < 'A' || l > 'Z') && (l < '0' || l > '9') {
			return fmt.Sprintf("%08x", uint32(id))
		}
	}
	return string(b[:])
}

// A SyncError is the text of a FAIL answer of the sync service. The service
// closes its stream after one.
type SyncError struct {
	Message string
}

func (e *SyncError) Error() string { return "sync: " + e.Message }

// AppendSyncHeader appends an id and its word: a length, a time, or nothing.
func AppendSyncHeader(dst []byte, id SyncID, value uint32) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(id))
	return binary.LittleEndian.AppendUint32(dst, value)
}

// ReadSyncHeader reads an id and its word. It judges neither.
func ReadSyncHeader(r io.Reader) (SyncID, uint32, error) {
	var b [8]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, 0, err
	}
	return SyncID(binary.LittleEndian.Uint32(b[:])), binary.LittleEndian.Uint32(b[4:]), nil
}

// AppendSyncRequest appends a request. The path has at most SyncMaxPath bytes
// and no NUL; QUIT has none.
func AppendSyncRequest(dst []byte, id SyncID, path string) ([]byte, error) {
	if len(path) > SyncMaxPath {
		return dst, tooLong("path", uint64(len(path)), SyncMaxPath)
	}
	if strings.ContainsRune(path, 0) {
		return dst, syntax("path with a NUL")
	}
	return append(AppendSyncHeader(dst, id, uint32(len(path))), path...), nil
}

// ReadSyncRequest reads a request of any id. A path over SyncMaxPath is
// ErrTooLong and not read: the service ends then.
func ReadSyncRequest(r io.Reader) (SyncID, string, error) {
	id, n, err := ReadSyncHeader(r)
	if err != nil {
		return 0, "", err
	}
	if n > SyncMaxPath {
		return id, "", tooLong("path of "+id.String(), uint64(n), SyncMaxPath)
	}
	path := make([]byte, n)
	if err := readRest(r, path); err != nil {
		return id, "", err
	}
	return id, string(path), nil
}

// SendSpec is the path of a SEND request: the mode is appended in decimal.
func SendSpec(path string, mode uint32) string {
	return path + "," + strconv.FormatUint(uint64(mode), 10)
}

// ParseSendSpec splits the path of a SEND request at its last comma.
func ParseSendSpec(spec string) (path string, mode uint32, err error) {
	i := strings.LastIndexByte(spec, ',')
	if i < 0 {
		return "", 0, syntax("SEND without a mode")
	}
	m, err := strconv.ParseUint(spec[i+1:], 0, 32)
	if err != nil {
		return "", 0, syntax("SEND with a bad mode")
	}
	return spec[:i], uint32(m), nil
}

// AppendSendV2 appends the second half of a SND2 request.
func AppendSendV2(dst []byte, mode, flags uint32) []byte {
	return binary.LittleEndian.AppendUint32(AppendSyncHeader(dst, SyncSND2, mode), flags)
}

// ReadSendV2 reads the second half of a SND2 request.
func ReadSendV2(r io.Reader) (mode, flags uint32, err error) {
	var b [12]byte
	if err := readRest(r, b[:]); err != nil {
		return 0, 0, err
	}
	if id := SyncID(binary.LittleEndian.Uint32(b[:])); id != SyncSND2 {
		return 0, 0, syntax("%s in place of the second SND2", id)
	}
	return binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:]), nil
}

// AppendReceiveV2 appends the second half of a RCV2 request.
func AppendReceiveV2(dst []byte, flags uint32) []byte {
	return AppendSyncHeader(dst, SyncRCV2, flags)
}

// ReadReceiveV2 reads the second half of a RCV2 request.
func ReadReceiveV2(r io.Reader) (flags uint32, err error) {
	id, flags, err := ReadSyncHeader(r)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err == nil && id != SyncRCV2 {
		err = syntax("%s in place of the second RCV2", id)
	}
	return flags, err
}

// AppendSyncFail appends FAIL and its text.
func AppendSyncFail(dst []byte, text string) []byte {
	text = text[:min(len(text), syncMaxText)]
	return append(AppendSyncHeader(dst, SyncFAIL, uint32(len(text))), text...)
}

// ReadSyncOkay reads the answer to a finished SEND: nil for OKAY, *SyncError
// for FAIL.
func ReadSyncOkay(r io.Reader) error {
	id, n, err := ReadSyncHeader(r)
	if err != nil {
		return err
	}
	if id == SyncOKAY {
		return nil
	}
	return unexpected(r, id, n, SyncOKAY)
}

// unexpected is the error for an answer other than wanted: a FAIL's text is
// read from r.
func unexpected(r io.Reader, id SyncID, n uint32, wanted SyncID) error {
	if id != SyncFAIL {
		return syntax("%s in place of %s", id, wanted)
	}
	if n > syncMaxText {
		return tooLong("text of FAIL", uint64(n), syncMaxText)
	}
	text := make([]byte, n)
	if err := readRest(r, text); err != nil {
		return fmt.Errorf("text of FAIL: %w", err)
	}
	return &SyncError{Message: string(text)}
}
