//go:build race

package adb_test

// raceDetector makes copying many bytes slow.
const raceDetector = true
