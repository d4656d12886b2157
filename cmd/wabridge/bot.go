package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wabridge/wabridge/bot"
	"github.com/wabridge/wabridge/content"
)

func newBot() *cobra.Command {
	return group(&cobra.Command{
		Use: "bot", Short: "Check scenarios of conversations and try them",
		Long: `A scenario is a file that says what to ask, which answers to expect and what
follows from them (docs/bots.md, examples/bots). check and try need neither a
gateway nor a phone; list asks a running gateway.`,
	}, newBotCheck(), newBotTry(), newBotList())
}

func newBotCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check FILE", Short: "Say what is wrong with a scenario, with lines",
		Long: `Check reads a scenario and prints each thing that is wrong with it as
FILE:LINE: what, and what to do; of a good one, what it has, and the variables
that whoever starts it must give. Exit code 1 if there is any. "-" is standard
input.`,
		Args: need("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := loadScenario(c, args[0])
			if problems, ok := errors.AsType[bot.Problems](err); ok {
				return tellProblems(c.OutOrStdout(), args[0], problems)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: scenario %s is fine: steps %d%s%s%s%s\n", args[0], s.Name, s.Steps(),
				named("languages", s.Languages), named("variables", s.Vars), named("results", s.Results),
				named("without a value unless they are given:", s.Unset(nil)))
			return err
		},
	}
}

// named is "; title a, b" if there is something.
func named(title string, list []string) string {
	if len(list) == 0 {
		return ""
	}
	return "; " + title + " " + strings.Join(list, ", ")
}

// tellProblems prints them as compilers do, so that editors find the lines.
func tellProblems(out io.Writer, file string, problems bot.Problems) error {
	for _, p := range problems {
		where := ""
		if p.Where != "" {
			where = p.Where + ": "
		}
		if _, err := fmt.Fprintf(out, "%s:%d: %s%s\n", file, p.Line, where, p.What); err != nil {
			return err
		}
	}
	return exitCode(1)
}

func loadScenario(c *cobra.Command, file string) (*bot.Scenario, error) {
	if file == "-" {
		return bot.Load(c.InOrStdin())
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	s, err := bot.Load(f)
	return s, errors.Join(err, f.Close())
}

func newBotTry() *cobra.Command {
	var vars map[string]string
	c := &cobra.Command{
		Use: "try FILE", Short: "Talk to a scenario in the terminal",
		Long: `Try plays a scenario: it prints what the bot would send, as a phone shows it,
and each line that you type is an answer. Besides answers it knows

  /wait 2h   let so much time pass (30s, 15m, 24h, 7d)
  /state     show what the bot remembers
  /quit      stop; so does the end of the input

Results are shown as they are set, and as JSON at the end.`,
		Args: need("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := loadScenario(c, args[0])
			if problems, ok := errors.AsType[bot.Problems](err); ok {
				return tellProblems(c.OutOrStdout(), args[0], problems)
			}
			if err != nil {
				return err
			}
			for name := range vars {
				if err := s.Takes(name); err != nil {
					return fmt.Errorf("--var: %w", err)
				}
			}
			if missing := s.Unset(vars); len(missing) > 0 {
				fmt.Fprintf(c.ErrOrStderr(), "not given, and so empty: %s (--var NAME=VALUE)\n", strings.Join(missing, ", "))
			}
			t := trial{s: s, out: c.OutOrStdout(), echo: !typed(c.InOrStdin()), now: time.Now()}
			return t.run(c.InOrStdin(), vars)
		},
	}
	c.Flags().StringToStringVar(&vars, "var", nil, "a variable of the scenario, as NAME=VALUE; may be repeated")
	return c
}

// typed tells whether a person types the input, whose terminal shows it.
func typed(in io.Reader) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// A trial is a conversation in the terminal. The first error of writing is kept.
type trial struct {
	s     *bot.Scenario
	out   io.Writer
	echo  bool
	now   time.Time
	state bot.State
	err   error
}

func (t *trial) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.out, format, args...)
	}
}

func (t *trial) run(in io.Reader, vars map[string]string) error {
	t.show(bot.Start(t.s, vars, t.now))
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for t.err == nil && !t.state.Done() {
		t.printf("> ")
		if !lines.Scan() {
			t.printf("\n")
			return errors.Join(t.err, lines.Err())
		}
		if t.echo {
			t.printf("%s\n", lines.Text())
		}
		if !t.line(lines.Text()) {
			return t.err
		}
	}
	if b, err := json.Marshal(t.state.Results); err == nil && len(t.state.Results) > 0 {
		t.printf("results %s\n", b)
	}
	return t.err
}

// line plays one line; it is false after /quit.
func (t *trial) line(s string) bool {
	word, rest, _ := strings.Cut(s, " ")
	switch word {
	case "/quit":
		return false
	case "/state":
		b, err := json.MarshalIndent(t.state, "", "  ")
		t.err = errors.Join(t.err, err)
		t.printf("%s\n", b)
	case "/wait":
		d, err := bot.ParseTime(strings.TrimSpace(rest))
		if err != nil {
			t.printf("/wait: %v\n", err)
			return true
		}
		t.now = t.now.Add(d)
		before := t.state.Deadline
		t.show(bot.Tick(t.s, t.state, t.now))
		if t.state.Deadline.Equal(before) {
			t.printf("(nothing happens for another %v)\n", before.Sub(t.now).Round(time.Second))
		}
	default:
		t.now = t.now.Add(time.Second)
		t.show(bot.Answer(t.s, t.state, s, t.now))
	}
	return true
}

// show prints what a move wants done.
func (t *trial) show(state bot.State, actions []bot.Action) {
	t.state = state
	for _, a := range actions {
		switch a := a.(type) {
		case bot.Say:
			c, err := content.Parse(a.Type, a.Body)
			if err != nil { // a bug of the scenario that Load does not see
				t.err = errors.Join(t.err, fmt.Errorf("a message cannot be sent: %w", err))
				return
			}
			t.printf("bot: %s\n", strings.ReplaceAll(strings.ReplaceAll(c.Carry().Text, "\n", "\n     "), "     \n", "\n"))
		case bot.SetResult:
			t.printf("     (result %s = %q)\n", a.Key, a.Value)
		case bot.HandOver:
			t.printf("     (handed over to a person: %s)\n", a.Reason)
		case bot.End:
			t.printf("     (the end: %s)\n", a.Outcome)
		}
	}
}
