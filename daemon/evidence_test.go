package daemon

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"
)

func TestEvidenceIsFoundByTime(t *testing.T) {
	e := evidence{t.TempDir()}
	at := time.Now().Truncate(time.Millisecond)
	for i, picture := range [][]byte{nil, []byte("png"), nil} {
		if err := e.Keep(benchPhone, at.Add(time.Duration(i)*time.Minute), fmt.Sprint("why ", i), []byte("<x/>"), picture); err != nil {
			t.Fatal(err)
		}
	}
	got, err := e.Of(benchPhone, at.Add(time.Second), at.Add(90*time.Second))
	if err != nil || len(got) != 1 || got[0].Why != "why 1" || !got[0].Picture || !got[0].At.Equal(at.Add(time.Minute)) {
		t.Fatalf("evidence: %+v, %v", got, err)
	}
	f, err := e.Open(benchPhone, got[0].Name+".xml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if b, err := io.ReadAll(f); err != nil || string(b) != "<x/>" {
		t.Errorf("dump: %q %v", b, err)
	}
	for _, name := range []string{"../" + benchPhone + "/" + got[0].Name + ".xml", got[0].Name + ".txt", "", "x.png"} {
		if f, err := e.Open(benchPhone, name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q opens: %v %v", name, f, err)
		}
	}
	if none, err := e.Of("999", at, at); err != nil || none != nil {
		t.Errorf("of another phone: %v %v", none, err)
	}
}

func TestOldEvidenceGoes(t *testing.T) {
	e := evidence{t.TempDir()}
	now := time.Now()
	for _, at := range []time.Time{now.Add(-48 * time.Hour), now.Add(-time.Hour)} {
		if err := e.Keep(benchPhone, at, "why", []byte("<x/>"), []byte("png")); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := e.Drop(now.Add(-24 * time.Hour)); n != 3 || err != nil {
		t.Errorf("dropped: %d, %v; want 3 files", n, err)
	}
	if left, err := e.Of(benchPhone, now.Add(-96*time.Hour), now); len(left) != 1 || err != nil {
		t.Errorf("left: %+v, %v; want the younger one", left, err)
	}
	if n, err := (evidence{e.dir + "/none"}).Drop(now); n != 0 || err != nil {
		t.Errorf("where nothing was kept: %d, %v", n, err)
	}
}
