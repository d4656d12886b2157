package analytics

import (
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
)

// A Kind is one of the analytics, by its name in the API.
type Kind string

// The kinds.
const (
	Messages       Kind = "analytics"
	Conversations  Kind = "conversation_analytics"
	Pricing        Kind = "pricing_analytics"
	Templates      Kind = "template_analytics"
	TemplateGroups Kind = "template_group_analytics"
	Calls          Kind = "call_analytics"
	Groups         Kind = "group_analytics"
)

// Kinds lists them.
var Kinds = []Kind{Messages, Conversations, Pricing, Templates, TemplateGroups, Calls, Groups}

// Lookback is how far back each kind answers.
func (k Kind) Lookback() time.Duration {
	if spec := specs[k]; spec.days {
		return 90 * Day
	}
	return 366 * Day
}

// A Request is what was asked for. Empty lists let everything pass.
type Request struct {
	Kind        Kind
	Buckets     Buckets
	Granularity string // as the answer shows it: DAY

	Phones     []string // digits
	Countries  []string // US
	Products   []string // 0, 2, 100
	Metrics    []string // COST …
	Dimensions []string // COUNTRY …
	Categories []string // as in the domain: marketing
	Types      []string // of conversations or of pricing
	Directions []string
	IDs        []string // of templates or groups
}

// Metric reports whether a metric is wanted.
func (r *Request) Metric(name string) bool { return Passes(r.Metrics, name) }

// By reports whether the answer is to be told apart by a dimension.
func (r *Request) By(dimension string) bool { return slices.Contains(r.Dimensions, dimension) }

// Passes reports whether a filter lets a value through.
func Passes(filter []string, value string) bool {
	return len(filter) == 0 || slices.Contains(filter, value)
}

// A list is a parameter with several values.
type list struct {
	into    func(*Request) *[]string
	allowed []string                    // in capitals; nil if it is open
	tidy    func(string) (string, bool) // of an open one
	want    string                      // of an open one
	need    bool
	max     int // values, 0: any number
}

// A spec says what a kind takes.
type spec struct {
	steps map[string]Step
	lists map[string]list
	// days: its points are whole days, dates are taken for start and end, and
	// use_waba_timezone is known.
	days bool
}

var (
	plainSteps = map[string]Step{"HALF_HOUR": ByHalfHour, "DAY": ByDay, "MONTH": ByMonth}
	dailySteps = map[string]Step{"HALF_HOUR": ByHalfHour, "DAILY": ByDay, "MONTHLY": ByMonth}
	daily      = map[string]Step{"DAILY": ByDay}

	categories        = []string{"AUTHENTICATION", "MARKETING", "SERVICE", "UTILITY"}
	pricingCategories = []string{"AUTHENTICATION", "AUTHENTICATION_INTERNATIONAL", "MARKETING", "MARKETING_LITE", "REFERRAL_CONVERSION", "SERVICE", "UTILITY"}
	conversationTypes = []string{"FREE_ENTRY_POINT", "FREE_TIER", "REGULAR"}
	directions        = []string{"BUSINESS_INITIATED", "USER_INITIATED", "UNKNOWN"}

	phones     = list{into: func(r *Request) *[]string { return &r.Phones }, tidy: number, want: "a list of phone numbers in digits, as in [16505550111]"}
	countries  = list{into: func(r *Request) *[]string { return &r.Countries }, tidy: country, want: `a list of countries of two letters, as in ["US","BR"]`}
	products   = list{into: func(r *Request) *[]string { return &r.Products }, allowed: []string{"0", "2", "100"}}
	templateID = list{into: func(r *Request) *[]string { return &r.IDs }, tidy: digits, want: "a list of at most 10 ids", need: true, max: 10}
	groupID    = list{into: func(r *Request) *[]string { return &r.IDs }, tidy: group, want: "a list with one group's id", need: true, max: 1}
	cloudOnly  = list{into: func(*Request) *[]string { return new([]string) }, allowed: []string{"CLOUD_API", "MARKETING_MESSAGES_LITE_API"}}
)

func metrics(names ...string) list {
	return list{into: func(r *Request) *[]string { return &r.Metrics }, allowed: names}
}

func dimensions(names ...string) list {
	return list{into: func(r *Request) *[]string { return &r.Dimensions }, allowed: names}
}

func kinds(names []string) list {
	return list{into: func(r *Request) *[]string { return &r.Types }, allowed: names}
}

func ways(names ...string) list {
	return list{into: func(r *Request) *[]string { return &r.Directions }, allowed: names}
}

func inCategories(names []string) list {
	return list{into: func(r *Request) *[]string { return &r.Categories }, allowed: names}
}

// specs is the table of the contract's section 6.
var specs = map[Kind]spec{
	Messages: {steps: plainSteps, lists: map[string]list{
		"phone_numbers": phones, "product_types": products, "country_codes": countries}},
	Conversations: {steps: dailySteps, lists: map[string]list{
		"phone_numbers": phones, "country_codes": countries, "metric_types": metrics("COST", "CONVERSATION"),
		"conversation_categories": inCategories(categories), "conversation_types": kinds(conversationTypes), "conversation_directions": ways(directions...),
		"dimensions": dimensions("CONVERSATION_CATEGORY", "CONVERSATION_DIRECTION", "CONVERSATION_TYPE", "COUNTRY", "PHONE")}},
	Pricing: {steps: dailySteps, lists: map[string]list{
		"phone_numbers": phones, "country_codes": countries, "metric_types": metrics("COST", "VOLUME"),
		"pricing_types": kinds(PricingTypes), "pricing_categories": inCategories(pricingCategories), "tiers": {into: func(*Request) *[]string { return new([]string) }, tidy: free, want: "a list"},
		"dimensions": dimensions("COUNTRY", "PHONE", "PRICING_CATEGORY", "PRICING_TYPE", "TIER")}},
	Templates: {days: true, steps: daily, lists: map[string]list{
		"template_ids": templateID, "metric_types": metrics("COST", "CLICKED", "DELIVERED", "READ", "SENT"), "product_type": cloudOnly}},
	TemplateGroups: {days: true, steps: daily, lists: map[string]list{
		"template_group_ids": templateID, "metric_types": metrics("COST", "CLICKED", "DELIVERED", "READ", "SENT"), "product_type": cloudOnly}},
	Calls: {steps: dailySteps, lists: map[string]list{
		"phone_numbers": phones, "country_codes": countries, "directions": ways("BUSINESS_INITIATED", "USER_INITIATED"),
		"dimensions": dimensions("PHONE", "DIRECTION", "COUNTRY"), "metric_types": metrics("COUNT", "COST", "AVERAGE_DURATION")}},
	Groups: {days: true, steps: map[string]Step{"DAILY": ByDay, "DAY": ByDay}, lists: map[string]list{
		"group_ids": groupID, "metric_types": metrics("SENT", "DELIVERED", "READ", "PARTICIPANTS_JOINED", "PARTICIPANTS_LEFT")}},
}

func number(s string) (string, bool) {
	d := wabridge.Digits(s)
	return d, len(d) >= 5 && strings.Trim(s, "+0123456789-() ") == ""
}

func digits(s string) (string, bool) { return s, s == wabridge.Digits(s) }

func country(s string) (string, bool) {
	s = strings.ToUpper(s)
	return s, len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

func group(s string) (string, bool) {
	id := strings.TrimSuffix(s, "@g.us")
	return id + "@g.us", id != "" && strings.Trim(id, "0123456789-") == ""
}

func free(s string) (string, bool) { return s, true }

// Parse reads the parameters of one kind. Names and closed values may have
// any case. strict refuses parameters that the kind does not have (an edge has
// others besides: limit, fields …). zone is the business account's, for
// use_waba_timezone. What lies further back than Lookback before now is not
// asked for. The error is of type *Error.
func Parse(kind Kind, args []Arg, strict bool, zone *time.Location, now time.Time) (Request, error) {
	s, given := specs[kind], map[string]string{}
	for _, a := range args {
		name := strings.ToLower(a.Name)
		if !s.has(name) && strict {
			return Request{}, &Error{Param: a.Name, Want: "left out: " + string(kind) + " does not have it"}
		}
		given[name] = a.Value
	}
	r := Request{Kind: kind}
	if err := r.readTimes(s, given, zone, now); err != nil {
		return Request{}, err
	}
	for _, name := range s.names() {
		if err := r.readList(name, s.lists[name], given[name]); err != nil {
			return Request{}, err
		}
	}
	return r, nil
}

// names in a fixed order, so that the same mistakes give the same answer.
func (s spec) names() []string {
	var names []string
	for name := range s.lists {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (s spec) has(name string) bool {
	_, ok := s.lists[name]
	return ok || name == "start" || name == "end" || name == "granularity" || s.days && name == "use_waba_timezone"
}

// readTimes reads what every kind needs.
func (r *Request) readTimes(s spec, given map[string]string, zone *time.Location, now time.Time) error {
	if local, _ := one(given["use_waba_timezone"]); !s.days || zone == nil || !strings.EqualFold(local, "true") && local != "1" {
		zone = time.UTC
	}
	want := "unix seconds"
	if s.days {
		want = "unix seconds or a date like 2026-01-31"
	}
	start, err := readMoment("start", given["start"], s.days, zone, want)
	if err != nil {
		return err
	}
	end, err := readMoment("end", given["end"], s.days, zone, want)
	if err != nil {
		return err
	}
	if !end.After(start) {
		return &Error{Param: "end", Want: "after start"}
	}
	step, err := r.readGranularity(s, given["granularity"])
	if err != nil {
		return err
	}
	// Before this there is nothing to tell; it bounds the number of points, too.
	oldest := now.Add(-r.Kind.Lookback())
	if newest := now.Add(32 * Day); end.After(newest) {
		end = newest
	}
	if !end.After(start) || end.Before(oldest) {
		r.Buckets = Buckets{Bounds: []time.Time{start.UTC()}}
		return nil
	}
	if s.days {
		r.Buckets = CutDays(maxTime(start, oldest), end, zone)
		return nil
	}
	if early := start; early.Before(oldest.Add(-32 * Day)) { // the same time of day, so that days begin where they would
		days := oldest.Add(-32*Day).Sub(early) / Day
		start = early.Add(days * Day)
	}
	r.Buckets = Cut(start, end, step).After(oldest)
	return nil
}

func maxTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func readMoment(name, value string, dates bool, zone *time.Location, want string) (time.Time, error) {
	v, single := one(value)
	if v == "" {
		return time.Time{}, &Error{Param: name, Missing: true, Want: want}
	}
	t, ok := moment(v, dates, zone)
	if !single || !ok {
		return t, &Error{Param: name, Want: want}
	}
	return t, nil
}

func (r *Request) readGranularity(s spec, value string) (Step, error) {
	var allowed []string
	for name := range s.steps {
		allowed = append(allowed, name)
	}
	slices.SortFunc(allowed, func(a, b string) int { return int(s.steps[a]) - int(s.steps[b]) })
	want := oneOf(allowed)
	v, single := one(value)
	if v == "" {
		return 0, &Error{Param: "granularity", Missing: true, Want: want}
	}
	name, ok := choice(v, allowed)
	if !single || !ok {
		return 0, &Error{Param: "granularity", Want: want}
	}
	r.Granularity = name
	return s.steps[name], nil
}

func oneOf(names []string) string { return "one of {" + strings.Join(names, ", ") + "}" }

// readList reads a list of values, each once.
func (r *Request) readList(name string, l list, value string) error {
	given := values(value)
	want := l.want
	if l.allowed != nil {
		want = oneOf(l.allowed)
	}
	if l.need && len(given) == 0 {
		return &Error{Param: name, Missing: true, Want: want}
	}
	if l.max > 0 && len(given) > l.max {
		return &Error{Param: name, Want: want}
	}
	into := l.into(r)
	for _, v := range given {
		ok := true
		if l.allowed != nil {
			v, ok = choice(v, l.allowed)
		} else {
			v, ok = l.tidy(v)
		}
		if !ok {
			return &Error{Param: name, Want: want}
		}
		if !slices.Contains(*into, v) {
			*into = append(*into, v)
		}
	}
	return nil
}
