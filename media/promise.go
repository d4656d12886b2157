package media

import (
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// CheckName holds a file's name to its type: a name that ends in .pdf promises
// a PDF. A name without an ending, or with one that promises nothing, fits
// every type. CodeMediaUpload says what does not fit and what to do.
func CheckName(name, mime string) error {
	promised := TypeOfName(name)
	if promised == "" || slices.Contains(alike(promised), baseType(mime)) || fits(promised, baseType(mime)) {
		return nil
	}
	return wrong("the name ends in %s, but the file is %s; look at what is sent, or name it by its type", ending(name), baseType(mime))
}

// ending is what a file's name ends in.
func ending(name string) string { return strings.ToLower(name[strings.LastIndexByte(name, '.'):]) }

// Types that promise more than one form of bytes.
const (
	zipType = "application/zip"
	oleType = "application/x-ole-storage"
)

// generic types say "bytes", whatever the file is: servers declare them so
// that browsers save a file instead of showing it.
var generic = []string{
	unknownType, "binary/octet-stream", "application/x-octet-stream", "application/x-binary", "application/binary",
	"application/download", "application/x-download", "application/force-download", "application/x-force-download",
	"application/unknown", "application/x-unknown", "unknown/unknown", "multipart/form-data", "application/x-www-form-urlencoded",
}

// fits reports whether bytes of the type found can be a file of the type
// promised. Office files are zips, or OLE storage if they are old or locked
// by a password; programs save text, XML and RTF under the old names. What is
// text has many types; a page of HTML is none that a name of data promises.
func fits(promised, found string) bool {
	switch promised {
	case zipType:
		return under(found, zipType)
	case "text/html":
		return found == "text/plain" || found == "text/xml" || found == "application/xhtml+xml"
	case "text/plain", "text/csv", "text/vcard":
		return found != "text/html" && (under(found, "text/plain") || strings.HasPrefix(found, "text/"))
	case "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint":
		return found == oleType || under(found, oleType) || under(found, zipType) ||
			found == "text/rtf" || found == "application/rtf" || found != "text/html" && under(found, "text/plain")
	}
	if strings.HasPrefix(promised, "application/vnd.openxmlformats") {
		return under(found, zipType) || found == oleType || under(found, oleType)
	}
	return false
}

// under reports whether a type is another one, or a form of it: each docx is
// a zip.
func under(found, base string) bool {
	for m := mimetype.Lookup(found); m != nil; m = m.Parent() {
		if m.Is(base) {
			return true
		}
	}
	return false
}

// specific reports whether bytes say for certain what they are: no text, no
// container that other formats are made of.
func specific(found string) bool {
	return found == "text/html" || found != unknownType && found != zipType && found != oleType && !under(found, "text/plain")
}
