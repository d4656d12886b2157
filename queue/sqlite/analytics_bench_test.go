package sqlite

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// fillYear counts n messages of a year: 4 phones, 20 countries, a third of
// them received, templates of three categories among the others.
func fillYear(tb testing.TB, db *DB, n int, begin time.Time) {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	phones := []string{"100000000000001", "100000000000002", "100000000000003", "100000000000004"}
	countries := []string{"US", "DE", "BR", "GB", "MX", "IN", "FR", "ES", "IT", "AT", "CH", "NL", "BE", "PL", "CZ", "PT", "AR", "CO", "CL", "PE"}
	categories := []string{wabridge.Marketing, wabridge.Utility, wabridge.Authentication}
	for n > 0 {
		err := db.update(ctx, "fill", func(t *tx) error {
			for range min(n, 20_000) {
				n--
				at := begin.Add(time.Duration(r.Int64N(int64(365 * 24 * time.Hour))))
				s := queue.Series{Phone: pick(r, phones), Country: countries[min(r.IntN(20), r.IntN(20))], Product: 2, Category: wabridge.Service}
				switch r.IntN(3) {
				case 0:
					s.Product = 100
					t.deltas = append(t.deltas, delta{s, at, queue.Counts{Received: 1}})
					continue
				case 1:
					s.Product, s.Category, s.Template = 0, pick(r, categories), pick(r, []string{"71", "72", "73"})
				}
				t.deltas = append(t.deltas, delta{s, at, queue.Counts{Sent: 1}}, delta{s, at.Add(time.Minute), queue.Counts{Delivered: 1, ByBusiness: 1}})
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// yearQueries are what the API asks of the store for a year.
func yearQueries(begin time.Time) map[string]queue.TallyQuery {
	days := func(from time.Time) (list []time.Time) {
		for i := range 366 {
			list = append(list, from.Add(time.Duration(i)*24*time.Hour))
		}
		return list
	}
	ticks := []queue.Counter{queue.Sent, queue.Delivered}
	cost := []queue.Counter{queue.ByUser, queue.ByBusiness}
	return map[string]queue.TallyQuery{
		"days of UTC":                           {Bounds: days(begin), Want: ticks},
		"days of UTC, one phone":                {Bounds: days(begin), Want: ticks, Phones: []string{"100000000000002"}},
		"days of UTC, one country":              {Bounds: days(begin), Want: ticks, Countries: []string{"DE"}},
		"days of UTC, by country and category":  {Bounds: days(begin), Want: cost, ByCountry: true, ByCategory: true},
		"days of another zone":                  {Bounds: days(begin.Add(3 * time.Hour)), Want: ticks},
		"days of another zone, by phone":        {Bounds: days(begin.Add(3 * time.Hour)), Want: ticks, ByPhone: true},
		"days of another zone, by all there is": {Bounds: days(begin.Add(3 * time.Hour)), Want: cost, ByPhone: true, ByCountry: true, ByCategory: true},
	}
}

// BenchmarkYearByDay is a year by DAY over one million messages.
func BenchmarkYearByDay(b *testing.B) {
	db := openAt(b, tempPath(b), Options{})
	begin := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	fillYear(b, db, 1_000_000, begin)
	b.ResetTimer()
	for name, q := range yearQueries(begin) {
		b.Run(name, func(b *testing.B) {
			var n int
			for b.Loop() {
				list, err := db.Tallies(ctx, q)
				if err != nil {
					b.Fatal(err)
				}
				n = len(list)
			}
			b.ReportMetric(float64(n), "rows")
		})
	}
}
