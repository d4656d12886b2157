package queue

// OptOut are the words by which people say that they want no campaigns, or
// want them again, whatever their case, by language code (the code is for
// people who read the configuration: every word counts in every chat).
type OptOut struct {
	Stop, Resume map[string][]string
}
