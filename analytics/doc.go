// Package analytics is the arithmetic of the Business Management API's
// analytics: it reads their parameters, cuts time into buckets, and says what
// counts as what and what it costs. All of it is pure.
//
// It knows nothing of HTTP, of databases, or of how messages are carried.
// "The contract" in its comments is the list of what real clients demand that
// docs/api.md is written from; its section 6 is about analytics.
package analytics
