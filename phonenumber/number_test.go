package phonenumber

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/wabridge/wabridge"
)

func TestParse(t *testing.T) {
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
		{"Argentina without 9", "+541123456789", us, "5491123456789"},
		{"Argentina with 9", "5491123456789", de, "5491123456789"},
		{"Argentina, as people there write it", "011 15-2345-6789", "5491187654321", "5491123456789"},
		{"Benin before 2024", "+22990011234", us, "2290190011234"},
		{"trunk zero after the country code", "+972-050-1234567", us, "972501234567"},
		{"trunk zero after the country code, without plus", "9720501234567", us, "972501234567"},
		{"marks of direction around it", "\u202a+49 1512 3456788\u202c", us, "4915123456788"},
		{"hyphens that do not break", "+1 650\u2011555\u20111234", us, "16505551234"},
		{"a number of a spreadsheet", "4915123456788.0", us, ""},
		{"no country has this code", "+999123456789", us, ""},
		{"letters", "+1650CALLME", us, ""},
		{"two plus signs", "++16505551234", us, ""},
		{"other alphabet's digits", "+١٦٥٠٥٥٥١٢٣٤", us, ""},
		{"empty after plus", "+", us, ""},
		{"only punctuation", "( ) -", us, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.to, tt.own, met)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("Parse(%q, %q) = %q, %v, want %q", tt.to, tt.own, got, err, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"+16505551234", "6505551234", "0049", "+49 (0)170", "55119", "+", "999999999999999"} {
		f.Add(s, "15550001001")
	}
	f.Fuzz(func(t *testing.T, to, own string) {
		if len(own) > 15 {
			return
		}
		got, err := Parse(to, own, func(string) bool { return false })
		if err == nil && (got != wabridge.Digits(got) || len(got) < 7 || len(got) > 16 || strings.HasPrefix(got, "0")) {
			t.Errorf("Parse(%q, %q) = %q", to, own, got)
		}
		if err != nil {
			return
		}
		if again, err := Parse("+"+got, own, nil); err != nil || again != got {
			t.Errorf("Parse(%q, %q) = %q, which is read as %q, %v", to, own, got, again, err)
		}
	})
}

// lines are made-up numbers of countries with habits of their own: the
// canonical digits, then ways in which people write them abroad and at home.
var lines = []struct {
	own, digits  string
	abroad, home []string // without "+" the home forms need the own number
}{
	{"5491187654321", "5491123456789", []string{"541123456789", "5491123456789"}, []string{"01123456789", "01115 23456789"}},
	{"5215587654321", "5215512345678", []string{"525512345678", "5215512345678"}, []string{"5512345678"}},
	{"5511987654321", "5511991234567", []string{"5511991234567", "551191234567"}, []string{"011991234567", "11991234567"}},
	{"553191234568", "553191234567", []string{"5531991234567", "553191234567"}, []string{"031991234567"}},
	{"22990011235", "2290190011234", []string{"22990011234", "2290190011234"}, []string{"0190011234"}},
	{"4915123456789", "4915123456788", []string{"4915123456788", "49 (0)15123456788"}, []string{"015123456788"}},
	{"972501234568", "972501234567", []string{"972501234567", "972-050-1234567"}, []string{"0501234567"}},
	{"390669821235", "390669821234", []string{"390669821234"}, []string{"0669821234"}},
	{"393331234568", "393331234567", []string{"393331234567"}, []string{"3331234567"}},
	{"79161234568", "79161234567", []string{"79161234567"}, []string{"89161234567"}},
	{"16505551235", "16505551234", []string{"16505551234"}, []string{"6505551234"}},
	{"447400123457", "447400123456", []string{"447400123456", "44 (0)7400123456"}, []string{"07400123456"}},
	{"33612345679", "33612345678", []string{"33612345678", "33 (0)6 12345678"}, []string{"0612345678"}},
	{"61412345679", "61412345678", []string{"61412345678", "61 (0)412345678"}, []string{"0412345678"}},
	{"819012345679", "819012345678", []string{"819012345678", "81 (0)9012345678"}, []string{"09012345678"}},
	{"919876543211", "919876543210", []string{"919876543210"}, []string{"09876543210", "9876543210"}},
	{"3706123456", "37061234567", []string{"37061234567"}, []string{"061234567"}},
}

// spelling writes digits with random punctuation.
func spelling(r *rand.Rand, digits string) string {
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && r.IntN(4) == 0 && c >= '0' && c <= '9' {
			b.WriteString([]string{" ", "-", "\u00a0", "\u2011", "\u202f"}[r.IntN(5)])
		}
		b.WriteRune(c)
	}
	return []string{"", " ", "\u202a"}[r.IntN(3)] + b.String() + []string{"", " ", "\u202c"}[r.IntN(3)]
}

func TestRandomSpellingsOfOneLineAreOneNumber(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	for range 5000 {
		l := lines[r.IntN(len(lines))]
		text, own := "", l.own
		switch r.IntN(3) {
		case 0:
			text, own = spelling(r, "+"+l.abroad[r.IntN(len(l.abroad))]), lines[r.IntN(len(lines))].own
		case 1:
			text = spelling(r, l.digits) // as wa_id
		default:
			text = spelling(r, l.home[r.IntN(len(l.home))])
		}
		if got, err := Parse(text, own, nil); got != l.digits {
			t.Fatalf("seed %d: Parse(%q, %q) = %q, %v, want %q", seed, text, own, got, err, l.digits)
		}
	}
}

func TestParseOwn(t *testing.T) {
	for in, want := range map[string]string{
		"+49 (0)151 2345 6788": "4915123456788", "0049 151 23456788": "4915123456788", "4915123456788": "4915123456788",
		"+5215512345678": "5215512345678", "+5531991234567": "5531991234567", "0151 23456788": "", "x": "", "": "",
	} {
		if got, err := ParseOwn(in); got != want || (err == nil) != (want != "") {
			t.Errorf("ParseOwn(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}
