// Package file fetches the files that people sent from the phone's storage,
// where the app keeps what it has downloaded, and attaches each to its message.
// It has its own adb streams and never touches the screen.
//
// Nothing in the storage tells whose file it is: the folder tells its kind, the
// name a date and a counter, the time when it was written. So a file is attached
// only where it cannot be another message's (match.go), and a message that gets
// none says why. No file is ever handed to a chat on a guess of order.
//
// It knows nothing of notifications, HTTP or SQL.
package file
