// Package media keeps files: what was uploaded to be sent, fetched from a
// link, or received. A file lies under the hash of its bytes, once however
// often it comes; what it is and how long it is kept the database knows
// (queue.MediaStore).
package media
