//go:build !race

package adb_test

const raceDetector = false
