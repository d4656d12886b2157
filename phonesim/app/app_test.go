package app

import (
	"reflect"
	"strings"
	"testing"
)

func TestBubblesShowMarksAsFormatting(t *testing.T) {
	for in, want := range map[string]string{
		"*bold*":                 "bold",
		"a *b c* d":              "a b c d",
		"_i_ ~s~ ```m```":        "i s m",
		"2*3*4":                  "2*3*4",
		"snake_case_name":        "snake_case_name",
		"* a *":                  "* a *",
		"*not\nacross*":          "*not\nacross*",
		"*open":                  "*open",
		"**":                     "**",
		"(*x*)!":                 "(x)!",
		"*a* and *b*":            "a and b",
		"*_both_*":               "both",
		"nothing here":           "nothing here",
		"price: 5* (*see below)": "price: 5* (*see below)",
	} {
		if got := plainText(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestPlurals(t *testing.T) {
	ru := locales["ru"].messages
	for n, want := range map[int]string{1: ru[0], 21: ru[0], 2: ru[1], 24: ru[1], 5: ru[2], 11: ru[2], 12: ru[2], 112: ru[2], 0: ru[2]} {
		if got := plural(ru, n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestEveryLanguageHasEveryWord(t *testing.T) {
	for name, w := range locales {
		for what, s := range map[string]string{"placeholder": w.placeholder, "notOn": w.notOnF, "searching": w.searching, "eula": w.eulaButton, "ban": w.banTitle,
			"tooOld": w.tooOldF, "restricted": w.restricted, "readMore": w.readMore, "confirm": w.openConfirmF, "date": w.dateF} {
			if s == "" {
				t.Errorf("%s lacks %s", name, what)
			}
		}
		if len(w.months) != 12 || len(w.tabs) != 4 || len(w.media) != 11 {
			t.Errorf("%s: %d months, %d tabs, %d media words", name, len(w.months), len(w.tabs), len(w.media))
		}
	}
}

func TestLinks(t *testing.T) {
	for in, want := range map[string]link{
		"https://wa.me/15550001002":                                     {digits: "15550001002"},
		"https://wa.me/+1-555/?text=a%20b%0Ac":                          {digits: "1555", text: "a b\nc", hasTxt: true},
		"http://wa.me/1?text=":                                          {digits: "1", hasTxt: true},
		"https://api.whatsapp.com/send?phone=1555&text=%26%3D%23%3Bx;y": {digits: "1555", text: "&=#;x;y", hasTxt: true},
		"whatsapp://send?phone=%2B1555":                                 {digits: "1555"},
		"https://wa.me/1?text=%E0%A4%A4%F0%9F%98%80":                    {digits: "1", text: "त😀", hasTxt: true},
	} {
		got, ok := parseLink(in)
		if !ok || got != want {
			t.Errorf("%s: got %+v, %t; want %+v", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "https://example.com/1", "tel:1", "whatsapp://chat", "https://wa.me/%zz", ":"} {
		if got, ok := parseLink(in); ok {
			t.Errorf("%q was taken: %+v", in, got)
		}
	}
}

func FuzzLinkAndFormat(f *testing.F) {
	for _, s := range []string{"https://wa.me/1?text=*a*", "whatsapp://send?phone=1&text=%", "```*_~", "*\xff*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parseLink(s)
		if got := plainText(s); len(got) > len(s) {
			t.Errorf("%q grew to %q", s, got)
		}
		if text, cut := fold(s, "more"); cut != strings.HasSuffix(text, "… more") && !strings.HasSuffix(s, "… more") {
			t.Errorf("cut %t, %q", cut, text)
		}
		oneLine(s, rowText)
		measure(s, bubbleMax)
	})
}

func FuzzFiles(f *testing.F) {
	f.Add([]byte("BEGIN:VCARD\r\nFN;X=Y:A B\r\nEND:VCARD"), "image/jpeg")
	f.Add([]byte("\xff\xd8\xff"), "text/x-vcard")
	f.Add([]byte("\x89PNG\r\n\x1a\n"), "/")
	f.Fuzz(func(t *testing.T, data []byte, mimeType string) {
		file := newFile(kindOf(mimeType), mimeType, "a", data)
		if s := file.sent("x"); s.Size != int64(len(data)) || len(s.SHA256) != 64 {
			t.Errorf("%+v of %d bytes", s, len(data))
		}
	})
}

func TestFileSizes(t *testing.T) {
	for n, want := range map[int][2]string{0: {"0 B", "0 B"}, 999: {"999 B", "999 B"}, 162_400: {"162 kB", "162 kB"}, 3_300_000: {"3.3 MB", "3,3 MB"}, 2_100_000_000: {"2.1 GB", "2,1 GB"}} {
		if got := [2]string{fileSize(n, "en"), fileSize(n, "pt")}; got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestEveryLanguageHasEveryFileWord(t *testing.T) {
	for name, w := range fileLocales {
		v := reflect.ValueOf(*w)
		for i := range v.NumField() {
			if v.Field(i).String() == "" {
				t.Errorf("%s lacks %s", name, v.Type().Field(i).Name)
			}
		}
	}
	if len(fileLocales) != len(locales) {
		t.Errorf("%d languages, want %d", len(fileLocales), len(locales))
	}
}
