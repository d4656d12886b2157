package devino

import (
	"net/http"
)

func (a *api) download(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }
