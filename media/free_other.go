//go:build !linux && !darwin

package media

import "errors"

// FreeSpace is not known here; the disk itself will say when it is full.
func FreeSpace(string) (int64, error) { return 0, errors.ErrUnsupported }
