package wabridge

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSameNumber(t *testing.T) {
	for _, tt := range []struct {
		name, a, b string
		want       bool
	}{
		{"equal", "4917012345", "4917012345", true},
		{"Brazil with and without the ninth digit", "559291234567", "5592991234567", true},
		{"Brazil the other way round", "5592991234567", "559291234567", true},
		{"a Brazilian landline has no ninth digit", "559231234567", "5592931234567", false},
		{"Mexico 52 and 521", "525512345678", "5215512345678", true},
		{"Argentina 54 and 549", "541123456789", "5491123456789", true},
		{"Benin with and without 01", "22990011234", "2290190011234", true},
		{"different", "4917012345", "4917012346", false},
		{"unknown is nobody", "", "", false},
		{"nobody is not unknown", "15550002111", "", false},
		{"unknown is not somebody", "", "15550002111", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := SameNumber(tt.a, tt.b); got != tt.want {
				t.Errorf("SameNumber(%q, %q) = %v, want %v", tt.a, tt.b, got, tt.want)
			}
		})
	}
}

func TestMovesStartOnlyWhereTheyMay(t *testing.T) {
	open := map[State]bool{Queued: true, Sending: true, Unconfirmed: true}
	for _, s := range States {
		if s.Open() != open[s] {
			t.Errorf("%s.Open() = %v", s, s.Open())
		}
	}
	var zero Move
	for name, m := range map[string]Move{
		"claimed":      Claimed(zero.at),
		"interrupted":  Interrupted(zero.at),
		"doubted":      Doubted(zero.at, CodeAmbiguous, ""),
		"absent":       ProvenAbsent(zero.at, zero.at),
		"canceled":     WasCanceled(zero.at),
		"expired":      HasExpired(zero.at),
		"wasSent":      WasSent(zero.at),
		"wasDelivered": WasDelivered(zero.at),
		"wasRead":      WasRead(zero.at),
	} {
		for _, end := range []State{Read, Failed, Expired, Canceled, Received} {
			if m.Legal(end) {
				t.Errorf("%s may start from %s, which is an end", name, end)
			}
		}
	}
}

func TestFormsOfANumberAreOneLine(t *testing.T) {
	for seed := range 2000 {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		n := []string{"54", "52", "55", "229", "49", "1"}[r.IntN(6)]
		for range 6 + r.IntN(8) {
			n += string(rune('0' + r.IntN(10)))
		}
		forms := NumberForms(n)
		for _, f := range forms {
			if !SameNumber(n, f) || !SameNumber(f, n) || Line(f) != Line(n) || CanonicalNumber(f) != CanonicalNumber(n) || len(NumberForms(f)) != len(forms) {
				t.Errorf("%s and %s: lines %s, %s; canonical %s, %s", n, f, Line(n), Line(f), CanonicalNumber(n), CanonicalNumber(f))
			}
		}
		if !slices.Contains(forms, CanonicalNumber(n)) {
			t.Errorf("the canonical form of %s, %s, is none of %v", n, CanonicalNumber(n), forms)
		}
	}
}
