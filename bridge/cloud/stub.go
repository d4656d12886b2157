package cloud

import "net/http"

func (a *api) debugToken(http.ResponseWriter, *http.Request) error     { return nil }
func (a *api) node(http.ResponseWriter, *http.Request) error           { return nil }
func (a *api) phoneNumbers(http.ResponseWriter, *http.Request) error   { return nil }
func (a *api) messageHistory(http.ResponseWriter, *http.Request) error { return nil }
func (a *api) historyEvents(http.ResponseWriter, *http.Request) error  { return nil }
