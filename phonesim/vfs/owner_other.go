//go:build !unix

package vfs

func owner() any { return nil }
