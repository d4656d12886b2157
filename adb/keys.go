package adb

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"github.com/wabridge/wabridge/adb/wire"
)

// keyFileLimit bounds what is read of a key file.
const keyFileLimit = 64 << 10

// userKeyPath is where the adb tool keeps the user's key.
func userKeyPath() (string, error) {
	if dir := os.Getenv("ANDROID_USER_HOME"); dir != "" {
		return filepath.Join(dir, "adbkey"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the home directory for the adb key: %w", err)
	}
	return filepath.Join(home, ".android", "adbkey"), nil
}

// LoadKey reads the private key at path, or makes one there, with its public
// half in path.pub, when there is none. An empty path is the user's own,
// ~/.android/adbkey, as for the adb tool.
func LoadKey(path string) (*rsa.PrivateKey, error) {
	if path == "" {
		var err error
		if path, err = userKeyPath(); err != nil {
			return nil, err
		}
	}
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	return key, err
}

func readKey(path string) (*rsa.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > keyFileLimit {
		return nil, fmt.Errorf("adb key %s: not a key file", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := wire.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// makeKey writes a new key pair. The private half is linked into place whole,
// so that of two makers at the same time one wins and the other takes its key.
func makeKey(path string) (*rsa.PrivateKey, error) {
	key, err := wire.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("make an adb key: %w", err)
	}
	private, err := wire.MarshalPrivateKey(key)
	if err != nil {
		return nil, err
	}
	public, err := wire.EncodePublicKey(&key.PublicKey, keyComment())
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make an adb key: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".adbkey-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("make an adb key: %w", err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(private)
	if err = errors.Join(err, temp.Close()); err != nil {
		return nil, fmt.Errorf("make an adb key: %w", err)
	}
	if err := os.Link(temp.Name(), path); errors.Is(err, fs.ErrExist) {
		return readKey(path)
	} else if err != nil {
		return nil, fmt.Errorf("make an adb key: %w", err)
	}
	return key, os.WriteFile(path+".pub", []byte(public), 0o644) //nolint:gosec // public by name
}

// keyComment is what the phone's dialog shows besides the fingerprint.
func keyComment() string {
	name, host := "unknown", "unknown"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil && h != "" {
		host = h
	}
	return strings.Join(strings.Fields(name), "_") + "@" + host
}

// vendorKeys are the keys that ADB_VENDOR_KEYS names: files, or directories
// with *.adb_key files. One that cannot be read is left out, as adb does.
func vendorKeys() []*rsa.PrivateKey {
	var keys []*rsa.PrivateKey
	for _, path := range filepath.SplitList(os.Getenv("ADB_VENDOR_KEYS")) {
		files := []string{path}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			files, _ = filepath.Glob(filepath.Join(path, "*.adb_key"))
		}
		for _, file := range files {
			if key, err := readKey(file); err == nil {
				keys = append(keys, key)
			}
		}
	}
	return keys
}
