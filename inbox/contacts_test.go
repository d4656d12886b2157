package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseRows(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     [][]string
	}{
		{"no contacts", "No result found.\n", nil},
		{"nothing", "", nil},
		{"two rows", "Row: 0 a=1, b=Ana\nRow: 1 a=2, b=Ben\n", [][]string{{"1", "Ana"}, {"2", "Ben"}}},
		{"carriage returns", "Row: 0 a=1, b=Ana\r\nRow: 1 a=2, b=Ben\r\n", [][]string{{"1", "Ana"}, {"2", "Ben"}}},
		{"NULL is empty", "Row: 0 a=NULL, b=NULL\n", [][]string{{"", ""}}},
		{"commas and line feeds in the last column", "Row: 0 a=1, b=Ana, b=x\nMuster\nRow: 1 a=2, b=\n", [][]string{{"1", "Ana, b=x\nMuster"}, {"2", ""}}},
		{"a name that imitates a row of another number", "Row: 0 a=1, b=Ana\nRow: 7 a=2, b=Bank\nRow: 1 a=3, b=Ben\n", [][]string{{"1", "Ana\nRow: 7 a=2, b=Bank"}, {"3", "Ben"}}},
		{"other columns", "Row: 0 x=1\nRow: 1 a=2, b=Ben\n", [][]string{{"2", "Ben"}}},
		{"an error of the phone", "Error while accessing provider:com.android.contacts\njava.lang.SecurityException: Permission Denial\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, parseRows(tt.in, "a", "b")); diff != "" {
				t.Error("rows (-want +got):\n", diff)
			}
		})
	}
}

// book answers the two queries.
type book struct {
	phones, raw string
	err         error
}

func (b book) Output(_ context.Context, command string) (string, error) {
	switch command {
	case phonesQuery:
		return b.phones, b.err
	case rawQuery:
		return b.raw, nil
	}
	return "", fmt.Errorf("unknown command %q", command)
}

func TestContacts(t *testing.T) {
	b := book{
		phones: "Row: 0 data4=+491700000001, data1=0170 0000001, display_name=Ana\n" +
			"Row: 1 data4=NULL, data1=0170 0000002, display_name=Local\n" +
			"Row: 2 data4=NULL, data1=+49 170 0000003, display_name=Ben\n" +
			"Row: 3 data4=+491700000004, data1=x, display_name=Ben\n" +
			"Row: 4 data4=+5592991234567, data1=x, display_name=Cem\n",
		raw: "Row: 0 account_type=com.whatsapp, sync1=559291234567@s.whatsapp.net, display_name=Cem\n" +
			"Row: 1 account_type=com.google, sync1=491700000009@s.whatsapp.net, display_name=Eve\n" +
			"Row: 2 account_type=com.whatsapp, sync1=NULL, display_name=Group\n",
	}
	var c Contacts
	if err := c.Load(t.Context(), b, 0); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Ana": "491700000001", "\u200eAna ": "491700000001", "Local": "", "Ben": "", "Cem": "559291234567", "Eve": "", "": "", "Nobody": "",
	} {
		if got := c.Number(name); got != want {
			t.Errorf("Number(%q) = %q, want %q", name, got, want)
		}
	}
	if got := c.Numbers("Ben"); len(got) != 2 {
		t.Errorf("Numbers(Ben) = %q, want two", got)
	}
	for number, want := range map[string]string{"491700000001": "Ana", "491700000003": "", "5592991234567": "Cem", "559291234567": "Cem", "1": ""} {
		if got := strings.Join(c.Names(number), ","); got != want {
			t.Errorf("Names(%s) = %q, want %q", number, got, want)
		}
	}
	if err := c.Load(t.Context(), book{err: errors.New("gone"), raw: b.raw}, 0); err != nil {
		t.Errorf("one of two queries failed: %v", err)
	}
}

func FuzzParseRows(f *testing.F) {
	f.Add("Row: 0 a=1, b=Ana\nRow: 1 a=2, b=Ben\n")
	f.Add("Row: 0 a=1, b=Ana\nRow: 7 a=2, b=Bank\nRow: 1 a=3, b=Ben\n")
	f.Fuzz(func(t *testing.T, in string) {
		for _, row := range parseRows(in, "a", "b") {
			if len(row) != 2 || strings.Contains(row[0], ", b=") {
				t.Errorf("row %q", row)
			}
		}
	})
}

// A name counts as shared if anything says so: other marks, another encoding, a
// number in local form.
func TestSharedNames(t *testing.T) {
	var c Contacts
	c.set("Row: 0 data4=+491700000001, data1=x, display_name=Jos\u00e9\n"+
		"Row: 1 data4=+491700000002, data1=x, display_name=Jose\u0301\n"+
		"Row: 2 data4=+491700000003, data1=x, display_name=Mum\n"+
		"Row: 3 data4=NULL, data1=0171 5550001, display_name=Mum\n"+
		"Row: 4 data4=+491700000004, data1=x, display_name=Ben\n"+
		"Row: 5 data4=NULL, data1=0170 0000004, display_name=Ben\n"+
		"Row: 6 data4=+491700000005, data1=x, display_name=~Ann\n", "", time.Now())
	for name, want := range map[string]struct {
		shared bool
		number string
	}{
		"José": {true, ""}, "Mum": {true, ""}, "Ben": {false, "491700000004"}, "\u200eBen": {false, "491700000004"},
		"~Ann": {false, "491700000005"}, "~ Ann": {false, ""}, "Ann": {false, ""}, "ben": {false, ""},
	} {
		if got := c.Shared(name); got != want.shared || c.Number(name) != want.number {
			t.Errorf("%q: shared %v, number %q, want %+v", name, got, c.Number(name), want)
		}
	}
	if got := c.Names("491700000003"); len(got) != 0 {
		t.Errorf("a shared name proves a number: %q", got)
	}
	if !c.Saved("491700000003") || c.Saved("491700000009") {
		t.Error("who is saved")
	}
}

// An unknown name has the address book read again, once in a while.
func TestRefreshOfContacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Contacts
		reads := 0
		c.loadWith(func(context.Context) error {
			if reads++; reads > 1 {
				c.set("Row: 0 data4=+491700000001, data1=x, display_name=Ana\n", "", time.Now())
			}
			return nil
		})
		for range 5 {
			c.Refresh(t.Context(), false, "Ana", "~ Chosen", "")
		}
		if reads != 1 {
			t.Errorf("an unknown name: %d readings, want 1", reads)
		}
		time.Sleep(unknownFor)
		for range 5 {
			c.Refresh(t.Context(), false, "Ana")
		}
		if reads != 2 || c.Number("Ana") != "491700000001" {
			t.Errorf("after a while: %d readings, number %q", reads, c.Number("Ana"))
		}
		for i := range 200 {
			c.Refresh(t.Context(), false, fmt.Sprint("unknown ", i))
		}
		if reads > refreshes+1 {
			t.Errorf("%d readings in a minute", reads)
		}
	})
}

// A name that was one person's by the last reading decides only if the address
// book was read a moment ago.
func TestConfirmReadsTheContactsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Contacts
		reads := 0
		c.set("Row: 0 data4=+491700000001, data1=x, display_name=Ana\n", "", time.Now())
		c.loadWith(func(context.Context) error {
			reads++
			c.set("Row: 0 data4=+491700000001, data1=x, display_name=Ana\nRow: 1 data4=+491700000002, data1=x, display_name=Ana\n", "", time.Now())
			return nil
		})
		c.Confirm(t.Context(), "Ana")
		if reads != 0 || c.Number("Ana") == "" {
			t.Errorf("just read: %d readings, number %q", reads, c.Number("Ana"))
		}
		time.Sleep(confirmedFor)
		c.Confirm(t.Context(), "Ben", "")
		if reads != 0 {
			t.Errorf("names that decide nothing: %d readings", reads)
		}
		c.Confirm(t.Context(), "Ben", "Ana")
		if reads != 1 || c.Number("Ana") != "" {
			t.Errorf("after a second: %d readings, number %q; two people have the name now", reads, c.Number("Ana"))
		}
	})
}
