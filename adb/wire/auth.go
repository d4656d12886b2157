package wire

import (
	"bytes"
	"crypto"
	"crypto/md5" //nolint:gosec // the fingerprint that Android's dialog shows is MD5
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Sizes of the authentication.
const (
	TokenSize     = 20
	SignatureSize = 256
	keyBits       = 2048
	keyBytes      = keyBits / 8
	// PublicKeySize is the size of Android's public key structure:
	// words, n0inv, modulus, RR, exponent.
	PublicKeySize = 4 + 4 + keyBytes + keyBytes + 4
)

// GenerateKey makes a new key of the only kind that adbd takes, RSA-2048.
func GenerateKey() (*rsa.PrivateKey, error) {
	return rsa.GenerateKey(rand.Reader, keyBits)
}

// ParsePrivateKey reads the PEM of an adbkey file, either PKCS#8 ("PRIVATE
// KEY") or the older "RSA PRIVATE KEY". Only RSA-2048 is accepted.
func ParsePrivateKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("adb key: no PEM block")
	}
	key, err := parseKeyBlock(block)
	if err != nil {
		return nil, fmt.Errorf("adb key: %w", err)
	}
	if key.N.BitLen() != keyBits {
		return nil, fmt.Errorf("adb key: %d bits, adb needs %d", key.N.BitLen(), keyBits)
	}
	return key, nil
}

func parseKeyBlock(block *pem.Block) (*rsa.PrivateKey, error) {
	switch block.Type {
	case "PRIVATE KEY":
		any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		key, ok := any.(*rsa.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("%T instead of RSA", any)
		}
		return key, nil
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	return nil, fmt.Errorf("PEM block %q", block.Type)
}

// MarshalPrivateKey is the PEM (PKCS#8) of an adbkey file. Write it with
// mode 0600.
func MarshalPrivateKey(key *rsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("adb key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// SignToken answers an AUTH token: a PKCS#1 v1.5 signature that takes the token
// as if it were a SHA-1 digest.
func SignToken(key *rsa.PrivateKey, token []byte) ([]byte, error) {
	if len(token) != TokenSize {
		return nil, syntax("auth token of %d bytes", len(token))
	}
	return rsa.SignPKCS1v15(nil, key, crypto.SHA1, token)
}

// VerifyToken returns nil when signature was made by SignToken with pub's
// private half.
func VerifyToken(pub *rsa.PublicKey, token, signature []byte) error {
	if len(token) != TokenSize {
		return syntax("auth token of %d bytes", len(token))
	}
	return rsa.VerifyPKCS1v15(pub, crypto.SHA1, token, signature)
}

// EncodePublicKey is the text of adbkey.pub and the payload of AuthPublicKey
// without its NUL: base64 of Android's structure, a blank, the comment
// (user@host).
func EncodePublicKey(pub *rsa.PublicKey, comment string) (string, error) {
	b, err := marshalPublicKey(pub)
	if err != nil {
		return "", err
	}
	text := base64.StdEncoding.EncodeToString(b)
	if comment != "" {
		text += " " + comment
	}
	return text, nil
}

// marshalPublicKey makes the structure of AOSP's android_pubkey.cpp, in little
// endian: u32 64; u32 2^32 - N^-1 mod 2^32; N; RR = 2^4096 mod N; u32 exponent.
func marshalPublicKey(pub *rsa.PublicKey) ([]byte, error) {
	if pub.N.BitLen() != keyBits || pub.N.Bit(0) == 0 {
		return nil, fmt.Errorf("adb public key: %d bits, adb needs an odd modulus of %d", pub.N.BitLen(), keyBits)
	}
	word := new(big.Int).Lsh(big.NewInt(1), 32)
	inverse := new(big.Int).ModInverse(new(big.Int).Mod(pub.N, word), word)
	n0inv := new(big.Int).Sub(word, inverse)
	rr := new(big.Int).Lsh(big.NewInt(1), 2*keyBits)
	rr.Mod(rr, pub.N)

	b := make([]byte, 0, PublicKeySize)
	b = binary.LittleEndian.AppendUint32(b, keyBytes/4)
	b = binary.LittleEndian.AppendUint32(b, uint32(n0inv.Uint64()))
	b = append(b, littleEndian(pub.N)...)
	b = append(b, littleEndian(rr)...)
	return binary.LittleEndian.AppendUint32(b, uint32(pub.E)), nil
}

func littleEndian(n *big.Int) []byte {
	b := n.FillBytes(make([]byte, keyBytes))
	slices.Reverse(b)
	return b
}

// ParsePublicKey reads the text of adbkey.pub or the payload of AuthPublicKey
// (with or without its NUL) and returns the key and its comment. As adbd does,
// it takes modulus and exponent and ignores the precomputed numbers.
func ParsePublicKey(text []byte) (*rsa.PublicKey, string, error) {
	if len(text) > MaxHandshakeData {
		return nil, "", tooLong("public key", uint64(len(text)), MaxHandshakeData)
	}
	trimmed := strings.TrimSpace(string(bytes.TrimRight(text, "\x00")))
	code, comment, _ := strings.Cut(trimmed, " ")
	b, err := base64.StdEncoding.DecodeString(code)
	if err != nil {
		return nil, "", syntax("public key is not base64")
	}
	if len(b) != PublicKeySize || binary.LittleEndian.Uint32(b) != keyBytes/4 {
		return nil, "", syntax("public key structure of %d bytes", len(b))
	}
	modulus := slices.Clone(b[8 : 8+keyBytes])
	slices.Reverse(modulus)
	pub := &rsa.PublicKey{
		N: new(big.Int).SetBytes(modulus),
		E: int(binary.LittleEndian.Uint32(b[PublicKeySize-4:])),
	}
	if pub.N.BitLen() != keyBits || pub.N.Bit(0) == 0 || (pub.E != 3 && pub.E != 65537) {
		return nil, "", syntax("public key with modulus of %d bits, exponent %d", pub.N.BitLen(), pub.E)
	}
	return pub, strings.TrimSpace(comment), nil
}

// Fingerprint is what Android's "Allow USB debugging?" dialog shows for a key:
// MD5 of the public key structure, in upper hex with colons
// (getFingerprints in AOSP's UsbDebuggingManager.java; not verified on a phone).
func Fingerprint(pub *rsa.PublicKey) (string, error) {
	b, err := marshalPublicKey(pub)
	if err != nil {
		return "", err
	}
	sum := md5.Sum(b) //nolint:gosec // see the import
	parts := make([]string, len(sum))
	for i, c := range sum {
		parts[i] = fmt.Sprintf("%02X", c)
	}
	return strings.Join(parts, ":"), nil
}
