// Package bot is the conversation of a scenario file: what to say, which
// answers to expect, what to remember, where to go next, when to hand over to a
// person, and which results to set. docs/bots.md describes the file.
//
// It is pure: Load reads a file, Start, Answer and Tick make moves from one
// State to the next and tell in Actions what is to be done. The clock is passed
// in. It knows nothing of chats, messages, databases or phones.
//
//	Start ──> [steps] ──> waiting at an ask ──Answer / Tick──> [steps] ──> … ──> End
//
// A move runs through the steps until one waits for an answer or ends. Load
// refuses files in which steps could follow each other forever without an answer
// from the person, so each move is finite; a person who goes on answering is
// handed over after MaxAnswers.
package bot
