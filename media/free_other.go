//go:build !linux && !darwin

package media

import "errors"

// freeSpace is not known here; the disk itself will say when it is full.
func freeSpace(string) (int64, error) { return 0, errors.ErrUnsupported }
