package analytics

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Units that a rate may be for.
const (
	PerMessage      = "message"      // delivered, in pricing_analytics and template_analytics
	PerConversation = "conversation" // opened, in conversation_analytics
)

// Pricing types.
const (
	Regular             = "REGULAR"
	FreeCustomerService = "FREE_CUSTOMER_SERVICE"
	FreeEntryPoint      = "FREE_ENTRY_POINT"
)

// PricingTypes lists them.
var PricingTypes = []string{FreeCustomerService, FreeEntryPoint, Regular}

// A Rate is one line of a rate card: what one unit costs. An empty Country or
// Category stands for all, an empty PricingType for Regular, an empty Per for
// both units, a zero From for always.
type Rate struct {
	Country, Category, PricingType, Per string
	From                                time.Time
	Amount                              float64
}

// A Card is a rate card. Without rates everything costs nothing. Amounts have
// one currency, which is the caller's matter.
type Card []Rate

// A Mistake is something wrong with a member of a rate, named as in the
// configuration.
type Mistake struct{ Field, Text string }

// Mistakes lists what is wrong with a rate.
func (r Rate) Mistakes() []Mistake {
	var all []Mistake
	bad := func(field, format string, args ...any) {
		all = append(all, Mistake{field, fmt.Sprintf(format, args...)})
	}
	if _, ok := country(r.Country); r.Country != "" && !ok {
		bad("country", "%q is not a country's two letters, e.g. DE", r.Country)
	}
	if _, ok := choice(r.Category, pricingCategories); r.Category != "" && !ok {
		bad("category", "%q is none of %s", r.Category, words(pricingCategories))
	}
	if _, ok := choice(r.PricingType, PricingTypes); r.PricingType != "" && !ok {
		bad("pricing_type", "%q is none of %s", r.PricingType, strings.Join(PricingTypes, ", "))
	}
	if r.Per != "" && r.Per != PerMessage && r.Per != PerConversation {
		bad("per", "%q is neither message nor conversation", r.Per)
	}
	if r.Amount < 0 || r.Amount > 1e6 || math.IsNaN(r.Amount) {
		bad("amount", "%v is not between 0 and 1000000", r.Amount)
	}
	return all
}

func words(list []string) string { return strings.ToLower(strings.Join(list, ", ")) }

// Micros is what n units cost, in millionths: whole numbers, so that sums are
// true. Of the rates that fit, the one for the country counts before one for
// all, then the one for the category, then the newest.
func (c Card) Micros(per, country, category, pricing string, at time.Time, n int64) int64 {
	var best *Rate
	for i := range c {
		if r := &c[i]; r.fits(per, country, category, pricing, at) && (best == nil || r.before(best)) {
			best = r
		}
	}
	if best == nil {
		return 0
	}
	return int64(math.Round(best.Amount*1e6)) * n
}

func (r *Rate) fits(per, country, category, pricing string, at time.Time) bool {
	like := func(rate, value string) bool { return rate == "" || strings.EqualFold(rate, value) }
	kind := r.PricingType
	if kind == "" {
		kind = Regular
	}
	return like(r.Per, per) && like(r.Country, country) && like(r.Category, category) &&
		strings.EqualFold(kind, pricing) && !at.Before(r.From)
}

func (r *Rate) before(other *Rate) bool {
	switch {
	case (r.Country == "") != (other.Country == ""):
		return r.Country != ""
	case (r.Category == "") != (other.Category == ""):
		return r.Category != ""
	case (r.Per == "") != (other.Per == ""):
		return r.Per != ""
	}
	return r.From.After(other.From)
}

// Money is millionths as an amount.
func Money(micros int64) float64 { return float64(micros) / 1e6 }
