package phone

import (
	"context"
	"slices"
	"sync"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/displayname"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// maxNamesakes bounds how many chats of one name are looked at.
const maxNamesakes = 50

// An owner is one whom a chat's title may name.
type owner struct {
	number string // digits, "" where only the chat's id is known
	chat   wabridge.Chat
}

// ref is the chat of an owner.
func (o owner) ref(title string) wabridge.ChatRef {
	ref := wabridge.ChatRef{JID: o.chat.JID, Number: o.number, Name: title, Group: o.chat.Group}
	if ref.JID == "" && o.number != "" {
		ref.JID = wabridge.UserJID(o.number)
	}
	return ref
}

// is reports whether an owner is the person, or the group, that a goal names.
func (o owner) is(g whatsapp.Goal) bool {
	if g.Number != "" {
		return wabridge.SameNumber(o.number, g.Number)
	}
	return g.JID != "" && (o.chat.JID == g.JID || o.chat.ID == g.JID)
}

// titleOwners lists all whom a title may name: who is saved under it, the chats
// that were shown under it, and the person whose number it reads like, unless
// that number is saved: the app would show the saved name. Nobody is saved under
// a name that the app marks as chosen.
func (s *Session) titleOwners(ctx context.Context, title string) ([]owner, error) {
	var owners []owner
	add := func(o owner) {
		i := slices.IndexFunc(owners, func(x owner) bool {
			return o.number != "" && wabridge.SameNumber(x.number, o.number)
		})
		if i < 0 {
			owners = append(owners, o)
		} else if owners[i].chat.ID == "" {
			owners[i].chat = o.chat
		}
	}
	names := s.cfg.Names
	if names != nil && !displayname.IsChosen(title) {
		for _, n := range names.Numbers(title) {
			add(owner{number: n})
		}
	}
	if n := displayname.Number(title); n != "" && (names == nil || !names.Saved(n)) {
		add(owner{number: n})
	}
	if s.cfg.Store == nil {
		return owners, nil
	}
	chats, err := s.cfg.Store.ChatsNamed(ctx, s.cfg.Phone.ID, title, maxNamesakes)
	if err != nil {
		return nil, err
	}
	for _, c := range chats {
		renamed := names != nil && c.Number != "" && names.Saved(c.Number) && !s.isSavedAs(c.Number, title)
		if (c.JID != "" || c.Group) && !renamed {
			add(owner{number: c.Number, chat: c})
		}
	}
	return owners, nil
}

// isSavedAs reports whether a number is saved under a name.
func (s *Session) isSavedAs(number, name string) bool {
	return slices.ContainsFunc(s.cfg.Names.Numbers(name), func(n string) bool { return wabridge.SameNumber(n, number) })
}

// knownOwners is titleOwners after the address book was read again where it has
// nobody of that name, or, where something is to be recorded by the title alone
// (sure), in any case.
func (s *Session) knownOwners(ctx context.Context, title string, sure bool) ([]owner, error) {
	switch {
	case s.cfg.Names == nil:
	case sure:
		s.cfg.Names.Reread(ctx)
	default:
		s.cfg.Names.Refresh(ctx, false, title)
	}
	return s.titleOwners(ctx, title)
}

// judgeTitle says whose a title is, as seen by one who looks for the goal's
// chat. It is pure.
func judgeTitle(title string, shared bool, owners []owner, g whatsapp.Goal) whatsapp.TitleOwner {
	mine := slices.ContainsFunc(owners, func(o owner) bool { return o.is(g) })
	others := slices.ContainsFunc(owners, func(o owner) bool { return !o.is(g) })
	chosen := displayname.IsChosen(title)
	switch {
	case mine && (others || shared):
		return whatsapp.TitleShared
	case mine && !chosen:
		return whatsapp.TitleWanted
	case !others:
		return whatsapp.TitleUnknown
	case chosen || g.Number == "": // several choose one name; groups are renamed
		return whatsapp.TitleShared
	}
	return whatsapp.TitleOther
}

// ownerOf says whose the title of an open chat is. Before it calls it somebody
// else's, or nobody's, the address book is read again.
func (s *Session) ownerOf(ctx context.Context, title string, g whatsapp.Goal) (whatsapp.TitleOwner, []owner, error) {
	var result whatsapp.TitleOwner
	var owners []owner
	for _, refresh := range []bool{false, true} {
		if refresh && s.cfg.Names != nil {
			s.cfg.Names.Refresh(ctx, true, title)
		}
		var err error
		if owners, err = s.titleOwners(ctx, title); err != nil {
			return whatsapp.TitleShared, nil, err
		}
		shared := s.cfg.Names != nil && !displayname.IsChosen(title) && s.cfg.Names.Shared(title)
		result = judgeTitle(title, shared, owners, g)
		if result == whatsapp.TitleWanted || result == whatsapp.TitleShared {
			break
		}
	}
	return result, owners, nil
}

// openConfirmed opens a message's chat. Meanwhile it has the address book confirm
// the names that the recipient is saved under: a title proves a chat only if
// nobody else has been saved under it since the book was read.
func (s *Session) openConfirmed(ctx context.Context, m *wabridge.Message, start string) error {
	if s.cfg.Names == nil || m.Number == "" || wabridge.IsGroup(m.Chat) {
		return s.open(ctx, start)
	}
	names := s.cfg.Names.Names(m.Number)
	if len(names) == 0 {
		return s.open(ctx, start)
	}
	var confirming sync.WaitGroup
	confirming.Go(func() { s.cfg.Names.Confirm(ctx, names...) })
	defer confirming.Wait()
	return s.open(ctx, start)
}

// A chatProof is what one attempt has found out about the chat that its link
// led to.
type chatProof struct {
	asked  bool   // the page about the chat was opened
	number string // the number on that page; "" where it tells none
}

// prove completes a goal by what is known of the open chat's title. moved says
// that the page about the chat was opened for it, so that the screen is to be
// looked at again.
func (s *Session) prove(ctx context.Context, screen whatsapp.Screen, g whatsapp.Goal, p *chatProof) (sure whatsapp.Goal, moved bool, err error) {
	g.Owner = whatsapp.TitleUnknown
	if screen.Kind != whatsapp.Chat || screen.Chat == nil || screen.Chat.Title == "" || wantsNobody(g) {
		return g, false, nil
	}
	var owners []owner
	if g.Owner, owners, err = s.ownerOf(ctx, screen.Chat.Title, g); err != nil || g.Owner != whatsapp.TitleShared || !g.Direct {
		return g, false, err
	}
	if !p.asked {
		p.asked = true
		p.number, err = s.askPage(ctx, screen)
		return g, true, err
	}
	switch {
	case p.number != "" && g.Number != "" && wabridge.SameNumber(p.number, g.Number):
		g.Owner = whatsapp.TitleTold
	case p.number != "" && g.Number != "":
		g.Owner = whatsapp.TitleOther
	default:
		told, err := s.standsThere(ctx, g, owners, screen.Bubbles)
		if err != nil {
			return g, false, err
		}
		if told {
			g.Owner = whatsapp.TitleTold
		}
	}
	return g, false, nil
}

func wantsNobody(g whatsapp.Goal) bool { return g.Number == "" && g.JID == "" }

// standsThere reports whether what stands in the open chat is the wanted one's
// and none of the others'.
func (s *Session) standsThere(ctx context.Context, g whatsapp.Goal, owners []owner, bubbles []whatsapp.Bubble) (bool, error) {
	var mine []wabridge.Message
	var others [][]wabridge.Message
	for _, o := range owners {
		known, err := s.knownOf(ctx, o)
		if err != nil {
			return false, err
		}
		if o.is(g) {
			mine = append(mine, known...)
		} else {
			others = append(others, known)
		}
	}
	return tellsApart(mine, others, bubbles), nil
}
