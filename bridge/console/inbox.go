package console

// inboxPage shows conversations.
func inboxPage() page {
	return page{Name: "inbox", Routes: func(c *Console, r *router) {
		r.show("", func(v *visit) error { return c.show(v, nil) })
	}}
}
