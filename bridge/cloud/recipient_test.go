package cloud

import (
	"strings"
	"testing"
)

func TestNumberOf(t *testing.T) {
	const us, de, none = "15550001001", "4915123456789", ""
	met := func(digits string) bool { return digits == "5550001111" }
	for _, tt := range []struct {
		name, to, own, want string // want "" is an error
	}{
		{"plus and country code", "+16505551234", de, "16505551234"},
		{"punctuation", " +1 (650) 555-1234 ", us, "16505551234"},
		{"no-break space", "+1\u00a0650\u00a05551234", us, "16505551234"},
		{"trunk zero in brackets", "+49 (0)1512 3456788", us, "4915123456788"},
		{"Italian numbers keep their zero", "+39 06 6982 1234", us, "390669821234"},
		{"a number that no plan knows, with plus", "+15551230000", de, "15551230000"},
		{"wa_id", "16505551234", de, "16505551234"},
		{"wa_id of another country", "4915123456788", us, "4915123456788"},
		{"wa_id without own number", "4915123456788", none, "4915123456788"},
		{"wa_id of no plan, of the own country", "15551230000", us, "15551230000"},
		{"national, own country code is put before", "6505551234", us, "16505551234"},
		{"national with trunk zero", "01512 3456788", de, "4915123456788"},
		{"own number unknown: taken as it stands", "6505551234", none, "6505551234"},
		{"either reading possible, none valid", "5550001112", us, ""},
		{"either reading possible, but known from a chat", "5550001111", us, "5550001111"},
		{"00", "004915123456788", de, ""},
		{"national trunk zero of another country", "01512 3456788", us, ""},
		{"Brazil, area 11: with the ninth digit", "+5511912345678", us, "5511912345678"},
		{"Brazil, area 11: the old form", "+551191234567", us, "5511991234567"},
		{"Brazil, area 31: with the ninth digit", "+5531991234567", us, "553191234567"},
		{"Brazil, area 31: without", "553191234567", de, "553191234567"},
		{"Brazil, a landline", "+551131234567", us, "551131234567"},
		{"Mexico without 1", "+525512345678", us, "5215512345678"},
		{"Mexico with 1", "5215512345678", de, "5215512345678"},
		{"letters", "+1650CALLME", us, ""},
		{"two plus signs", "++16505551234", us, ""},
		{"other alphabet's digits", "+١٦٥٠٥٥٥١٢٣٤", us, ""},
		{"empty after plus", "+", us, ""},
		{"only punctuation", "( ) -", us, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := numberOf(tt.to, tt.own, met)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("numberOf(%q, %q) = %q, %v, want %q", tt.to, tt.own, got, err, tt.want)
			}
		})
	}
}

func FuzzNumberOf(f *testing.F) {
	for _, s := range []string{"+16505551234", "6505551234", "0049", "+49 (0)170", "55119", "+", "999999999999999"} {
		f.Add(s, "15550001001")
	}
	f.Fuzz(func(t *testing.T, to, own string) {
		if len(own) > 15 {
			return
		}
		got, err := numberOf(to, own, func(string) bool { return false })
		if err == nil && (!isDigits(got) || len(got) < 7 || len(got) > 16 || strings.HasPrefix(got, "0")) {
			t.Errorf("numberOf(%q, %q) = %q", to, own, got)
		}
	})
}
