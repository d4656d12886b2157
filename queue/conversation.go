package queue

import (
	"context"
	"time"

	"github.com/wabridge/wabridge"
)

// A Conversation is a chat as people see it in a list.
type Conversation struct {
	wabridge.Chat
	// Unread counts the incoming messages since somebody read the chat
	// (Conversations.Seen) or answered it on the phone. It is one number for
	// all who look.
	Unread   int
	Pictured bool      // there is a picture of it (Pictures)
	Newest   time.Time // when something was last said or queued
	Position string    // in the list: ConversationFilter.After of the next page
	// Last is the newest message; its ID, Seq, Direction, Type, Text, State and
	// Created are set. Its ID is "" where there is none.
	Last wabridge.Message
}

// ConversationFilter narrows a list of conversations; empty members let all
// pass.
type ConversationFilter struct {
	Phone  string
	Unread bool   // only those with unread messages
	Wrote  bool   // only those in which the other side wrote, the one that wrote last first
	After  string // Position of the last one of the page before
	Limit  int    // 1..200
}

// Conversations is what people who read and answer need.
type Conversations interface {
	// Conversations lists the chats that anything was said or queued in: first
	// those in which a person wrote (the other side, somebody on the phone or in
	// the console), the one with the newest such message first; then those that
	// hold nothing but messages of programs (API, campaigns, bots), the newest
	// first. So no mass sending comes before people. CodeParameter if After is
	// no Position.
	Conversations(ctx context.Context, f ConversationFilter) ([]Conversation, error)
	// Conversation finds one by the chat's id or its @lid; CodeNotFound.
	Conversation(ctx context.Context, phone, chat string) (Conversation, error)
	// Talk reads the messages of a chat with a Seq below before (0: all), the
	// newest first, at most limit.
	Talk(ctx context.Context, phone, chat string, before int64, limit int) ([]wabridge.Message, error)
	// Seen notes that somebody read the chat up to the message of a Seq.
	Seen(ctx context.Context, phone, chat string, seq int64) error
	// FindPeople lists the conversations whose name or number holds the words,
	// the newest first. FindTexts lists the newest messages whose text does,
	// among the SearchDepth newest of all. Search says what holds them: case,
	// accents and spacing do not count, nor how a number is written. phone may
	// be "".
	FindPeople(ctx context.Context, phone, words string, limit int) ([]Conversation, error)
	FindTexts(ctx context.Context, phone, words string, limit int) ([]wabridge.Message, error)
	// ChatNames finds what chats of a phone are called, by their ids; those that
	// have no name are left out.
	ChatNames(ctx context.Context, phone string, chats []string) (map[string]string, error)
}

// Outbox is what people who look after the queue need.
type Outbox interface {
	Resender
	// OutboxCounts counts the messages to send in the states that are open or
	// ended without having left. phone may be "".
	OutboxCounts(ctx context.Context, phone string) (map[wabridge.State]int, error)
	// OutboxPage lists the messages in one of those states, by Seq: the oldest
	// first if oldest, else the newest, at most limit, beyond the Seq at (0:
	// from the first). phone may be "".
	OutboxPage(ctx context.Context, phone string, state wabridge.State, oldest bool, at int64, limit int) ([]wabridge.Message, error)
	// Prioritize changes the priority of a queued message; CodeTooLate if it
	// is queued no more, CodeNotFound if there is none.
	Prioritize(ctx context.Context, id string, priority int) (wabridge.Message, error)
}
