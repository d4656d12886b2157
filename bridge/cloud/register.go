package cloud

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// Limits of registering. The first is the Cloud API's (contract, section 4);
// how fast a PIN may be guessed Meta does not publish, and is our own.
const (
	registerCalls  = 10
	registerWindow = 72 * time.Hour
	pinTries       = 5
	pinLock        = time.Hour       // after pinTries wrong ones
	pinWait        = 5 * time.Second // after each wrong one
)

// register is POST /{phone}/register: the number takes messages again. The
// account itself lives on the phone; what WhatsApp thinks of it is not changed.
func (a *api) register(w http.ResponseWriter, r *http.Request) error {
	phone, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	if err := p.product(); err != nil {
		return err
	}
	pin, err := p.pin()
	if err != nil {
		return err
	}
	if pin == "" {
		return required("pin", "give the six digits of the two-step verification, or new ones if there are none yet")
	}
	live, err := a.Store.Phone(r.Context(), phone.ID)
	if err != nil {
		return err
	}
	if live.State == wabridge.PhoneAttention && live.Code == wabridge.CodeNotRegistered {
		return refuse(wabridge.CodeReverify, "WhatsApp on the phone is logged out: verify the number in the app there")
	}
	var refused error
	err = revise(r.Context(), a.Store, queue.ObjectRegistration, phone.ID, "phone", func(reg *queue.Registration) error {
		refused = registered(reg, pin, time.Now())
		return nil // also what was refused is remembered: wrong PINs count
	})
	a.phones.forget(phone.ID)
	if err != nil || refused != nil {
		return cmpError(err, refused)
	}
	return succeed(w)
}

// cmpError is the first error.
func cmpError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// registered makes the change of a registration, or says why not. It is a pure
// function but for the hash of a new PIN.
func registered(reg *queue.Registration, pin string, now time.Time) error {
	if err := called(reg, now); err != nil {
		return err
	}
	if reg.PIN == "" {
		reg.PIN = hashPIN(pin)
	} else if err := guess(reg, pin, now); err != nil {
		return err
	}
	reg.Deregistered, reg.Wrong, reg.WrongAt = false, 0, time.Time{}
	return nil
}

// called counts a call of register or deregister.
func called(reg *queue.Registration, now time.Time) error {
	reg.Calls = slices.DeleteFunc(reg.Calls, func(t time.Time) bool { return now.Sub(t) >= registerWindow || t.After(now) })
	if len(reg.Calls) >= registerCalls {
		return refuse(wabridge.CodeRegisterLimit, "this number was registered and deregistered %d times in 72 hours: try again after %s",
			registerCalls, reg.Calls[0].Add(registerWindow).UTC().Format(time.RFC3339))
	}
	reg.Calls = append(reg.Calls, now)
	return nil
}

// guess compares a PIN with the stored one, and counts wrong ones.
func guess(reg *queue.Registration, pin string, now time.Time) error {
	since := now.Sub(reg.WrongAt)
	switch {
	case reg.Wrong >= pinTries && since >= 0 && since < pinLock:
		return refuse(wabridge.CodePINLocked, "pin: %d wrong ones; wait an hour, or set a new PIN with POST /{phone_number_id}", reg.Wrong)
	case reg.Wrong > 0 && since >= 0 && since < pinWait:
		return refuse(wabridge.CodePINFast, "pin: wait 5 seconds after a wrong one")
	case samePIN(reg.PIN, pin):
		return nil
	}
	if reg.Wrong++; since >= pinLock {
		reg.Wrong = 1
	}
	reg.WrongAt = now
	return refuse(wabridge.CodePIN, "pin: it is not the one that was set; set a new one with POST /{phone_number_id}")
}

// deregister is POST /{phone}/deregister: the number takes no messages through
// this API any more. What was accepted goes out; what comes in is recorded.
func (a *api) deregister(w http.ResponseWriter, r *http.Request) error {
	phone, _, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	err = revise(r.Context(), a.Store, queue.ObjectRegistration, phone.ID, "phone", func(reg *queue.Registration) error {
		if reg.Deregistered {
			return refuse(wabridge.CodeNotRegistered, "this number is deregistered already")
		}
		if err := called(reg, time.Now()); err != nil {
			return err
		}
		reg.Deregistered = true
		return nil
	})
	a.phones.forget(phone.ID)
	if err != nil {
		return err
	}
	return succeed(w)
}

// pin reads a PIN of six digits; "" if there is none.
func (p params) pin() (string, error) {
	pin, err := p.text("pin")
	if err != nil || pin == "" {
		return "", err
	}
	if len(pin) != 6 || !isDigits(pin) {
		return "", say(wabridge.CodeParameter, "(#100) Param pin must be 6 digits long.", "pin: give six digits, as a string")
	}
	return pin, nil
}

const pinRounds = 50_000

// hashPIN hides a PIN. Six digits can be found from any hash; it guards no
// more than this server's own register call.
func hashPIN(pin string) string {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails since Go 1.24
	return base64.RawStdEncoding.EncodeToString(salt) + "$" + derived(pin, salt)
}

func derived(pin string, salt []byte) string {
	key, _ := pbkdf2.Key(sha256.New, pin, salt, pinRounds, 32) // fails on silly lengths only
	return base64.RawStdEncoding.EncodeToString(key)
}

func samePIN(stored, pin string) bool {
	salt, hash, _ := strings.Cut(stored, "$")
	raw, err := base64.RawStdEncoding.DecodeString(salt)
	return err == nil && subtle.ConstantTimeCompare([]byte(derived(pin, raw)), []byte(hash)) == 1
}

// requestCode is POST /{phone}/request_code. The number is verified on the
// phone itself, so there is never a code to ask for.
func (a *api) requestCode(w http.ResponseWriter, r *http.Request) error {
	phone, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	method, err := p.text("code_method")
	if err != nil {
		return err
	}
	if methods := []string{"SMS", "VOICE"}; method == "" {
		return required("code_method", "set it to SMS or VOICE")
	} else if !slices.Contains(methods, strings.ToUpper(method)) {
		return oneOf("code_method", methods, method)
	}
	if !p.has("language") && !p.has("locale") {
		return required("language", "give a language like en_US")
	}
	return refuse(wabridge.CodeRequestCode, "%s", codeIsNoUse(phone))
}

// verifyCode is POST /{phone}/verify_code.
func (a *api) verifyCode(w http.ResponseWriter, r *http.Request) error {
	phone, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	code, err := p.text("code")
	if err != nil {
		return err
	}
	if code == "" {
		return required("code", "give the code that was received")
	}
	return refuse(wabridge.CodeVerifyCode, "%s", codeIsNoUse(phone))
}

func codeIsNoUse(phone wabridge.Phone) string {
	if verification(phone) == "VERIFIED" {
		return "the number is verified already: WhatsApp runs with it on the phone"
	}
	return "the number is verified in WhatsApp on the phone itself; open the app there"
}
