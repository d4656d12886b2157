package daemon

import (
	"regexp"
	"strconv"
	"time"

	"github.com/wabridge/wabridge/analytics"
)

// RateConfig is one line of the rate card: what one message or conversation
// costs. Only Amount is needed.
type RateConfig struct {
	Country     string  `koanf:"country"`
	Category    string  `koanf:"category"`
	PricingType string  `koanf:"pricing_type"`
	Per         string  `koanf:"per"`
	From        string  `koanf:"from"`
	Amount      float64 `koanf:"amount"`
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// rate reads one line; wrong tells what is wrong with it, by member.
func (r RateConfig) rate() (rate analytics.Rate, wrong []analytics.Mistake) {
	rate = analytics.Rate{Country: r.Country, Category: r.Category, PricingType: r.PricingType, Per: r.Per, Amount: r.Amount}
	wrong = rate.Mistakes()
	if r.From == "" {
		return rate, wrong
	}
	from, err := time.Parse(time.DateOnly, r.From)
	if err != nil {
		wrong = append(wrong, analytics.Mistake{Field: "from", Text: strconv.Quote(r.From) + " is not a date like 2026-01-31"})
	}
	rate.From = from
	return rate, wrong
}

// rates is the rate card.
func (c Config) rates() analytics.Card {
	var card analytics.Card
	for _, r := range c.Rates {
		rate, _ := r.rate() // Validate has told what is wrong
		card = append(card, rate)
	}
	return card
}

func (c Config) validateRates(bad report) {
	for i, r := range c.Rates {
		_, wrong := r.rate()
		for _, m := range wrong {
			bad("rates["+strconv.Itoa(i)+"]."+m.Field, "%s", m.Text)
		}
	}
	if c.Currency != "" && !currencyCode.MatchString(c.Currency) {
		bad("waba_currency", "%q is not a currency's three capitals, e.g. EUR", c.Currency)
	}
	if _, err := time.LoadLocation(c.WABAZone); err != nil {
		bad("waba_time_zone", "%q is not a time zone, e.g. Europe/Berlin", c.WABAZone)
	}
}

// wabaZone is the business accounts' time zone, UTC if nothing is said.
func (c Config) wabaZone() *time.Location {
	zone, err := time.LoadLocation(c.WABAZone)
	if err != nil { // Validate has told it
		return time.UTC
	}
	return zone
}
