package cloud

import (
	"cmp"
	"context"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// profileKind names the node; profileID is its id among a phone's objects.
const (
	profileKind    = "WhatsAppBusinessProfile"
	profileID      = "profile"
	defaultProfile = "about,address,description,email,messaging_product,profile_picture_url,websites,vertical"
)

// verticals are the industries that a profile may name (contract, section 5).
var verticals = []string{"UNDEFINED", "OTHER", "AUTO", "BEAUTY", "APPAREL", "EDU", "ENTERTAIN", "EVENT_PLAN", "FINANCE", "GROCERY", "GOVT", "HOTEL",
	"HEALTH", "NONPROFIT", "PROF_SERVICES", "RETAIL", "TRAVEL", "RESTAURANT", "ALCOHOL", "ONLINE_GAMBLING", "PHYSICAL_GAMBLING", "OTC_DRUGS",
	"MATRIMONY_SERVICE", "NOT_A_BIZ"}

// A businessProfile is what is kept of a profile. It is this server's own: the
// profile in the app is edited on the phone.
type businessProfile struct {
	About       string   `json:"about,omitempty"`
	Address     string   `json:"address,omitempty"`
	Description string   `json:"description,omitempty"`
	Email       string   `json:"email,omitempty"`
	Websites    []string `json:"websites,omitempty"`
	Vertical    string   `json:"vertical,omitempty"`
	Picture     string   `json:"picture,omitempty"` // id of its file
}

// profile is GET /{phone}/whatsapp_business_profile.
func (a *api) profile(w http.ResponseWriter, r *http.Request) error {
	phone, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	fields, err := p.wanted(defaultProfile)
	if err != nil {
		return err
	}
	var b businessProfile
	if _, err := load(r.Context(), a.Store, queue.ObjectProfile, phone.ID, profileID, &b); err != nil {
		return err
	}
	out, err := project(b.node(a.pictureURL(r, b.Picture)), profileKind, fields)
	if err != nil {
		return err
	}
	out["messaging_product"] = "whatsapp" // always there: clients decode it
	writeJSON(w, http.StatusOK, node{"data": []any{out}})
	return nil
}

func (b businessProfile) node(picture string) node {
	n := node{"about": known(b.About), "address": known(b.Address), "description": known(b.Description), "email": known(b.Email),
		"vertical": cmp.Or(b.Vertical, "UNDEFINED"), "messaging_product": "whatsapp", "profile_picture_url": known(picture), "websites": nil}
	if len(b.Websites) > 0 {
		n["websites"] = b.Websites
	}
	return n
}

// changeProfile is POST /{phone}/whatsapp_business_profile: the members that
// are given change, "" empties one.
func (a *api) changeProfile(w http.ResponseWriter, r *http.Request) error {
	phone, p, err := a.onPhone(w, r)
	if err != nil {
		return err
	}
	if err := p.product(); err != nil {
		return err
	}
	change, err := p.profile()
	if err != nil {
		return err
	}
	handle, err := p.text("profile_picture_handle")
	if err != nil {
		return err
	}
	picture, before := "", ""
	if handle != "" {
		if picture, err = a.keepPicture(r.Context(), phone, handle); err != nil {
			return err
		}
	}
	err = revise(r.Context(), a.Store, queue.ObjectProfile, phone.ID, profileID, func(b *businessProfile) error {
		change(b)
		if picture != "" {
			b.Picture, before = picture, b.Picture
		}
		return nil
	})
	if err != nil {
		return err
	}
	if before != "" {
		if err := a.Store.DeleteMedia(r.Context(), before); err != nil && wabridge.CodeOf(err) != wabridge.CodeNotFound {
			return err
		}
	}
	return succeed(w)
}

// profile reads the members of a profile, checked, and returns what sets
// those that were given.
func (p params) profile() (func(*businessProfile), error) {
	var given businessProfile
	var set []func(*businessProfile)
	for _, m := range []struct {
		name string
		most int
		at   func(*businessProfile) *string
	}{
		{"about", 139, func(b *businessProfile) *string { return &b.About }},
		{"address", 256, func(b *businessProfile) *string { return &b.Address }},
		{"description", 512, func(b *businessProfile) *string { return &b.Description }},
		{"email", 128, func(b *businessProfile) *string { return &b.Email }},
		{"vertical", 32, func(b *businessProfile) *string { return &b.Vertical }},
	} {
		s, there, err := p.short(m.name, m.most)
		if err != nil {
			return nil, err
		}
		if there {
			*m.at(&given) = s
			set = append(set, func(b *businessProfile) { *m.at(b) = *m.at(&given) })
		}
	}
	given.Vertical = strings.ToUpper(given.Vertical)
	if err := given.check(p); err != nil {
		return nil, err
	}
	if p.has("websites") {
		var err error
		if given.Websites, err = p.websites(); err != nil {
			return nil, err
		}
		set = append(set, func(b *businessProfile) { b.Websites = given.Websites })
	}
	return func(b *businessProfile) {
		for _, f := range set {
			f(b)
		}
	}, nil
}

// check holds the members that were given to what they may be.
func (b businessProfile) check(p params) error {
	if p.has("about") && b.About == "" {
		return say(wabridge.CodeParameter, "(#100) Param about must be at least 1 characters long.", "about: it cannot be empty; leave it out to keep it")
	}
	if b.Vertical != "" && !slices.Contains(verticals, b.Vertical) {
		return oneOf("vertical", verticals, b.Vertical)
	}
	if b.Email == "" {
		return nil
	}
	if at, err := mail.ParseAddress(b.Email); err != nil || at.Address != b.Email {
		return say(wabridge.CodeParameter, "(#100) Param email must be a valid email address", "email: give it like shop@example.org")
	}
	return nil
}

// websites reads at most two addresses.
func (p params) websites() ([]string, error) {
	list, err := p.list("websites")
	if err != nil {
		return nil, err
	}
	if len(list) > 2 {
		return nil, say(wabridge.CodeParameter, "(#100) Param websites must have at most 2 elements.", "websites: there are %d; keep two", len(list))
	}
	for i, s := range list {
		if n := runes(s); n > 256 {
			return nil, tooLong("websites["+string(rune('0'+i))+"]", 256, n)
		}
		if u, err := url.Parse(s); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, say(wabridge.CodeParameter, "(#100) Param websites["+string(rune('0'+i))+"] is not a valid URI.", "websites: each begins with http:// or https://")
		}
	}
	return list, nil
}

// keepPicture makes a lasting record of an uploaded picture: the upload's own
// one is forgotten after 30 days.
func (a *api) keepPicture(ctx context.Context, phone wabridge.Phone, handle string) (id string, err error) {
	wrong := func(remedy string) error {
		return say(wabridge.CodeParameter, "(#100) Param profile_picture_handle is not a valid handle.", "profile_picture_handle: %s", remedy)
	}
	upload, err := a.byHandle(ctx, handle)
	if wabridge.CodeOf(err) == wabridge.CodeNotFound {
		return "", wrong("take the h that ends a resumable upload: POST /app/uploads, then POST /upload:…")
	}
	if err != nil {
		return "", err
	}
	if upload.MIME != "image/jpeg" && upload.MIME != "image/png" || upload.Size > maxPicture {
		return "", wrong("the picture must be a JPEG or PNG of at most 5 MB")
	}
	now := time.Now()
	upload.ID, upload.Phone, upload.Origin, upload.Created, upload.Expires = "", phone.ID, queue.MediaMade, now, now.AddDate(100, 0, 0)
	kept, err := a.Store.PutMedia(ctx, upload)
	return kept.ID, err
}

// maxPicture bounds a profile picture, in bytes (that of any picture).
const maxPicture = 5 << 20

// pictureURL is where the picture can be fetched with a token, for a few
// minutes, as any file; "" without one.
func (a *api) pictureURL(r *http.Request, id string) string {
	if id == "" || a.Library == nil {
		return ""
	}
	return a.Signer.URL(a.base(r), id, time.Now())
}
