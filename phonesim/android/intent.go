package android

import (
	"fmt"
	"slices"
	"strings"
)

// The intents' words that are used here.
const (
	ActionMain       = "android.intent.action.MAIN"
	ActionView       = "android.intent.action.VIEW"
	ActionSend       = "android.intent.action.SEND"
	ActionSendTo     = "android.intent.action.SENDTO"
	CategoryLauncher = "android.intent.category.LAUNCHER"
	CategoryHome     = "android.intent.category.HOME"
	ExtraText        = "android.intent.extra.TEXT"
	ExtraStream      = "android.intent.extra.STREAM"
	// ActionScanFile is the broadcast that has a file scanned.
	ActionScanFile = "android.intent.action.MEDIA_SCANNER_SCAN_FILE"
	// FlagGrantRead is Intent.FLAG_GRANT_READ_URI_PERMISSION.
	FlagGrantRead = 0x1
)

// An Intent asks for an activity.
type Intent struct {
	Action     string
	Data       string
	Type       string
	Package    string
	Component  string // "com.whatsapp/.Conversation"
	Categories []string
	Flags      uint32
	Extras     map[string]string
}

// MayRead reports whether the intent lets its receiver read a URI: the flag
// covers the data only, not an extra (facts/android.md 7).
func (i Intent) MayRead(uri string) bool { return i.Flags&FlagGrantRead != 0 && i.Data == uri }

// Text is Intent.toString as am prints it. Androids since about 12 shorten the
// data of web links; facts/android.md 5.
func (i Intent) Text(shorten bool) string {
	var b strings.Builder
	b.WriteString("Intent {")
	add := func(k, v string) {
		if v != "" {
			fmt.Fprintf(&b, " %s=%s", k, v)
		}
	}
	add("act", i.Action)
	if len(i.Categories) > 0 {
		add("cat", "["+strings.Join(i.Categories, ",")+"]")
	}
	data := i.Data
	if shorten {
		data = shortData(data)
	}
	add("dat", data)
	add("typ", i.Type)
	if i.Flags != 0 {
		add("flg", fmt.Sprintf("0x%x", i.Flags))
	}
	add("pkg", i.Package)
	add("cmp", i.Component)
	if len(i.Extras) > 0 {
		b.WriteString(" (has extras)")
	}
	b.WriteString(" }")
	return b.String()
}

// shortData is Uri.toSafeString for web links: nothing after the host.
func shortData(data string) string {
	scheme, rest, ok := strings.Cut(data, "://")
	if !ok || scheme != "http" && scheme != "https" {
		return data
	}
	host, _, more := strings.Cut(rest, "/")
	if !more {
		return data
	}
	return scheme + "://" + host + "/..."
}

// A StartResult is how the activity manager answers.
type StartResult int

// The results.
const (
	Started        StartResult = iota
	BroughtToFront             // its task was already there
	DeliveredToTop             // the top activity took the new intent
	Unresolved                 // nobody takes it
	NoClass                    // the component does not exist
)

// StartActivity carries out an intent.
func (s *System) StartActivity(i Intent) StartResult {
	if i.Action == ActionMain && slices.Contains(i.Categories, CategoryHome) {
		was := s.front
		s.Home()
		if was == nil {
			return DeliveredToTop
		}
		return Started
	}
	s.dropPassing()
	if i.Action == ActionSend && i.Package == "" && i.Component == "" && i.Type != "" {
		s.choose(i)
		return Started
	}
	pkg := i.Package
	if i.Component != "" {
		pkg, _, _ = strings.Cut(i.Component, "/")
	}
	for _, a := range s.apps {
		if pkg != "" && a.Package() != pkg {
			continue
		}
		if a.Resolve(i) == "" {
			continue
		}
		return s.start(a, i)
	}
	if i.Component != "" {
		return NoClass
	}
	return Unresolved
}

func (s *System) start(a App, i Intent) StartResult {
	s.Main(systemServer, 'I', "ActivityTaskManager", fmt.Sprintf("START u0 {%s} with LAUNCH_MULTIPLE from uid 2000 result code=0",
		strings.TrimSuffix(strings.TrimPrefix(i.Text(s.Android >= 12), "Intent { "), " }")))
	if s.Take(FaultNoNavigation) {
		return DeliveredToTop
	}
	r := a.Start(i)
	s.shade, s.call = false, nil // what is started lies over a call that rings
	s.switchTo(a)
	return r
}

// StartFront brings an app to the front, as a person does.
func (s *System) StartFront(a App) { s.switchTo(a) }
