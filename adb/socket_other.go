//go:build !linux

package adb

import "syscall"

// controlSocket does nothing where TCP_USER_TIMEOUT is not to be had: the
// deadline of each operation still ends it.
func controlSocket(_, _ string, _ syscall.RawConn) error { return nil }
