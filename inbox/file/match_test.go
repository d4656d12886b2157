package file

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabridge/wabridge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// at is noon and some seconds.
func at(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

// waits is a message of a chat, at some second after noon.
func waits(chat string, second float64, change ...func(*want)) want {
	w := newWant(wabridge.Message{ID: chat, Chat: chat, Type: image, Created: at(second), Source: "notification", Media: &wabridge.Media{}}, 0)
	for _, f := range change {
		f(&w)
	}
	return w
}

func here(w *want)                    { w.here, w.told = true, true }
func tells(w *want)                   { w.told = true }
func ghost(w *want)                   { w.ghost = true }
func named(name string) func(*want)   { return func(w *want) { w.name = name } }
func lasting(seconds int) func(*want) { return func(w *want) { w.seconds = seconds } }
func fileAt(name string, s int) Entry {
	return Entry{Path: "/x/" + name, Size: 1, Time: at(float64(s))}
}
func noteOf(name string, s, n int) Entry { e := fileAt(name, s); e.Seconds = n; return e }

func TestMatch(t *testing.T) {
	for name, c := range map[string]struct {
		wants []want
		files []Entry
		want  string // "chat=file", in the order of chats
	}{
		"one and one":                              {[]want{waits("a", 0)}, []Entry{fileAt("1", 1)}, "a=1"},
		"nothing came":                             {[]want{waits("a", 0)}, nil, ""},
		"a file from before the message":           {[]want{waits("a", 10)}, []Entry{fileAt("1", 7)}, ""},
		"the second that clocks cut off":           {[]want{waits("a", 10)}, []Entry{fileAt("1", 8)}, "a=1"},
		"one message, two files":                   {[]want{waits("a", 0)}, []Entry{fileAt("1", 1), fileAt("2", 2)}, ""},
		"two chats, one file":                      {[]want{waits("a", 0), waits("b", 0)}, []Entry{fileAt("1", 1)}, ""},
		"two chats, two files":                     {[]want{waits("a", 0), waits("b", 0)}, []Entry{fileAt("1", 1), fileAt("2", 2)}, ""},
		"two chats, far apart":                     {[]want{waits("a", 0), waits("b", 20)}, []Entry{fileAt("1", 1)}, "a=1"},
		"the later one's file came":                {[]want{waits("a", 0), waits("b", 20)}, []Entry{fileAt("2", 21)}, ""},
		"far apart, both came late":                {[]want{waits("a", 0), waits("b", 20)}, []Entry{fileAt("1", 22), fileAt("2", 23)}, ""},
		"one chat, two of each":                    {[]want{waits("a", 0), waits("a", 1)}, []Entry{fileAt("2", 3), fileAt("1", 2)}, "a=1 a=2"},
		"one chat, counters count":                 {[]want{waits("a", 0), waits("a", 1)}, []Entry{fileAt("IMG-20260131-WA0008.jpg", 2), fileAt("IMG-20260131-WA0007.jpg", 3)}, "a=IMG-20260131-WA0007.jpg a=IMG-20260131-WA0008.jpg"},
		"one chat, one is missing":                 {[]want{waits("a", 0), waits("a", 1)}, []Entry{fileAt("1", 2)}, ""},
		"the phone has the file of one":            {[]want{waits("a", 0, tells), waits("b", 0, here)}, []Entry{fileAt("1", 1)}, "b=1"},
		"two have theirs, one came (sent by both)": {[]want{waits("a", 0, here), waits("b", 0, here)}, []Entry{fileAt("1", 1)}, ""},
		"and then that of the other":               {[]want{waits("a", 0, here)}, []Entry{fileAt("2", 2)}, "a=2"},
		"it has both, one is too old for b":        {[]want{waits("a", 0, here), waits("b", 20, here)}, []Entry{fileAt("1", 1), fileAt("2", 21)}, "a=1 b=2"},
		"it has both, they cannot be told apart":   {[]want{waits("a", 0, here), waits("b", 0, here)}, []Entry{fileAt("1", 1), fileAt("2", 1)}, ""},
		"it tells of pictures, and not of this":    {[]want{waits("a", 0, tells)}, []Entry{fileAt("1", 1)}, ""},
		"one who waits no longer may be the owner": {[]want{waits("g", 0, ghost), waits("b", 0)}, []Entry{fileAt("1", 1)}, ""},
		"one who waits no longer, and his file":    {[]want{waits("g", 0, ghost), waits("b", 60)}, []Entry{fileAt("1", 1)}, "g=1"},
		"documents by name":                        {[]want{waits("a", 0, named("a.pdf")), waits("b", 0, named("b.pdf"))}, []Entry{fileAt("b.pdf", 1), fileAt("a.pdf", 1), fileAt("c.pdf", 1)}, "a=a.pdf b=b.pdf"},
		"one name twice in two chats":              {[]want{waits("a", 0, named("a.pdf")), waits("b", 0, named("a.pdf"))}, []Entry{fileAt("a.pdf", 1), fileAt("a (1).pdf", 1)}, ""},
		"one name twice in one chat":               {[]want{waits("a", 0, named("a.pdf")), waits("a", 0, named("a.pdf"))}, []Entry{fileAt("a.pdf", 1), fileAt("a (1).pdf", 2)}, "a=a (1).pdf a=a.pdf"},
		"voices by length":                         {[]want{waits("a", 0, lasting(5)), waits("b", 0, lasting(9))}, []Entry{noteOf("1", 1, 9), noteOf("2", 1, 5)}, "a=2 b=1"},
		"voices of like length":                    {[]want{waits("a", 0, lasting(5)), waits("b", 0, lasting(6))}, []Entry{noteOf("1", 1, 5), noteOf("2", 1, 6)}, ""},
		"a voice of another length":                {[]want{waits("a", 0, lasting(5))}, []Entry{noteOf("1", 1, 8)}, ""},
		"a length that nobody knows":               {[]want{waits("a", 0, lasting(5))}, []Entry{noteOf("1", 1, 0)}, "a=1"},
	} {
		var got []string
		for _, p := range match(c.wants, c.files) {
			got = append(got, c.wants[p.want].chat+"="+c.files[p.file].Path[3:])
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: got %q, want %q", name, s, c.want)
		}
	}
}

// TestMatchNeverGivesAwayAnothersFile plays many stories: messages of several
// chats, files that come late, in another order, or never. Where the phone
// tells of files, and where every message's file came, nobody gets a file that
// is not his own.
func TestMatchNeverGivesAwayAnothersFile(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	given := 0
	for range 20000 {
		n := 1 + rng.IntN(5)
		tells, complete := rng.IntN(2) == 0, rng.IntN(2) == 0
		now := rng.IntN(60)
		var wants []want
		var files []Entry
		owner := map[string]string{}
		for i := range n {
			chat, sent := fmt.Sprintf("chat%d", rng.IntN(3)), rng.IntN(40)
			came := sent + rng.IntN(20)
			if !complete && rng.IntN(3) == 0 {
				came = 1 << 20
			}
			w := waits(chat, float64(sent))
			w.told, w.here = tells, tells && came <= now
			if sent <= now {
				wants = append(wants, w)
			}
			if came <= now || complete {
				f := fileAt(fmt.Sprint(i), came)
				files, owner[f.Path] = append(files, f), chat
			}
		}
		if complete { // all is there, and all have been heard of
			now = 1 << 10
		}
		if complete && len(wants) < n || !tells && !complete {
			continue
		}
		for i := range wants {
			wants[i].here = tells && (complete || wants[i].here)
		}
		for _, p := range match(wants, files) {
			given++
			if owner[files[p.file].Path] != wants[p.want].chat {
				t.Fatalf("%+v got %+v of %s; all: %+v, %+v", wants[p.want], files[p.file], owner[files[p.file].Path], wants, files)
			}
		}
	}
	if given < 1000 {
		t.Errorf("only %d files were given at all", given)
	}
}

func TestWantsOfAClockThatIsWrong(t *testing.T) {
	m := wabridge.Message{Type: image, Created: noon, Media: &wabridge.Media{}}
	for ahead, want := range map[time.Duration]time.Time{
		0: at(-2), time.Hour: at(-2), -time.Hour: noon.Add(-time.Hour - before),
	} {
		if got := newWant(m, ahead).since; !got.Equal(want) {
			t.Errorf("phone ahead by %v: since %v, want %v", ahead, got, want)
		}
	}
	m.Created, m.Source = at(59), "screen"
	if got := newWant(m, 0).since; !got.Equal(at(-2)) {
		t.Errorf("of a screen: since %v, want the minute's beginning", got)
	}
	m = wabridge.Message{Type: audio, Text: "🎤 Voice message (1:05)", Group: "1@g.us", Chat: "1@g.us", Name: "Ann", Media: &wabridge.Media{Voice: true}}
	if w := newWant(m, 0); w.kind != voice || w.seconds != 65 || w.chat == m.Chat {
		t.Errorf("a voice note in a group: got %+v", w)
	}
}

func TestSameName(t *testing.T) {
	for _, c := range []struct {
		name, file string
		want       bool
	}{
		{"a.pdf", "a.pdf", true}, {"a.pdf", "a (1).pdf", true}, {"a.pdf", "a(12).pdf", true}, {"a.pdf", "a-1.pdf", true}, {"A.PDF", "a.pdf", true},
		{"a:b.pdf", "a_b.pdf", true}, {"a.pdf", "b.pdf", false}, {"a.pdf", "a.doc", false}, {"a (1).pdf", "a (1).pdf", true}, {"a.pdf", "aa.pdf", false},
		{"", "x", false},
	} {
		if got := sameName(c.name, c.file); got != c.want {
			t.Errorf("%q under %q: got %v", c.name, c.file, got)
		}
	}
}

func TestTyped(t *testing.T) {
	for _, c := range []struct {
		body, source string
		name         string
		want         bool
	}{
		{`{}`, "notification", "", false}, {`{"caption":"x"}`, "notification", "", true}, {`{"caption":"x"}`, "screen", "", false}, {`{}`, "notification", "a.pdf", false},
	} {
		m := wabridge.Message{Body: json.RawMessage(c.body), Source: c.source, Media: &wabridge.Media{Name: c.name}}
		if got := typed(m); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		pkg  string
		user int
		kind string
		want string
	}{
		{"com.whatsapp", 0, image, "/sdcard/Android/media/com.whatsapp/WhatsApp/Media/WhatsApp Images"},
		{"com.whatsapp", 0, image, "/sdcard/WhatsApp/Media/WhatsApp Images/Private"},
		{"com.whatsapp.w4b", 0, voice, "/sdcard/Android/media/com.whatsapp.w4b/WhatsApp Business/Media/WhatsApp Business Voice Notes"},
		{"com.whatsapp.w4b", 10, document, "/storage/emulated/10/WhatsApp Business/Media/WhatsApp Business Documents"},
	} {
		if got := places(c.pkg, c.user, c.kind); !slices.Contains(got, c.want) {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}
