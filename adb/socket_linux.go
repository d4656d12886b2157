package adb

import (
	"errors"
	"syscall"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h: the time in milliseconds
// that sent data may stay unacknowledged. Keepalive does not act while data is
// under way; without this the kernel tries for about 15 minutes.
const (
	tcpUserTimeout = 0x12
	userTimeoutMS  = 15_000
)

func controlSocket(_, _ string, raw syscall.RawConn) error {
	var err error
	cerr := raw.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, userTimeoutMS)
	})
	return errors.Join(cerr, err)
}
