package daemon

import (
	"maps"
	"slices"

	"github.com/wabridge/wabridge/queue"
)

// OptOutConfig says by which words people leave campaigns, and come back.
type OptOutConfig struct {
	// Enabled: such words are heard. The list that operators keep counts in any case.
	Enabled bool `koanf:"enabled"`
	// Words and Resume are by language; one that is named has these words
	// alone, the others keep those of queue.DefaultOptOut.
	Words  map[string][]string `koanf:"words"`
	Resume map[string][]string `koanf:"resume_words"`
}

func (c OptOutConfig) validate(bad report) {
	c.Enabled = true // they are checked even if they do not count
	stop := c.optOut().Wishes()
	for _, side := range []struct {
		key   string
		words map[string][]string
	}{{"optout.words", c.Words}, {"optout.resume_words", c.Resume}} {
		for _, language := range slices.Sorted(maps.Keys(side.words)) {
			for _, word := range side.words[language] {
				if wish, ok := stop.Heard(word); !ok {
					bad(side.key+"."+language, "%q is no word: it must have a letter or a digit, and at most 200 bytes", word)
				} else if side.key == "optout.resume_words" && wish.Value == "stop" {
					bad(side.key+"."+language, "%q stands for stop already", word)
				}
			}
		}
	}
}

// optOut are the words that count.
func (c OptOutConfig) optOut() queue.OptOut {
	if !c.Enabled {
		return queue.OptOut{}
	}
	return queue.OptOut{Stop: over(queue.DefaultOptOut.Stop, c.Words), Resume: over(queue.DefaultOptOut.Resume, c.Resume)}
}

// over replaces the words of the languages that are named.
func over(words, named map[string][]string) map[string][]string {
	all := maps.Clone(words)
	maps.Copy(all, named)
	return all
}
