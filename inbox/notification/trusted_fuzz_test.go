package notification

import "testing"

// FuzzParseTrusted feeds a dump whose records are known from its redacted form:
// whatever the texts hold, no other record comes out.
func FuzzParseTrusted(f *testing.F) {
	for _, tt := range forgeries {
		dump := []byte(form{}.dump(chatPost(ana, tagA, "Ana", line{sender: "Ana", text: tt.text, sec: 10})))
		f.Add(dump, dump)
		f.Add(dump, []byte(form{}.dump()))
	}
	f.Fuzz(func(t *testing.T, data, redacted []byte) {
		trusted, err := Headers(redacted)
		if err != nil {
			trusted = nil
		}
		records, err := ParseTrusted(data, trusted)
		if err != nil && records != nil {
			t.Error("records with an error")
		}
		for _, r := range records {
			if !trusted[r.Identity()] {
				t.Errorf("record %q is not in the redacted dump", r.Identity())
			}
		}
		Conversations(records, nil, DefaultWords())
	})
}
