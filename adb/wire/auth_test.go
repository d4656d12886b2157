package wire_test

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wabridge/wabridge/adb/wire"
)

// testKey is a key that "adb keygen" (29.0.6) made for these tests.
func testKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	text, err := os.ReadFile("testdata/adbkey")
	if err != nil {
		t.Fatal(err)
	}
	key, err := wire.ParsePrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestPublicKeyEqualsAdbs(t *testing.T) {
	want, err := os.ReadFile("testdata/adbkey.pub")
	if err != nil {
		t.Fatal(err)
	}
	key := testKey(t)
	got, err := wire.EncodePublicKey(&key.PublicKey, "tester@example")
	if err != nil || got != string(want) {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
	pub, comment, err := wire.ParsePublicKey(append(want, 0))
	if err != nil || comment != "tester@example" || !pub.Equal(&key.PublicKey) {
		t.Errorf("parsed: comment %q, %v", comment, err)
	}
}

func TestPublicKeyOfAFreshAdbKey(t *testing.T) {
	if _, err := exec.LookPath("adb"); err != nil {
		t.Skip("SKIPPED, NOT PROVEN: adb is not installed, its key file cannot be compared with ours")
	}
	file := filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command("adb", "keygen", file).CombinedOutput(); err != nil {
		t.Fatalf("adb keygen: %v\n%s", err, out)
	}
	private, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	key, err := wire.ParsePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	_, comment, _ := strings.Cut(string(public), " ")
	if got, err := wire.EncodePublicKey(&key.PublicKey, comment); err != nil || got != string(public) {
		t.Errorf("got %s, %v\nwant %s", got, err, public)
	}
}

func TestParsePrivateKey(t *testing.T) {
	old, err := os.ReadFile("testdata/adbkey.pkcs1")
	if err != nil {
		t.Fatal(err)
	}
	key := testKey(t)
	if got, err := wire.ParsePrivateKey(old); err != nil || !got.Equal(key) {
		t.Errorf("RSA PRIVATE KEY: %v", err)
	}
	text, err := wire.MarshalPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := wire.ParsePrivateKey(text); err != nil || !got.Equal(key) {
		t.Errorf("written by ourselves: %v", err)
	}
	for name, bad := range map[string][]byte{
		"empty":         nil,
		"no PEM":        []byte("hello"),
		"another block": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE"}),
		"empty PKCS#8":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY"}),
		"empty PKCS#1":  pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY"}),
	} {
		if _, err := wire.ParsePrivateKey(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestSignToken(t *testing.T) {
	key := testKey(t)
	token := bytes.Repeat([]byte{0xa5}, wire.TokenSize)
	sig, err := wire.SignToken(key, token)
	if err != nil || len(sig) != wire.SignatureSize {
		t.Fatalf("%d bytes, %v", len(sig), err)
	}
	if err := wire.VerifyToken(&key.PublicKey, token, sig); err != nil {
		t.Error(err)
	}
	token[0]++
	if wire.VerifyToken(&key.PublicKey, token, sig) == nil {
		t.Error("a signature of another token was taken")
	}
	if _, err := wire.SignToken(key, token[1:]); !errors.Is(err, wire.ErrSyntax) {
		t.Errorf("short token: got %v, want ErrSyntax", err)
	}
	if err := wire.VerifyToken(&key.PublicKey, nil, sig); !errors.Is(err, wire.ErrSyntax) {
		t.Errorf("no token: got %v, want ErrSyntax", err)
	}
}

func TestGenerateKey(t *testing.T) {
	key, err := wire.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := wire.EncodePublicKey(&key.PublicKey, "")
	if err != nil || len(text) != 700 {
		t.Fatalf("%d characters, %v; adb's has 700", len(text), err)
	}
	pub, comment, err := wire.ParsePublicKey([]byte(text))
	if err != nil || comment != "" || !pub.Equal(&key.PublicKey) {
		t.Errorf("parsed: %q, %v", comment, err)
	}
}

func TestParsePublicKeyRefuses(t *testing.T) {
	structure := func(change func(b []byte)) []byte {
		key := testKey(t)
		text, err := wire.EncodePublicKey(&key.PublicKey, "")
		if err != nil {
			t.Fatal(err)
		}
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		change(b)
		return []byte(base64.StdEncoding.EncodeToString(b))
	}
	for name, tc := range map[string]struct {
		in   []byte
		want error
	}{
		"empty":        {nil, wire.ErrSyntax},
		"not base64":   {[]byte("!!!! user@host"), wire.ErrSyntax},
		"short":        {[]byte("QAAAAA== user@host"), wire.ErrSyntax},
		"other words":  {structure(func(b []byte) { b[0] = 32 }), wire.ErrSyntax},
		"even modulus": {structure(func(b []byte) { b[8] &^= 1 }), wire.ErrSyntax},
		"small":        {structure(func(b []byte) { b[8+255] = 0 }), wire.ErrSyntax},
		"exponent 0":   {structure(func(b []byte) { b[520], b[522] = 0, 0 }), wire.ErrSyntax},
		"endless":      {bytes.Repeat([]byte("A"), 5000), wire.ErrTooLong},
	} {
		if _, _, err := wire.ParsePublicKey(tc.in); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	key := testKey(t)
	got, err := wire.Fingerprint(&key.PublicKey)
	if want := "56:63:E7:66:0A:11:16:32:7A:40:DE:2B:D8:90:0D:C0"; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}
