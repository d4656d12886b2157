package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
)

// inboxPage shows conversations, and one of them beside the list.
func inboxPage() page {
	return page{Name: "inbox", Routes: func(c *Console, r *router) {
		r.show("", c.inbox)
		r.show("/list", c.inboxList)
		r.show("/new", c.newTalk)
		r.show("/file/{message}", c.file)
		r.show("/{phone}/{chat}", c.talk)
		r.show("/{phone}/{chat}/bubbles", c.bubbles)
		r.show("/{phone}/{chat}/picture", c.picture)
		r.show("/{phone}/{chat}/templates", c.templateForms)
		r.act(queue.ScopeSend, "/{phone}/{chat}/send", c.send)
		r.act(queue.ScopeSend, "/{phone}/{chat}/seen", c.seen)
		r.act(queue.ScopeSend, "/{phone}/{chat}/session", c.handOver)
	}}
}

const (
	listPage  = 50  // conversations
	foundMost = 30  // people, and as many texts
	maxSearch = 200 // bytes of the words
)

// inboxData is what the page shows: the list and, if one is open, a talk.
type inboxData struct {
	List   listData
	Talk   *talkData
	Phones []wabridge.Phone
	Steps  []step // of a system that nothing was said in yet
}

// listData is the list of conversations, or what a search found.
type listData struct {
	Phone string // only its conversations
	Show  string // "unread", "wrote" (only those in which the other side wrote), or "" for all
	Words string
	Rows  []listRow
	Texts []listRow
	Next  string // address of the next page
}

// A listRow is one conversation in the list, or a message that was found.
type listRow struct {
	Phone, Chat, Href string
	Name, Initial     string
	Number            string
	Group, Pictured   bool
	Unread            int
	At                moment
	Last              string // what was said last
	LastMine          bool
	Tick              string
	Open              bool
	Of                string // name of the phone, where there are several
}

func (c *Console) inbox(v *visit) error {
	d, err := c.inboxAround(v, nil)
	if err != nil {
		return err
	}
	return c.show(v, d)
}

// inboxAround makes the page around a talk, or around none.
func (c *Console) inboxAround(v *visit, talk *talkData) (inboxData, error) {
	d := inboxData{Talk: talk}
	var err error
	if d.Phones, err = c.Store.Phones(v.Context()); err != nil {
		return d, err
	}
	if d.List, err = c.list(v, d.Phones); err != nil {
		return d, err
	}
	l := d.List
	if talk == nil && len(l.Rows) == 0 && l.Phone == "" && l.Show == "" && l.Words == "" {
		d.Steps, err = c.steps(v, d.Phones)
	}
	return d, err
}

// inboxList is the list alone, after a change or a search.
func (c *Console) inboxList(v *visit) error {
	phones, err := c.Store.Phones(v.Context())
	if err != nil {
		return err
	}
	l, err := c.list(v, phones)
	if err != nil {
		return err
	}
	return c.part(v, "inbox-list", l)
}

func (c *Console) list(v *visit, phones []wabridge.Phone) (listData, error) {
	l := listData{Phone: v.FormValue("phone"), Show: v.listShown(), Words: strings.TrimSpace(v.FormValue("q"))}
	if len(l.Words) > maxSearch {
		l.Words = ""
	}
	names := phoneNames(phones)
	if l.Words != "" {
		return l, c.search(v, &l, names)
	}
	found, err := c.Store.Conversations(v.Context(), queue.ConversationFilter{Phone: l.Phone, Unread: l.Show == showUnread, Wrote: l.Show == showWrote,
		After: v.FormValue("after"), Limit: listPage})
	if wabridge.CodeOf(err) == wabridge.CodeParameter {
		return l, errNowhere
	}
	for _, one := range found {
		l.Rows = append(l.Rows, v.row(one, names))
	}
	if len(found) == listPage {
		q := l.query()
		q.Set("after", found[listPage-1].Position)
		l.Next = Path + "/inbox/list?" + q.Encode()
	}
	return l, err
}

// query is the filter of the list.
func (l listData) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"phone": l.Phone, "q": l.Words, "show": l.Show} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// What a list may be narrowed to.
const (
	showUnread = "unread"
	showWrote  = "wrote"
)

// listShown is what the request narrows the list to.
func (v *visit) listShown() string {
	switch show := v.FormValue("show"); {
	case show == showUnread, show == showWrote:
		return show
	case v.FormValue("unread") == "1": // addresses of earlier versions
		return showUnread
	}
	return ""
}

// With is the address of the list narrowed to something else: "unread",
// "wrote", or "" for all.
func (l listData) With(show string) string {
	l.Show, l.Words = show, ""
	q := l.query()
	return strings.TrimSuffix(Path+"/inbox?"+q.Encode(), "?")
}

// row shows a conversation in the list.
func (v *visit) row(c queue.Conversation, names map[string]string) listRow {
	r := listRow{
		Phone: c.Phone, Chat: c.ID, Href: talkPath(c.Phone, c.ID), Name: chatName(c.Chat), Group: c.Group, Number: shownNumber(c.Number),
		Pictured: c.Pictured, Unread: c.Unread, At: v.at(c.Newest), Of: names[c.Phone],
	}
	r.Initial = initial(r.Name)
	r.Open = v.looksAt(c.Phone, c.ID)
	if m := c.Last; m.ID != "" {
		r.Last, r.LastMine, r.Tick = v.Lang.gist(&m), m.Direction != wabridge.In, tickOf(&m)
	}
	return r
}

// looksAt reports whether the page that the request comes from shows a chat.
func (v *visit) looksAt(phone, chat string) bool {
	path := v.URL.Path
	if v.htmx() {
		u, err := url.Parse(v.Header.Get("HX-Current-URL"))
		if err != nil {
			return false
		}
		path = u.Path
	}
	return path == Path+"/inbox/"+phone+"/"+chat
}

// talkPath is the address of a chat.
func talkPath(phone, chat string) string {
	return Path + "/inbox/" + url.PathEscape(phone) + "/" + url.PathEscape(chat)
}

// phoneNames are what phones are called, where there are several.
func phoneNames(phones []wabridge.Phone) map[string]string {
	names := map[string]string{}
	if len(phones) < 2 {
		return names
	}
	for _, p := range phones {
		names[p.ID] = phoneName(p)
	}
	return names
}

func phoneName(p wabridge.Phone) string { return or(p.Name, or(shownNumber(p.Number), p.ID)) }

// chatName is what a chat is called: its name, else its number, else its id.
func chatName(c wabridge.Chat) string {
	id, _, _ := strings.Cut(c.ID, "@")
	return or(c.Name, or(shownNumber(c.Number), id))
}

// shownNumber writes digits as a number: "+15550001".
func shownNumber(digits string) string {
	if digits == "" {
		return ""
	}
	return "+" + digits
}

// initial is the first letter or digit of a name, for its picture's place.
func initial(name string) string {
	for _, r := range name {
		if r == '+' {
			return ""
		}
		return strings.ToUpper(string(r))
	}
	return ""
}

// picture is the newest picture of a contact.
func (c *Console) picture(v *visit) error {
	picture, taken, err := c.Store.Picture(v.Context(), v.PathValue("phone"), v.PathValue("chat"))
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Cache-Control", "private, max-age=300")
	h.Set("Last-Modified", taken.UTC().Format(http.TimeFormat))
	_, _ = v.w.Write(picture) // the browser may be gone
	return nil
}

// seen notes that the open talk was read up to a message.
func (c *Console) seen(v *visit) error {
	seq, err := strconv.ParseInt(v.PostFormValue("seq"), 10, 64)
	if err != nil {
		return errNowhere
	}
	if err := c.Store.Seen(v.Context(), v.PathValue("phone"), v.PathValue("chat"), seq); err != nil {
		return err
	}
	v.w.Header().Set("HX-Trigger", "list")
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

// A step is one thing that is to be done before the gateway is of use.
type step struct {
	Name string // texts steps.<name>.title and .text
	Done bool
	Code string // a command that does it
}

// steps tell what a new system lacks.
func (c *Console) steps(v *visit, phones []wabridge.Phone) ([]step, error) {
	tokens, err := c.Store.Tokens(v.Context())
	if err != nil {
		return nil, err
	}
	hooks, err := c.Store.Endpoints(v.Context())
	if err != nil {
		return nil, err
	}
	ready, others := false, 0
	for _, p := range phones {
		ready = ready || p.State == wabridge.PhoneReady
	}
	for _, t := range tokens {
		if t.Revoked.IsZero() && t.Name != "local" {
			others++
		}
	}
	return []step{
		{Name: "phone", Done: len(phones) > 0, Code: "wabridge doctor"},
		{Name: "ready", Done: ready, Code: "wabridge phones"},
		{Name: "token", Done: others > 0, Code: "wabridge token create crm --scope send,read"},
		{Name: "message", Code: firstMessage(phones)},
		{Name: "webhook", Done: len(hooks) > 0, Code: "wabridge webhook add https://crm.example.org/hook"},
	}, nil
}

// firstMessage is a command that sends a text; with several phones it names the
// one that sends.
func firstMessage(phones []wabridge.Phone) string {
	from := ""
	if len(phones) > 1 {
		from = " --phone " + phones[0].ID
	}
	return "wabridge send" + from + " +YOUR_NUMBER \"Hello\""
}
