package phone

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"slices"
	"time"

	"github.com/wabridge/wabridge"
	"github.com/wabridge/wabridge/queue"
	"github.com/wabridge/wabridge/uiauto"
	"github.com/wabridge/wabridge/uiauto/whatsapp"
)

// Pictures keeps the pictures of contacts and groups, as the phone shows them.
type Pictures interface {
	// Taken is when the picture of a chat was last kept, zero if never.
	Taken(ctx context.Context, phone, chat string) (time.Time, error)
	// Put keeps a PNG.
	Put(ctx context.Context, phone, chat string, png []byte) error
}

const (
	// readEvery is how often one chat is opened to mark it as read.
	readEvery = time.Minute
	// maxToRead bounds the chats that wait to be marked; more are forgotten.
	maxToRead = 200
	// pictureAge is when a picture is taken anew.
	pictureAge = 7 * 24 * time.Hour
	// pictureChats is how many of the newest chats get pictures.
	pictureChats = 200
)

// MarkRead asks for the chat of an incoming message to be opened when nothing
// else is to be done: that marks it as read. One chat is opened at most once a
// minute. Safe from any goroutine.
func (s *Session) MarkRead(m wabridge.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	same := func(x wabridge.Message) bool { return x.Chat == m.Chat }
	if len(s.toRead) < maxToRead && !slices.ContainsFunc(s.toRead, same) {
		s.toRead = append(s.toRead, m)
	}
}

// nextToRead takes the first chat whose turn it is.
func (s *Session) nextToRead(now time.Time) (wabridge.Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.toRead, func(m wabridge.Message) bool { return now.Sub(s.readAt[m.Chat]) >= readEvery })
	if i < 0 {
		return wabridge.Message{}, false
	}
	m := s.toRead[i]
	s.toRead = slices.Delete(s.toRead, i, i+1)
	s.readAt[m.Chat] = now
	for chat, at := range s.readAt {
		if now.Sub(at) >= readEvery {
			delete(s.readAt, chat)
		}
	}
	s.readAt[m.Chat] = now
	return m, true
}

// readChat opens a chat, takes in what it shows, and leaves it.
func (s *Session) readChat(ctx context.Context, m *wabridge.Message) (whatsapp.Screen, error) {
	screen, err := s.openToRead(ctx, m)
	if err != nil {
		s.dirty = true
		return screen, err
	}
	if _, err := s.readBack(ctx, refOf(m, screen), screen, 0, 0); err != nil {
		return screen, err
	}
	s.leaves(screen)
	return screen, nil
}

// picture takes one contact's picture, if one is due: from a capture of the
// chat's header. Only chats whose newest message is ours are opened for it, so
// that nothing is marked as read.
func (s *Session) picture(ctx context.Context, now time.Time) error {
	if s.cfg.Pictures == nil || s.cfg.Store == nil || now.Sub(s.pictured) < s.cfg.Timing.Picture {
		return nil
	}
	s.pictured = now
	chats, err := s.cfg.Store.Chats(ctx, s.cfg.Phone.ID, pictureChats)
	if err != nil {
		return err
	}
	for _, chat := range chats {
		due, err := s.pictureDue(ctx, chat, now)
		if err != nil {
			return err
		}
		if due {
			return s.takePicture(ctx, chat, now)
		}
	}
	return nil
}

func (s *Session) pictureDue(ctx context.Context, chat wabridge.Chat, now time.Time) (bool, error) {
	if chat.Group || chat.Number == "" || now.Sub(s.tried[chat.ID]) < pictureAge/7 {
		return false, nil
	}
	taken, err := s.cfg.Pictures.Taken(ctx, s.cfg.Phone.ID, chat.ID)
	if err != nil || now.Sub(taken) < pictureAge {
		return false, err
	}
	newest, err := s.cfg.Store.Messages(ctx, queue.MessageFilter{Phone: s.cfg.Phone.ID, Chat: chat.ID, Limit: 1})
	return err == nil && len(newest) == 1 && newest[0].Direction != wabridge.In && !newest[0].State.Open(), err
}

// takePicture opens a chat and keeps the picture of its header.
func (s *Session) takePicture(ctx context.Context, chat wabridge.Chat, now time.Time) error {
	s.tried[chat.ID] = now
	m := wabridge.Message{Phone: s.cfg.Phone.ID, Chat: chat.ID, Number: chat.Number}
	screen, err := s.readChat(ctx, &m)
	if err != nil {
		return err
	}
	defer s.park(ctx)
	if screen.Chat == nil || screen.Chat.Photo.Empty() || s.dev == nil {
		return nil
	}
	shot, err := s.dev.Screenshot(ctx)
	if err != nil {
		s.log.Debug("no picture of the header", "err", err)
		return nil
	}
	cut, err := crop(shot, screen.Chat.Photo, screen.Size)
	if err != nil {
		s.log.Debug("header not cut out", "err", err)
		return nil
	}
	return s.cfg.Pictures.Put(ctx, s.cfg.Phone.ID, chat.ID, cut)
}

// minPicture is the smallest side of a picture in pixels.
const minPicture = 16

// crop cuts a node out of a capture of the screen. The capture may have another
// size than the window: `wm size` scales what is drawn.
func crop(capture []byte, at, window uiauto.Rect) ([]byte, error) {
	config, err := png.DecodeConfig(bytes.NewReader(capture))
	if err != nil {
		return nil, fmt.Errorf("read a capture: %w", err)
	}
	const most = 20_000_000 // pixels
	if config.Width <= 0 || config.Height <= 0 || config.Width > most/config.Height || window.Right <= 0 {
		return nil, fmt.Errorf("a capture of %d by %d pixels", config.Width, config.Height)
	}
	full, err := png.Decode(bytes.NewReader(capture))
	if err != nil {
		return nil, fmt.Errorf("read a capture: %w", err)
	}
	scale := func(n int) int { return n * config.Width / window.Right }
	box := image.Rect(scale(at.Left), scale(at.Top), scale(at.Right), scale(at.Bottom)).Intersect(full.Bounds())
	if box.Dx() < minPicture || box.Dy() < minPicture {
		return nil, fmt.Errorf("a picture of %d by %d pixels", box.Dx(), box.Dy())
	}
	cut := image.NewRGBA(image.Rect(0, 0, box.Dx(), box.Dy()))
	draw.Draw(cut, cut.Bounds(), full, box.Min, draw.Src)
	var out bytes.Buffer
	if err := png.Encode(&out, cut); err != nil {
		return nil, fmt.Errorf("write a picture: %w", err)
	}
	return out.Bytes(), nil
}
