package main

import (
	"bytes"
	"testing"
)

// FuzzReadPeople feeds any file as a CSV of a campaign's people: each has a
// value for each column, or the file is refused.
func FuzzReadPeople(f *testing.F) {
	for _, s := range []string{
		"number,name\n+15550001,Ana\n", "name;phone\nAna;+1555\n", "\xff\xfen\x00u\x00m\x00b\x00e\x00r\x00\n\x001\x00", "number\n\"a\nb\"\n", "15550000001\n", "number,number\n1,2\n", "\xef\xbb\xbfto\n1\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		people, columns, err := readPeople(bytes.NewReader(file))
		if err != nil {
			if people != nil {
				t.Error("people with an error")
			}
			return
		}
		if len(people) == 0 || len(columns) == 0 {
			t.Fatalf("%d people, columns %q", len(people), columns)
		}
		for _, p := range people {
			for _, c := range columns {
				if _, ok := p.Variables[c]; !ok {
					t.Errorf("no value of %q: %+v", c, p)
				}
			}
		}
	})
}
