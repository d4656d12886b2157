package uiauto

import "testing"

func TestSame(t *testing.T) {
	cases := []struct {
		name, a, b string
		want       bool
	}{
		{"case", "LEARN MORE", "Learn more", true},
		{"Turkish dotted capital", "İPTAL", "iptal", true},
		{"Turkish dotless", "ŞIMDI", "şimdi", true},
		{"German ellipsis with a no-break space", "Suche läuft\u00a0…", "Suche läuft ...", true},
		{"ellipsis", "Searching…", "searching...", true},
		{"apostrophes", "isn’t", "isn't", true},
		{"Arabic with its mark", "\u200fإلغاء", "إلغاء", true},
		{"isolates", "\u2068OK\u2069", "ok", true},
		{"narrow blank and runs of blanks", "~\u202fAnna  B\n", "~ Anna B", true},
		{"Hindi nukta in both forms", "ढूँढ\u093cा", "ढूँ\u095dा", true},
		{"a part is not the whole", "Looking", "OK", false},
		{"final punctuation", "Recherche en cours..", "Recherche en cours…", true},
		{"a full stop in Hindi", "अधिक जानकारी के लिए टैप करें।", "अधिक जानकारी के लिए टैप करें.", true},
		{"punctuation inside counts", "No. Thanks", "No thanks", false},
		{"nothing but punctuation", "...", "!", false},
		{"quotation marks", "Toque em „Baixar“", "toque em \"baixar\"", true},
		{"zero width joiner counts", "👨\u200d👩", "👨👩", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Same(c.a, c.b); got != c.want {
				t.Errorf("got %v: %q, %q", got, Fold(c.a), Fold(c.b))
			}
		})
	}
}

func TestDigits(t *testing.T) {
	if got := Digits("\u200e+٥٥ (९२) ۹3-16"); got != "55929316" {
		t.Errorf("got %q", got)
	}
	if got := ASCIIDigits("a٣b"); got != "a3b" {
		t.Errorf("got %q", got)
	}
}

func TestTemplate(t *testing.T) {
	cases := []struct {
		name, template, shown string
		want                  []string // nil: no match
	}{
		{"a number inside", "O número de telefone %s não está no WhatsApp.", "O número de telefone +55 99 99999-9999 não está no WhatsApp.", []string{"+55 99 99999-9999"}},
		{"at the beginning, with a mark", "%s telefon numarası WhatsApp kullanmıyor.", "\u200e\u2068+90 555\u2069 telefon numarası WhatsApp kullanmıyor.", []string{"+90 555"}},
		{"numbered, other order", "%2$d sohbetten %1$s", "3 sohbetten 5 mesaj", []string{"5 mesaj", "3"}},
		{"a count in brackets behind a name with brackets", "%1$s (%2$d messages)", "A (b) (2 messages)", []string{"A (b)", "2"}},
		{"Arabic digits", "رسالة %d غير مقروءة", "\u200fرسالة ٣ غير مقروءة", []string{"٣"}},
		{"thousands", "%d messages", "1,234 messages", []string{"1,234"}},
		{"a count that is none", "%d messages", "many messages", nil},
		{"a count of separators only", "%d messages", ". messages", nil},
		{"an empty value", "Chat with %s?", "Chat with ?", nil},
		{"text before it", "%d messages", "x 3 messages", nil},
		{"text behind it", "%d messages", "3 messages more", nil},
		{"punctuation behind it", "%d messages", "3 messages.", []string{"3"}},
		{"open end", "You're banned because […]", "You’re banned because of spam", []string{}},
		{"open end behind a place", "Version %s ended […]", "Version 2.1 ended on Monday", []string{"2.1"}},
		{"a count before an open end", "%d new […]", "3 new things", []string{"3"}},
		{"no place", "OK", "ok", []string{}},
		{"two places next to each other", "%1$s %2$s: new", "a b: new", []string{"a", "b"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tm, err := CompileTemplate(c.template)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := tm.Match(c.shown)
			if ok != (c.want != nil) || len(got) != len(c.want) {
				t.Fatalf("got %q, %v, want %q", got, ok, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}

func TestCompileTemplateRefuses(t *testing.T) {
	for _, s := range []string{"", " ", "%s", "[…]", "100% sure", "%x", "%9$s x", "%1$s%1$s%1$s%1$s%1$s x"} {
		if tm, err := CompileTemplate(s); err == nil {
			t.Errorf("%q: got %+v", s, tm)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add("%1$s (%2$d messages)", "A (b) (2 messages)")
	f.Add("%s %s %s %s!", "a a a a a a a a a a a a a a a a a a")
	f.Add("\u200f%d[…]x […]", "٣ ")
	f.Fuzz(func(t *testing.T, template, shown string) {
		tm, err := CompileTemplate(template)
		if err != nil {
			return
		}
		values, ok := tm.Match(shown)
		if !ok {
			return
		}
		for _, v := range values {
			if v == "" && tm.Places() == len(values) {
				t.Errorf("an empty value of %q in %q", template, shown)
			}
		}
	})
}
