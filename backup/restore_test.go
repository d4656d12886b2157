package backup

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// TestWhatWaited: what may have left the phone since the backup is not sent
// once more, what cannot have left is.
func TestWhatWaited(t *testing.T) {
	data := t.TempDir()
	db := gateway(t, data)
	waiting := accept(t, db, 1)
	later := draft(2)
	later.Message.Due = time.Now().Add(time.Hour)
	a, err := db.Enqueue(ctx, later)
	if err != nil {
		t.Fatal(err)
	}
	done := accept(t, db, 3)
	for {
		m, _, err := db.Claim(ctx, phone, time.Now(), time.Minute, queue.Pacing{}.Gate)
		if err != nil || m == nil {
			t.Fatal(err)
		}
		if m.ID == done {
			if _, err := db.Apply(ctx, m.ID, m.Fence, wabridge.WasSent(time.Now())); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	before, err := db.LastEvent(ctx)
	if err != nil {
		t.Fatal(err)
	}
	made := mustMake(t, data, t.TempDir(), Options{})
	for name, test := range map[string]struct {
		resend bool
		want   wabridge.State
		failed int
	}{
		"by itself it fails": {false, wabridge.Failed, 1},
		"asked for, it goes": {true, wabridge.Sending, 0}, // as it was; the lane puts it back
	} {
		t.Run(name, func(t *testing.T) {
			other := t.TempDir()
			r, err := Restore(ctx, made.Path, other, RestoreOptions{Resend: test.resend})
			if err != nil || r.Failed != test.failed {
				t.Fatalf("restored: %+v, %v", r, err)
			}
			restored := gateway(t, other)
			if got := state(t, restored, waiting); got != test.want {
				t.Errorf("what waited is %s, want %s", got, test.want)
			}
			if got := state(t, restored, a[0].Message.ID); got != wabridge.Queued {
				t.Errorf("what is due later is %s", got)
			}
			if got := state(t, restored, done); got != wabridge.Sent {
				t.Errorf("what was sent is %s", got)
			}
			accept(t, restored, 9)
			if n, err := restored.LastEvent(ctx); err != nil || n < before+1_000_000 {
				t.Errorf("event numbers go on at %d, those of the backup end at %d: %v", n, before, err)
			}
			sound(t, restored)
		})
	}
}

func TestRefused(t *testing.T) {
	data := t.TempDir()
	db := gateway(t, data)
	accept(t, db, 1)
	made := mustMake(t, data, t.TempDir(), Options{})
	if _, err := Restore(ctx, made.Path, data, RestoreOptions{Force: true}); wabridge.CodeOf(err) != wabridge.CodeStorage {
		t.Errorf("while a gateway runs: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(ctx, made.Path, data, RestoreOptions{}); err == nil {
		t.Error("it writes over a database")
	}
	if _, err := Restore(ctx, t.TempDir(), t.TempDir(), RestoreOptions{}); err == nil {
		t.Error("an empty directory is a backup")
	}
	r, err := Restore(ctx, made.Path, data, RestoreOptions{Force: true})
	if err != nil || !exists(filepath.Join(r.Aside, DatabaseName)) {
		t.Errorf("forced: %+v, %v", r, err)
	}
}

// TestCutOff ends a restore between any two of its moves: either nothing has
// changed, or Finish completes it.
func TestCutOff(t *testing.T) {
	source := t.TempDir()
	db := gateway(t, source)
	newer := accept(t, db, 1)
	file := put(t, source, "restored file")
	made := mustMake(t, source, t.TempDir(), Options{})
	cut := errors.New("cut off")
	for n := 1; ; n++ {
		data := t.TempDir()
		old := gateway(t, data)
		older := accept(t, old, 2)
		oldFile := put(t, data, "old file")
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		left := n
		moved = func() {
			if left--; left == 0 {
				panic(cut)
			}
		}
		whole := func() (whole bool) {
			defer func() {
				if r := recover(); r != nil && r != any(cut) {
					panic(r)
				}
			}()
			_, err := Restore(ctx, made.Path, data, RestoreOptions{Force: true})
			if err != nil {
				t.Fatal(err)
			}
			return true
		}()
		moved = func() {}
		finished, err := Finish(ctx, data)
		if err != nil || finished == whole {
			t.Fatalf("cut off at move %d: finished %t, %v", n, finished, err)
		}
		again := gateway(t, data)
		state(t, again, newer)
		sound(t, again)
		if _, err := again.Message(ctx, older); wabridge.CodeOf(err) != wabridge.CodeNotFound {
			t.Errorf("cut off at move %d: the old database is there: %v", n, err)
		}
		if !exists(mediaPath(data, file)) || exists(mediaPath(data, oldFile)) {
			t.Errorf("cut off at move %d: the files are not the backup's", n)
		}
		aside, err := filepath.Glob(filepath.Join(data, asideName+"*", DatabaseName))
		if err != nil || len(aside) != 1 {
			t.Errorf("cut off at move %d: put aside: %v, %v", n, aside, err)
		}
		if whole {
			if n < 4 {
				t.Errorf("a restore has only %d moves", n-1)
			}
			return
		}
	}
}

// child does its job again and again, and says each time that it is done.
func child(job string) {
	data, dir := os.Getenv("DATA"), os.Getenv("BACKUPS")
	for {
		var err error
		if job == "make" {
			_, err = Make(ctx, data, dir, Options{Keep: 3})
		} else {
			_, err = Restore(ctx, dir, data, RestoreOptions{Force: true})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println("done")
	}
}

// TestKilled kills processes that back up, and that restore, at random
// moments: every backup that looks finished is sound, and the data directory
// always holds one whole database.
func TestKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Skipf("the test binary cannot be run again: %v", err)
	}
	source, data, dir := t.TempDir(), t.TempDir(), t.TempDir()
	db := gateway(t, source)
	id := accept(t, db, 1)
	for i := range 40 {
		put(t, source, fmt.Sprint("file ", i))
	}
	mustMake(t, source, dir, Options{})
	for range 4 {
		killed(t, self, "make", source, dir)
		names, err := list(dir)
		if err != nil || len(names) == 0 {
			t.Fatalf("backups: %v, %v", names, err)
		}
		for _, name := range names {
			if v, err := Verify(ctx, filepath.Join(dir, name), nil); err != nil || !v.OK() {
				t.Errorf("backup %s: %+v, %v", name, v, err)
			}
		}
	}
	if _, err := Restore(ctx, dir, data, RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		killed(t, self, "restore", data, dir)
		if _, err := Finish(ctx, data); err != nil {
			t.Fatal(err)
		}
		db := gateway(t, data)
		state(t, db, id)
		sound(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if files, err := filepath.Glob(filepath.Join(data, MediaName, "*", "*", "*")); err != nil || len(files) != 40 {
			t.Errorf("%d files, %v", len(files), err)
		}
	}
}

// killed runs a child until a random time after its first success.
func killed(t *testing.T, self, job, data, dir string) {
	t.Helper()
	c := exec.Command(self)
	c.Env = append(os.Environ(), childEnv+"="+job, "DATA="+data, "BACKUPS="+dir)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if n == 0 {
			timer := time.AfterFunc(time.Duration(rand.IntN(400))*time.Millisecond, func() { _ = c.Process.Kill() })
			defer timer.Stop()
		}
	}
	if err := c.Wait(); err == nil || c.ProcessState.ExitCode() == 1 {
		t.Errorf("%s ended by itself: %v", job, err)
	}
}
