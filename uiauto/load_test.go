package uiauto

import "testing"

func profiles(t testing.TB) *Profiles {
	t.Helper()
	p, err := LoadProfiles("")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBuiltin(t *testing.T) {
	p := profiles(t)
	if p.For("com.whatsapp") == nil || p.For("com.whatsapp.w4b") == nil || p.For("org.other") != nil {
		t.Error("the packages are not those of the profile")
	}
}
