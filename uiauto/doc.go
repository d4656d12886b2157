// Package uiauto reads what `uiautomator dump` prints: a tree of nodes, with
// selectors to find them and app profiles (data files) that name them.
//
// It does no I/O on phones and has never heard of messages.
package uiauto
