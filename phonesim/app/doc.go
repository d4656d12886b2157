// Package app is WhatsApp on the simulated phone: its chats, drafts, ticks and
// screens. It draws views and posts notifications on an android.System and knows
// nothing of adb or shell text.
package app
