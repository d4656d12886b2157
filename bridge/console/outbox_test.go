package console

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// TestOutbox cancels what waits, sends again what failed, and puts a message
// forward.
func TestOutbox(t *testing.T) {
	d := newDesk(t, withFiles(t))
	d.day()
	page := d.tab(sender, "/console/outbox")
	page.sees(".letter", "Saturday between")
	page.looksRight("outbox")
	page.click(".letter .acts button")
	page.sees(".toast", "Canceled.")
	page.sees(".empty", "Nothing waits")
	page.goTo("/console/outbox?state=failed")
	page.sees(".letter .more", "number is not on WhatsApp")
	page.looksRight("outbox-failed")
	page.click(".letter .acts button")
	page.sees(".toast", "Queued as a new message")
	page.until(`document.querySelector(".tabs .count")?.innerText === "1"`)
	page.sees(".letter .acts", "Sent again")
	page.until(`!document.querySelector(".letter .acts button")`)
	page.goTo("/console/outbox")
	page.click(".letter .to")
	page.sees("h1", "Bob Miller")
	page.sees(".message header", "+15550000002")
	page.do(chromedp.Evaluate(`{const s = document.querySelector("#priority"); s.value = "100"; s.dispatchEvent(new Event("change", {bubbles: true}))}`, nil))
	page.sees(".toast", "Priority changed")
	all, err := d.db.OutboxPage(t.Context(), "", wabridge.Queued, true, 0, 10)
	must(t, err)
	if len(all) != 1 || all[0].Priority != 100 || all[0].Text != "Your table is ready." {
		t.Errorf("queued: %+v", all)
	}
}

// TestEvidence shows what was on the screen while a message was tried.
func TestEvidence(t *testing.T) {
	proofs := folder{t.TempDir()}
	d := newDesk(t, func(c *Config) { c.Evidence = proofs })
	m := d.writes(bob, "hello")
	d.claims()
	must(t, os.WriteFile(filepath.Join(proofs.dir, "a.png"), drawing(t, 108, 240), 0o600))
	must(t, os.WriteFile(filepath.Join(proofs.dir, "a.xml"), []byte("<hierarchy/>"), 0o600))
	d.moves(m, wabridge.HasFailed(time.Now(), wabridge.CodeScreen, "a screen that no profile knows"))
	page := d.tab(reader, "/console/outbox/"+m.ID)
	page.until(`document.querySelector(".proofs img")?.naturalWidth === 108`)
	page.sees(".proofs", "an unknown pop-up")
	page.sees(".notice", "screen that is not known")
	page.looksRight("message")
	got := d.ask(reader, "/console/outbox/evidence/"+phoneID+"/a.xml", nil)
	if got.status != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain") || got.body != "<hierarchy/>" {
		t.Errorf("dump: %d %v", got.status, got.header)
	}
	for _, name := range []string{"b.png", "a.txt", "..%2fa.png.xml"} {
		if got := d.ask(reader, "/console/outbox/evidence/"+phoneID+"/"+name, nil); got.status == http.StatusOK {
			t.Errorf("%s: %d, want none", name, got.status)
		}
	}
}

// A folder is evidence of one screen.
type folder struct{ dir string }

func (f folder) Of(phone string, from, to time.Time) ([]Proof, error) {
	if phone != phoneID || time.Now().Before(from) || time.Now().After(to) {
		return nil, nil
	}
	return []Proof{{Name: "a", At: time.Now(), Why: "an unknown pop-up", Picture: true}}, nil
}

func (f folder) Open(_, name string) (*os.File, error) {
	return os.Open(filepath.Join(f.dir, filepath.Base(name)))
}

// TestCampaigns pauses one, lets it go on, and cancels it, while its progress
// is shown.
func TestCampaigns(t *testing.T) {
	d := newDesk(t)
	made, err := d.db.PutCampaign(t.Context(), queue.NewCampaign{Phone: phoneID, Name: "Spring opening hours", Created: time.Now()})
	must(t, err)
	var drafts []queue.Draft
	for i := range 40 {
		n := fmt.Sprintf("1555777%04d", i)
		drafts = append(drafts, queue.Draft{Message: wabridge.Message{Phone: phoneID, Chat: wabridge.UserJID(n), Number: n, Type: "text", Text: "We open at eight.", Campaign: made.ID}})
	}
	accepted, err := d.db.Enqueue(t.Context(), drafts...)
	must(t, err)
	_, err = d.db.LoadedCampaign(t.Context(), made.ID, 2, time.Now())
	must(t, err)
	at := time.Now()
	for i, a := range accepted[:22] {
		m := d.claims()
		switch {
		case i < 8:
			d.moves(m, wabridge.WasRead(at))
		case i < 15:
			d.moves(m, wabridge.WasDelivered(at))
		case i < 20:
			d.moves(m, wabridge.WasSent(at))
		default:
			d.moves(m, wabridge.HasFailed(at, wabridge.CodeUndeliverable, "not there"))
		}
		_ = a
	}
	page := d.tab(sender, "/console/outbox/campaigns")
	page.sees(".campaign", "22 of 40 done")
	page.looksRight("campaigns")
	page.click(".campaign [id$='-pause']")
	page.sees(".campaign .state", "Paused")
	page.click(".campaign [id$='-resume']")
	page.sees(".campaign .state", "Running")
	page.click(".campaign .to")
	page.sees("h1", "Spring opening hours")
	page.looksRight("campaign")
	page.do(chromedp.Evaluate("window.confirm = () => true", nil))
	page.click(".campaign .button.danger")
	page.sees(".campaign .state", "Canceled")
	page.sees(".legend", "18")
	if got := d.ask(reader, "/console/outbox/campaigns/"+made.ID+"/pause", url.Values{}); got.status != http.StatusForbidden {
		t.Errorf("a reader pauses: %d, want 403", got.status)
	}
}

// TestEmptyShelves: each empty tab says what would be there.
func TestEmptyShelves(t *testing.T) {
	d := newDesk(t)
	for _, s := range shelves {
		if got := d.ask(reader, "/console/outbox?state="+s.Name, nil); got.status != http.StatusOK || strings.Contains(got.body, "outbox.none_") {
			t.Errorf("%s: %d", s.Name, got.status)
		}
	}
	if got := d.ask(reader, "/console/outbox?state=x", nil); got.status != http.StatusNotFound {
		t.Errorf("no such shelf: %d", got.status)
	}
}
