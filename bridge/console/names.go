package console

import (
	"context"

	"github.com/wabridge/wabridge"
)

// A chatKey names a chat of a phone.
type chatKey struct{ phone, chat string }

// chatNames finds what chats are called; those without a name are left out.
func (c *Console) chatNames(ctx context.Context, keys []chatKey) (map[chatKey]string, error) {
	byPhone := map[string][]string{}
	for _, k := range keys {
		byPhone[k.phone] = append(byPhone[k.phone], k.chat)
	}
	all := map[chatKey]string{}
	for phone, chats := range byPhone {
		names, err := c.Store.ChatNames(ctx, phone, chats)
		if err != nil {
			return nil, err
		}
		for chat, name := range names {
			all[chatKey{phone, chat}] = name
		}
	}
	return all, nil
}

// namesOf finds what the chats of messages are called.
func (c *Console) namesOf(ctx context.Context, messages []wabridge.Message) (map[chatKey]string, error) {
	keys := make([]chatKey, len(messages))
	for i, m := range messages {
		keys[i] = chatKey{m.Phone, m.Chat}
	}
	return c.chatNames(ctx, keys)
}
