package wabridge

import (
	"slices"
	"strings"
	"time"
)

// A Touch is one act of a person on a phone's screen. Exactly one of its members
// is set. Coordinates are pixels of the picture of the screen that he saw.
type Touch struct {
	Tap   *Point `json:"tap,omitempty"`
	Swipe *Swipe `json:"swipe,omitempty"`
	// Text is typed into what has the focus: printable ASCII on one line, which
	// is what Android's `input text` can type, at most MaxTyped characters.
	Text Text `json:"text,omitempty"`
	// Key is one of Keys.
	Key string `json:"key,omitempty"`
	// Done says that nothing more comes, so that sending need not wait.
	Done bool `json:"done,omitempty"`
}

// A Point is a place on the screen, from its upper left corner.
type Point struct {
	X int `json:"x"`
	Y int `json:"y"`
}

// A Swipe is a movement of the finger. One that stays where it is is a long
// press. Millis is how long it takes; 0 means 300.
type Swipe struct {
	From   Point `json:"from"`
	To     Point `json:"to"`
	Millis int   `json:"ms,omitempty"`
}

// Limits of a Touch.
const (
	MaxTyped  = 500    // characters
	MaxSwipe  = 5000   // milliseconds
	MaxScreen = 10_000 // pixels of a side
)

// Keys are those that a person may press from afar.
var Keys = []string{"BACK", "HOME", "APP_SWITCH", "ENTER", "DEL", "SPACE", "TAB", "ESCAPE", "WAKEUP", "MENU",
	"DPAD_UP", "DPAD_DOWN", "DPAD_LEFT", "DPAD_RIGHT", "DPAD_CENTER", "PAGE_UP", "PAGE_DOWN", "MOVE_HOME", "MOVE_END"}

// Health is what is known of a phone beside its state. Members of which the
// phone does not tell are nil or empty.
type Health struct {
	Phone string `json:"phone_number_id"`
	// At is when the phone was asked; what it said then follows.
	At        time.Time `json:"at,omitzero"`
	Reachable bool      `json:"reachable"`
	// Link is why the phone cannot be reached, in words; "" if it can.
	Link        string    `json:"link_error,omitempty"`
	LinkSince   time.Time `json:"link_since,omitzero"`
	RoundTrip   int64     `json:"round_trip_ms,omitempty"`
	Battery     *int      `json:"battery_percent,omitempty"`
	Charging    *bool     `json:"charging,omitempty"`
	Temperature *float64  `json:"temperature_c,omitempty"`
	ScreenOn    *bool     `json:"screen_on,omitempty"`
	Locked      *bool     `json:"locked,omitempty"`
	App         string    `json:"app_version,omitempty"`
	// AppKnown tells whether an app profile was made for this version.
	AppKnown bool `json:"app_known"`
	// Warnings are what keeps messages from coming or going although the phone
	// works; empty if nothing does.
	Warnings []Warning `json:"warnings"`

	LastLook     time.Time `json:"last_look,omitzero"`     // when the driver last read the screen
	LastIncoming time.Time `json:"last_incoming,omitzero"` // time of the newest message that came in
	// TicksPending counts the messages of the last 24 hours that are handed,
	// sent or delivered: more may be known of them. At most 1000.
	TicksPending int `json:"ticks_pending"`
}

// A Warning is something about a phone that keeps messages from coming or going
// and that a person should mend. The phone is used on all the same.
type Warning struct {
	Kind   string `json:"kind"` // one of the Warn constants
	Detail string `json:"detail"`
	Remedy string `json:"remedy"`
}

// The kinds of warnings.
const (
	WarnNotificationsOff = "notifications_off" // Android posts none of the app's
	WarnChannelOff       = "channel_off"       // Android posts none of its chats or none of its groups
	WarnNetworkOff       = "network_off"       // the phone has no network
	WarnRestricted       = "restricted"        // the account may start no new chats
)

// WarningKinds lists them.
var WarningKinds = []string{WarnNotificationsOff, WarnChannelOff, WarnNetworkOff, WarnRestricted}

// Grade is the result of a Check.
type Grade string

// The grades. Warn: it works, but not for long or not well.
const (
	GradeOK   Grade = "ok"
	GradeWarn Grade = "warn"
	GradeBad  Grade = "bad"
)

// A Check is one line of `wabridge doctor`.
type Check struct {
	Name   string `json:"check"`
	Grade  Grade  `json:"result"`
	Detail string `json:"detail"`
	Remedy string `json:"remedy,omitempty"`
}

// Check says what is wrong with a Touch: the member and the words. field is ""
// if nothing is.
func (t Touch) Check() (field, why string) {
	n := 0
	for _, set := range []bool{t.Tap != nil, t.Swipe != nil, t.Text != "", t.Key != "", t.Done} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		return "tap", "give exactly one of tap, swipe, text, key and done"
	case t.Tap != nil && !t.Tap.onScreen():
		return "tap", "x and y are pixels of the picture"
	case t.Swipe != nil && !(t.Swipe.From.onScreen() && t.Swipe.To.onScreen()):
		return "swipe", "from and to are pixels of the picture"
	case t.Swipe != nil && (t.Swipe.Millis < 0 || t.Swipe.Millis > MaxSwipe):
		return "swipe.ms", "a swipe takes at most 5000 ms"
	case t.Key != "" && !slices.Contains(Keys, t.Key):
		return "key", "it is none of the keys that can be pressed"
	case len(t.Text) > MaxTyped:
		return "text", "at most 500 characters can be typed at once"
	case strings.ContainsFunc(string(t.Text), func(r rune) bool { return r < ' ' || r > '~' }):
		return "text", "Android can type printable ASCII only: no accents, no other scripts, no line breaks; use the phone's own keyboard for them"
	}
	return "", ""
}

func (p Point) onScreen() bool { return p.X >= 0 && p.Y >= 0 && p.X < MaxScreen && p.Y < MaxScreen }

// Kind names the act without what it holds: tap, swipe, text, key or done.
func (t Touch) Kind() string {
	switch {
	case t.Tap != nil:
		return "tap"
	case t.Swipe != nil:
		return "swipe"
	case t.Text != "":
		return "text"
	case t.Key != "":
		return "key"
	}
	return "done"
}
