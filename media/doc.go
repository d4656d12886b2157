// Package media keeps files: what was uploaded to be sent, fetched from a
// link, or received. A file lies under the hash of its bytes, once however
// often it comes; what it is and how long it is kept the database knows
// (queue.MediaStore). It also tells what a file is by its bytes, and holds
// files to the formats and sizes of the Cloud API.
//
// It knows nothing of phones, HTTP or SQL.
//
//	<dir>/<2 hex>/<2 hex>/<64 hex>   a file under its SHA-256
//	<dir>/tmp/<random>               a file that is being written
package media
