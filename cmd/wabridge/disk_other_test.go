//go:build !linux

package main

import "testing"

// A disk can be filled on Linux only.
type disk struct{}

func mountDisk(*testing.T, string) *disk { return nil }

func (*disk) fill(*testing.T) bool { return false }

func (*disk) free(*testing.T) {}
