// Package backup copies a gateway's data directory (its database and the files
// of package media) while the gateway runs, checks such copies, and puts one
// back. It knows nothing of phones, HTTP and what the rows mean.
//
// A directory of backups holds one folder for each, named by its time in UTC:
//
//	20260131T235900Z/manifest.json   what is in it, with hashes; written last
//	20260131T235900Z/wabridge.db     the database at one moment, a single file
//	20260131T235900Z/media/ab/cd/…   the files, by their hash
//
// Files that an earlier backup in the same directory has are hard links to it,
// where the file system has such. Each folder is whole by itself: it may be
// removed or copied elsewhere without the others.
package backup
