package cloud

import (
	"bytes"
	"io"
	"mime/multipart"
)

// multipartForm reads the fields of a multipart form that are not files. The
// body is bounded already.
func multipartForm(body []byte, boundary string) (map[string]string, error) {
	fields := map[string]string{}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // NextPart promises the bare value
			return fields, nil
		}
		if err != nil {
			return nil, err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		if part.FormName() != "" && part.FileName() == "" {
			fields[part.FormName()] = string(value)
		}
	}
}
