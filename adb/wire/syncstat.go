package wire

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
)

// A SyncStat is what the sync service tells of a file. Version 1 carries Mode,
// the low 32 bits of Size and of Mtime only, and says "missing" by zeros.
type SyncStat struct {
	Error    uint32 // errno in Linux' asm-generic numbers; 0 is none
	Dev, Ino uint64
	Mode     uint32 // as st_mode: type and permissions
	Nlink    uint32
	UID, GID uint32
	Size     uint64
	Atime    int64 // seconds since 1970
	Mtime    int64
	Ctime    int64
}

// A SyncEntry is one entry of a directory.
type SyncEntry struct {
	Name string
	SyncStat
}

const (
	statV1Size  = 12 // without the id
	statV2Size  = 68
	entryV1Size = statV1Size + 4
	entryV2Size = statV2Size + 4
)

func (s *SyncStat) appendV1(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, s.Mode)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(s.Size))
	return binary.LittleEndian.AppendUint32(dst, uint32(s.Mtime))
}

func parseStatV1(b []byte) SyncStat {
	return SyncStat{
		Mode:  binary.LittleEndian.Uint32(b),
		Size:  uint64(binary.LittleEndian.Uint32(b[4:])),
		Mtime: int64(binary.LittleEndian.Uint32(b[8:])),
	}
}

func (s *SyncStat) appendV2(dst []byte) []byte {
	le := binary.LittleEndian
	dst = le.AppendUint32(dst, s.Error)
	dst = le.AppendUint64(dst, s.Dev)
	dst = le.AppendUint64(dst, s.Ino)
	dst = le.AppendUint32(dst, s.Mode)
	dst = le.AppendUint32(dst, s.Nlink)
	dst = le.AppendUint32(dst, s.UID)
	dst = le.AppendUint32(dst, s.GID)
	dst = le.AppendUint64(dst, s.Size)
	dst = le.AppendUint64(dst, uint64(s.Atime))
	dst = le.AppendUint64(dst, uint64(s.Mtime))
	return le.AppendUint64(dst, uint64(s.Ctime))
}

func parseStatV2(b []byte) SyncStat {
	le := binary.LittleEndian
	return SyncStat{
		Error: le.Uint32(b),
		Dev:   le.Uint64(b[4:]),
		Ino:   le.Uint64(b[12:]),
		Mode:  le.Uint32(b[20:]),
		Nlink: le.Uint32(b[24:]),
		UID:   le.Uint32(b[28:]),
		GID:   le.Uint32(b[32:]),
		Size:  le.Uint64(b[36:]),
		Atime: int64(le.Uint64(b[44:])),
		Mtime: int64(le.Uint64(b[52:])),
		Ctime: int64(le.Uint64(b[60:])),
	}
}

// AppendStatV1 appends the answer to STAT.
func AppendStatV1(dst []byte, s *SyncStat) []byte {
	return s.appendV1(binary.LittleEndian.AppendUint32(dst, uint32(SyncSTAT)))
}

// AppendStatV2 appends the answer to STA2 or LST2, whichever id is.
func AppendStatV2(dst []byte, id SyncID, s *SyncStat) []byte {
	return s.appendV2(binary.LittleEndian.AppendUint32(dst, uint32(id)))
}

// ReadStatV1 reads the answer to STAT; *SyncError for FAIL.
func ReadStatV1(r io.Reader) (SyncStat, error) {
	b, _, err := readUnit(r, statV1Size, SyncSTAT)
	if err != nil {
		return SyncStat{}, err
	}
	return parseStatV1(b), nil
}

// ReadStatV2 reads the answer to id, which is STA2 or LST2; *SyncError for
// FAIL. An errno of the device is in SyncStat.Error, not in the error.
func ReadStatV2(r io.Reader, id SyncID) (SyncStat, error) {
	b, _, err := readUnit(r, statV2Size, id)
	if err != nil {
		return SyncStat{}, err
	}
	return parseStatV2(b), nil
}

// readUnit reads a unit of one of the ids: the id and size bytes. A FAIL may be
// shorter, so its first eight bytes are looked at first.
func readUnit(r io.Reader, size int, ids ...SyncID) ([]byte, SyncID, error) {
	id, first, err := ReadSyncHeader(r)
	if err != nil {
		return nil, 0, err
	}
	known := false
	for _, want := range ids {
		known = known || id == want
	}
	if !known {
		return nil, 0, unexpected(r, id, first, ids[0])
	}
	b := make([]byte, size)
	binary.LittleEndian.PutUint32(b, first)
	if err := readRest(r, b[4:]); err != nil {
		return nil, 0, err
	}
	return b, id, nil
}

// AppendEntryV1 appends one DENT of the answer to LIST.
func AppendEntryV1(dst []byte, e *SyncEntry) []byte {
	dst = e.appendV1(binary.LittleEndian.AppendUint32(dst, uint32(SyncDENT)))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(e.Name)))
	return append(dst, e.Name...)
}

// AppendEntryV2 appends one DNT2 of the answer to LIS2.
func AppendEntryV2(dst []byte, e *SyncEntry) []byte {
	dst = e.appendV2(binary.LittleEndian.AppendUint32(dst, uint32(SyncDNT2)))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(e.Name)))
	return append(dst, e.Name...)
}

// AppendEntriesDoneV1 appends the end of an answer to LIST, padded to the size
// of a DENT.
func AppendEntriesDoneV1(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(SyncDONE))
	return append(dst, make([]byte, entryV1Size)...)
}

// AppendEntriesDoneV2 appends the end of an answer to LIS2, padded to the size
// of a DNT2.
func AppendEntriesDoneV2(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(SyncDONE))
	return append(dst, make([]byte, entryV2Size)...)
}

// ReadEntryV1 reads one unit of the answer to LIST; more is false at its DONE.
func ReadEntryV1(r io.Reader) (e SyncEntry, more bool, err error) {
	b, id, err := readUnit(r, entryV1Size, SyncDENT, SyncDONE)
	if err != nil || id == SyncDONE {
		return SyncEntry{}, false, err
	}
	e.SyncStat = parseStatV1(b)
	e.Name, err = readName(r, binary.LittleEndian.Uint32(b[statV1Size:]))
	return e, err == nil, err
}

// ReadEntryV2 reads one unit of the answer to LIS2; more is false at its DONE.
func ReadEntryV2(r io.Reader) (e SyncEntry, more bool, err error) {
	b, id, err := readUnit(r, entryV2Size, SyncDNT2, SyncDONE)
	if err != nil || id == SyncDONE {
		return SyncEntry{}, false, err
	}
	e.SyncStat = parseStatV2(b)
	e.Name, err = readName(r, binary.LittleEndian.Uint32(b[statV2Size:]))
	return e, err == nil, err
}

// readName reads a directory entry's name. A name that would lead out of its
// directory when joined to a local path is refused.
func readName(r io.Reader, n uint32) (string, error) {
	if n > syncMaxName {
		return "", tooLong("name of an entry", uint64(n), syncMaxName)
	}
	b := make([]byte, n)
	if err := readRest(r, b); err != nil {
		return "", err
	}
	name := string(b)
	if name == "" || strings.ContainsAny(name, "/\x00") {
		return "", syntax("name of an entry is empty or holds a slash or NUL")
	}
	return name, nil
}

// A SyncDataReader reads the content of a file, from the first DATA to DONE,
// where it returns io.EOF. A FAIL is *SyncError. The stream's end before DONE
// is io.ErrUnexpectedEOF.
type SyncDataReader struct {
	r    io.Reader
	left uint32
	done uint32
	err  error
}

// NewSyncDataReader returns a reader of the DATA units in r. It reads not
// a byte beyond DONE.
func NewSyncDataReader(r io.Reader) *SyncDataReader { return &SyncDataReader{r: r} }

// Read reads content.
func (d *SyncDataReader) Read(p []byte) (int, error) {
	for d.err == nil && d.left == 0 {
		d.err = d.next()
	}
	if d.err != nil || len(p) == 0 {
		return 0, d.err
	}
	if uint64(len(p)) > uint64(d.left) {
		p = p[:d.left]
	}
	n, err := d.r.Read(p)
	d.left -= uint32(n)
	if errors.Is(err, io.EOF) {
		if err = io.ErrUnexpectedEOF; d.left == 0 && n > 0 {
			err = nil // the next header will not be there and tell it
		}
	}
	d.err = err
	return n, err
}

func (d *SyncDataReader) next() error {
	id, n, err := ReadSyncHeader(d.r)
	switch {
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case err != nil:
		return err
	case id == SyncDONE:
		d.done = n
		return io.EOF
	case id != SyncDATA:
		return unexpected(d.r, id, n, SyncDATA)
	case n > syncMaxDataIn:
		return tooLong("DATA", uint64(n), syncMaxDataIn)
	}
	d.left = n
	return nil
}

// Mtime is the word of DONE once Read has returned io.EOF: for SEND the time of
// the file in seconds since 1970, for RECV 0.
func (d *SyncDataReader) Mtime() uint32 { return d.done }

// A SyncDataWriter writes the content of a file as DATA units of at most
// SyncMaxData bytes.
type SyncDataWriter struct {
	w   io.Writer
	buf []byte
}

// NewSyncDataWriter returns a writer of DATA units to w, one Write each.
func NewSyncDataWriter(w io.Writer) *SyncDataWriter { return &SyncDataWriter{w: w} }

// Write writes p as one or more DATA units.
func (d *SyncDataWriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), SyncMaxData)
		d.buf = append(AppendSyncHeader(d.buf[:0], SyncDATA, uint32(n)), p[:n]...)
		if _, err := d.w.Write(d.buf); err != nil {
			return written, err
		}
		written += n
		p = p[n:]
	}
	return written, nil
}

// Done writes DONE with the file's time in seconds since 1970 (0 for RECV).
func (d *SyncDataWriter) Done(mtime int64) error {
	word := uint32(min(max(mtime, 0), math.MaxUint32))
	_, err := d.w.Write(AppendSyncHeader(nil, SyncDONE, word))
	return err
}
