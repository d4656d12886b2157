package uiauto

import (
	"errors"
	"io"
)

// What can be wrong with a dump.
var (
	ErrNullRoot  = errors.New("uiautomator found no root node")
	ErrNotIdle   = errors.New("the screen did not come to rest")
	ErrNoDump    = errors.New("no hierarchy in the output")
	ErrTruncated = errors.New("the dump is cut off")
	ErrMalformed = errors.New("the dump is malformed")
	ErrTooLarge  = errors.New("the dump is too large")
)

// A Dump is one reading of the screen.
type Dump struct {
	Root     *Node // the hierarchy itself; its children are the windows' roots
	Rotation int
	Nodes    int
}

// A Node is one view of the screen.
type Node struct {
	Text, ID, Class, Package, Desc, Hint string
	Bounds                               Rect
	Parent                               *Node
	Children                             []*Node
}

// Parse reads a dump.
func Parse(r io.Reader) (*Dump, error) { return nil, ErrNoDump }
