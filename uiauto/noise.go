package uiauto

import (
	"bytes"
	"fmt"
)

// A tail keeps the newest part of what stands outside of the hierarchy. The
// lines that matter are the tool's own; they are short and near it.
type tail struct {
	kept []byte
	size int // of all that was written
}

// tailSize is how much of the noise is kept.
const tailSize = 16 << 10

// Write keeps the end of what there was; it never fails.
func (t *tail) Write(b []byte) (int, error) {
	t.size += len(b)
	t.kept = append(t.kept, b...)
	if len(t.kept) > 2*tailSize {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-tailSize:]...)
	}
	return len(b), nil
}

// The tool's lines, as AOSP's DumpCommand prints them ("hierchary" is its
// spelling).
var (
	lineDone     = []byte("UI hierchary dumped to:")
	lineNullRoot = []byte("ERROR: null root node")
	lineNotIdle  = []byte("ERROR: could not get idle state")
)

// verdict is the error that the tool's last line tells, or nil.
func (t *tail) verdict() error {
	done := bytes.LastIndex(t.kept, lineDone)
	null := bytes.LastIndex(t.kept, lineNullRoot)
	idle := bytes.LastIndex(t.kept, lineNotIdle)
	switch {
	case null > done && null > idle:
		return ErrNullRoot
	case idle > done:
		return ErrNotIdle
	}
	return nil
}

// missing is the error of an output that ended before the hierarchy began, or
// inside of its start tag.
func (t *tail) missing(begun bool) error {
	if err := t.verdict(); err != nil {
		return err
	}
	if begun || bytes.Contains(t.kept, []byte("<?xml")) {
		return fmt.Errorf("%w before the first node", ErrTruncated)
	}
	return fmt.Errorf("%w (%d bytes)", ErrNoDump, t.size)
}
