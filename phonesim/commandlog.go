package phonesim

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A Command is one shell text that ran, or still runs, on the phone.
type Command struct {
	Text  string    `json:"command"`
	At    time.Time `json:"at"`
	Took  Seconds   `json:"took"` // seconds; so far, while it runs
	Exit  int       `json:"exit"`
	Done  bool      `json:"done"`
	Steps []Step    `json:"steps,omitempty"` // its simple commands, in the order they ended
}

// A Step is one simple command of a text.
type Step struct {
	Args []string `json:"args"`
	Took Seconds  `json:"took"`
}

// Seconds is a duration in seconds.
type Seconds float64

// keptCommands bounds the list.
const keptCommands = 10_000

type commandLog struct {
	mu  sync.Mutex
	all []*Command
}

type commandKey struct{}

// begin notes a text and puts it into the context for its steps.
func (l *commandLog) begin(ctx context.Context, text string) (context.Context, *Command) {
	c := &Command{Text: text, At: time.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) >= keptCommands {
		l.all = slices.Delete(l.all, 0, keptCommands/10)
	}
	l.all = append(l.all, c)
	return context.WithValue(ctx, commandKey{}, c), c
}

func (l *commandLog) step(ctx context.Context, args []string, took time.Duration) {
	c, _ := ctx.Value(commandKey{}).(*Command)
	if c == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c.Steps = append(c.Steps, Step{Args: slices.Clone(args), Took: Seconds(took.Seconds())})
}

func (l *commandLog) end(c *Command, code int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.Took, c.Exit, c.Done = Seconds(time.Since(c.At).Seconds()), code, true
}

func (l *commandLog) list(now time.Time) []Command {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Command, len(l.all))
	for i, c := range l.all {
		out[i] = *c
		out[i].Steps = slices.Clone(c.Steps)
		if !c.Done {
			out[i].Took = Seconds(now.Sub(c.At).Seconds())
		}
	}
	return out
}

func (l *commandLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = nil
}
