package compat

import (
	"regexp"

	"github.com/wabridge/wabridge/daemon"
)

// allowLoopback lets links lead to the test's own file server.
func allowLoopback(c *daemon.Config) { c.Media.AllowPrivate = true }

// refusals are the requests of Meta's collection that a phone cannot serve,
// with the code that says so.
var refusals = []struct {
	request *regexp.Regexp // folder/name
	code    int
	why     string
}{
	{regexp.MustCompile(`^Flows/Send Flow/Send`), 131051, "flows need Meta's servers"},
	{regexp.MustCompile(`^Flows/(Send Flow/Create|Create Flow/Get|Update Flow/(Update Flow Metadata|Delete)|Get Endpoint)`), 100, "flows need Meta's servers"},
	{regexp.MustCompile(`^Flows/`), 2500, "flows need Meta's servers"},
	{regexp.MustCompile(`/Get (owned|shared) WABAs$`), 2500, "no business portfolio stands above the account"},
	{regexp.MustCompile(`^Business Portfolio/`), 100, "no business portfolio stands above the account"},
	{regexp.MustCompile(`^Billing/`), 2500, "nothing is billed"},
	{regexp.MustCompile(`^Messages/Send (Single Product|Multi-Product|Catalog) Message$`), 131051, "a phone's chat has no catalog message"},
	{regexp.MustCompile(`^Messages/Send Catalog Template`), 131051, "a phone's chat has no catalog"},
	{regexp.MustCompile(`^Payments API`), 131051, "payments need Meta's servers"},
	{regexp.MustCompile(`^Commerce Settings/`), 2500, "no catalog"},
	{regexp.MustCompile(`^Business Compliance/`), 2500, "kept by Meta"},
	{regexp.MustCompile(`^Templates/Create (catalog|multi-product)`), 100, "catalog templates are not created"},
	{regexp.MustCompile(`^Phone Numbers/Request Verification Code`), 136024, "the number is verified in the app, on the phone"},
	{regexp.MustCompile(`^Phone Numbers/Verify Code`), 136025, "the number is verified in the app, on the phone"},
}

func notServed(request string) (code int, ok bool) {
	for _, r := range refusals {
		if r.request.MatchString(request) {
			return r.code, true
		}
	}
	return 0, false
}

// otherShape are requests whose saved answer is not what Meta's documentation
// or the clients say (shared facts: contract, sections 5, 6 and its rule of conflict).
var otherShape = map[string]string{
	"Analytics/Get conversation analytics":         "the saved answer is a copy of the plain analytics one",
	"Templates/Get all templates (default fields)": "the first one of the list is another one; the two requests before it are compared",
	"OnPrem Account Migration/Migrate Account":     "the saved answer has the string \"true\"; clients want a bool",
	"Business Profiles/Get Business Profile":       "every client and Meta's documentation have the members without business_profile around them",
	"Business Profiles/Update Business Profile":    "as above; the documentation's answer is {\"success\":true}",
	"Get Started/Register Phone Number":            "the saved answer has the string \"true\"; clients want a bool",
	"Get Started/Subscribe to your WABA":           "the saved answer has the string \"true\"; clients want a bool",
}

// leftOut are members of saved answers that are rightly absent.
var leftOut = map[string][]string{
	"Templates/Get all templates (default fields)": {".data[].previous_category: not there"},       // no category was ever changed
	"Block Users/Get blocked users":                {".data: an empty list", ".paging: not there"}, // nobody is blocked yet
}

// departures are operations whose description is not followed.
var departures = map[string]string{
	"GET /{Version}/{WABA-ID}/phone_numbers":                      "Meta's documentation has no status among the default fields, and UNKNOWN and NOT_VERIFIED among the values, which the description lacks",
	"GET /{Version}/{Phone-Number-ID}/message_qrdls":              "with fields= only those are answered; the description requires all",
	"GET /{Version}/{Phone-Number-ID}/message_qrdls/{QR-Code-ID}": "a single code is wrapped in data too: what Meta's documentation and whatsapp-api-js have",
}
