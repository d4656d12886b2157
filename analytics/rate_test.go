package analytics

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wabridge/wabridge"
)

func TestMicros(t *testing.T) {
	later := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	card := Card{
		{Amount: 0.01},
		{Category: "marketing", Amount: 0.1},
		{Country: "DE", Amount: 0.05},
		{Country: "de", Category: "MARKETING", Amount: 0.1131},
		{Country: "DE", Category: "marketing", Amount: 0.12, From: later},
		{Category: "service", PricingType: FreeCustomerService, Amount: 0.001},
		{Category: "utility", Per: PerConversation, Amount: 0.7},
	}
	for _, tt := range []struct {
		name                            string
		per, country, category, pricing string
		at                              time.Time
		n, want                         int64
	}{
		{"what holds for all", PerMessage, "FR", "authentication", Regular, later, 2, 20_000},
		{"the category", PerMessage, "FR", "marketing", Regular, later, 1, 100_000},
		{"the country goes before the category", PerMessage, "DE", "utility", Regular, later, 1, 50_000},
		{"both", PerMessage, "DE", "marketing", Regular, later.Add(-1), 3, 339_300},
		{"a newer price", PerMessage, "DE", "marketing", Regular, later, 3, 360_000},
		{"free of charge", PerMessage, "DE", "utility", FreeCustomerService, later, 5, 0},
		{"a price for what is free", PerMessage, "FR", "service", FreeCustomerService, later, 5, 5_000},
		{"per conversation", PerConversation, "FR", "utility", Regular, later, 1, 700_000},
		{"not per message", PerMessage, "FR", "utility", Regular, later, 1, 10_000},
		{"country unknown", PerMessage, "", "marketing", Regular, later, 1, 100_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := card.Micros(tt.per, tt.country, tt.category, tt.pricing, tt.at, tt.n); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
	if got := (Card)(nil).Micros(PerMessage, "DE", "marketing", Regular, later, 1); got != 0 {
		t.Errorf("without a card: %d", got)
	}
	if got := Money(339_300); got != 0.3393 {
		t.Errorf("Money: %v", got)
	}
}

func TestRateMistakes(t *testing.T) {
	good := Rate{Country: "DE", Category: "marketing", PricingType: "regular", Per: "message", Amount: 1}
	if wrong := good.Mistakes(); len(wrong) > 0 {
		t.Errorf("good: %v", wrong)
	}
	var got []string
	for _, m := range (Rate{Country: "Germany", Category: "spam", PricingType: "x", Per: "day", Amount: -1}).Mistakes() {
		got = append(got, m.Field)
	}
	if diff := cmp.Diff([]string{"country", "category", "pricing_type", "per", "amount"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWindow(t *testing.T) {
	at := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return at.Add(-d) }
	for _, tt := range []struct {
		name           string
		heard, opened  time.Time
		category       string
		free, new, his bool
	}{
		{"nobody wrote, first message", time.Time{}, time.Time{}, wabridge.Service, false, true, false},
		{"an answer", ago(time.Hour), time.Time{}, wabridge.Service, true, true, true},
		{"an answer, later in the conversation", ago(time.Hour), ago(time.Minute), wabridge.Service, true, false, true},
		{"the last moment of the window", ago(24*time.Hour - 1), ago(24*time.Hour - 1), wabridge.Service, true, false, true},
		{"a moment too late", ago(24 * time.Hour), ago(24 * time.Hour), wabridge.Service, false, true, false},
		{"utility within the window", ago(time.Hour), time.Time{}, wabridge.Utility, true, true, false},
		{"marketing within the window", ago(time.Hour), time.Time{}, wabridge.Marketing, false, true, false},
		{"he wrote only afterwards", at.Add(time.Second), time.Time{}, wabridge.Service, false, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Free(tt.category, tt.heard, at); got != tt.free {
				t.Errorf("Free: %v", got)
			}
			if got := Opens(tt.opened, at); got != tt.new {
				t.Errorf("Opens: %v", got)
			}
			if got := ByUser(tt.category, tt.heard, at); got != tt.his {
				t.Errorf("ByUser: %v", got)
			}
		})
	}
}

func TestCountry(t *testing.T) {
	for digits, want := range map[string]string{
		"16505551234": "US", "14165551234": "CA", "4917012345678": "DE", "447700900123": "GB", "5511987654321": "BR", "559291234567": "BR",
		"77011234567": "KZ", "79161234567": "RU", "5215512345678": "MX", "15550002001": "US", "888123456789": "", "": "", "999": "", "12": "",
	} {
		if got := Country(digits); got != want {
			t.Errorf("Country(%s) = %q, want %q", digits, got, want)
		}
	}
}
