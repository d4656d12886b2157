// Package packaging holds what makes releases: the Debian package (deb), the
// container (container), and tests that install and run what scripts/package
// builds, arm64 under qemu. It knows nothing of the program's code.
package packaging
