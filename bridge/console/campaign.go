package console

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/audit"
	"github.com/wabridge/wabridge/queue"
)

const campaignsMost = 50

// campaignView is a campaign with its progress.
type campaignView struct {
	wabridge.Campaign
	Href, Title, Of string
	Word            string // text campaign.<word>: its state, or done
	Look            string
	At              moment
	Done, Total     int // messages that ended in any way, of those accepted
	Percent         int
	Parts           []part // of the bar
	CanPause        bool
	CanResume       bool
	CanCancel       bool
}

// A part is a stretch of a progress bar: messages that came to the same.
type part struct {
	Word  string // text campaign.part_<word>
	Count int
	From  int // percent of the whole
	Width int
}

// campaignsData is what the page shows.
type campaignsData struct {
	Tabs []outboxTab
	List []campaignView
	Next string
	One  *campaignView // the one that is looked at
	Rows []letter      // its messages that could not be sent
}

func (c *Console) campaigns(v *visit) error {
	d, err := c.campaignsOf(v)
	if err != nil {
		return err
	}
	if d.Tabs, err = c.tabs(v, "campaigns", ""); err != nil {
		return err
	}
	return c.showAs(v, http.StatusOK, "campaigns", d)
}

// campaignRows is the part that is live, or the rows of a further page.
func (c *Console) campaignRows(v *visit) error {
	d, err := c.campaignsOf(v)
	if err != nil {
		return err
	}
	return c.part(v, "campaign-rows", d)
}

func (c *Console) campaignsOf(v *visit) (campaignsData, error) {
	var d campaignsData
	var before time.Time
	if raw := v.FormValue("before"); raw != "" {
		var err error
		if before, err = time.Parse(time.RFC3339Nano, raw); err != nil {
			return d, errNowhere
		}
	}
	phones, err := c.Store.Phones(v.Context())
	if err != nil {
		return d, err
	}
	found, err := c.Store.Campaigns(v.Context(), "", before, campaignsMost)
	names := phoneNames(phones)
	for _, one := range found {
		d.List = append(d.List, v.campaign(one, names))
	}
	if len(found) == campaignsMost {
		d.Next = Path + "/outbox/campaigns/rows?before=" + url.QueryEscape(found[len(found)-1].Created.Format(time.RFC3339Nano))
	}
	return d, err
}

// campaign is one campaign with its messages that could not be sent.
func (c *Console) campaign(v *visit) error {
	found, err := c.Store.Campaign(v.Context(), v.PathValue("id"))
	if err != nil {
		return err
	}
	phones, err := c.Store.Phones(v.Context())
	if err != nil {
		return err
	}
	one := v.campaign(found, phoneNames(phones))
	d := campaignsData{One: &one}
	for _, state := range []wabridge.State{wabridge.Unconfirmed, wabridge.Failed, wabridge.Expired} {
		if found.Counts[state] == 0 {
			continue
		}
		bad, err := c.Store.Messages(v.Context(), queue.MessageFilter{Campaign: found.ID, States: []wabridge.State{state}, Limit: outboxRowsMost})
		if err != nil {
			return err
		}
		letters, err := c.letters(v, bad, nil)
		if err != nil {
			return err
		}
		d.Rows = append(d.Rows, letters...)
	}
	if v.htmx() {
		return c.part(v, "campaign", d)
	}
	return c.showAs(v, http.StatusOK, "campaign", d)
}

func (v *visit) campaign(in wabridge.Campaign, names map[string]string) campaignView {
	o := campaignView{Campaign: in, Href: Path + "/outbox/campaigns/" + url.PathEscape(in.ID), Title: or(in.Name, in.ID), Of: names[in.Phone], At: v.at(in.Created)}
	group := func(word string, states ...wabridge.State) {
		p := part{Word: word}
		for _, s := range states {
			p.Count += in.Counts[s]
		}
		o.Parts = append(o.Parts, p)
	}
	group("read", wabridge.Read)
	group("delivered", wabridge.Delivered)
	group("sent", wabridge.Handed, wabridge.Sent)
	group("failed", wabridge.Failed, wabridge.Expired)
	group("unconfirmed", wabridge.Unconfirmed)
	group("canceled", wabridge.Canceled)
	for _, n := range in.Counts {
		o.Total += n
	}
	from := 0.0
	for i := range o.Parts {
		p := &o.Parts[i]
		o.Done += p.Count
		share := 100 * float64(p.Count) / float64(max(1, o.Total))
		p.From, p.Width = int(from*10), int((from+share)*10)-int(from*10)
		from += share
	}
	o.Percent = percent(o.Done, o.Total)
	open := in.Counts[wabridge.Queued] + in.Counts[wabridge.Sending] + in.Counts[wabridge.Unconfirmed]
	o.Word, o.Look = string(in.State), "busy"
	switch {
	case in.State == wabridge.CampaignCanceled:
		o.Look = ""
	case in.State == wabridge.CampaignPaused:
		o.Look = "warn"
	case in.State == wabridge.CampaignRunning && open == 0:
		o.Word, o.Look = "done", "good"
	}
	can := v.Can(queue.ScopeSend) && o.Word != "done"
	o.CanPause = can && (in.State == wabridge.CampaignRunning || in.State == wabridge.CampaignLoading)
	o.CanResume = can && in.State == wabridge.CampaignPaused
	o.CanCancel = o.CanPause || o.CanResume
	return o
}

// moveCampaign pauses, resumes or cancels.
func (c *Console) moveCampaign(v *visit) error {
	id, act, at := v.PathValue("id"), v.PathValue("act"), now()
	var err error
	switch act {
	case "pause", "resume":
		_, err = c.Store.HoldCampaign(v.Context(), id, act == "pause", at)
	case "cancel":
		_, err = c.Store.CancelCampaign(v.Context(), id, at)
		c.note(v, audit.CampaignCancel, id, "", err)
	default:
		return errNowhere
	}
	if err != nil {
		return err
	}
	c.Log.Info("campaign moved in the console", "campaign", id, "act", act, "token", v.Token.ID)
	if !v.htmx() {
		http.Redirect(v.w, v.Request, Path+"/outbox/campaigns/"+url.PathEscape(id), http.StatusSeeOther)
		return nil
	}
	c.toast(v, "good", v.Lang.T("campaign.was_"+strings.ToLower(act)), "rows")
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}
