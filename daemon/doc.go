// Package daemon wires the parts into one program: configuration, database,
// phones with their lanes and readers, the HTTP server and the webhooks. What
// starts is noted at once with how to stop it, and is stopped in reverse.
//
// It decides nothing about messages.
package daemon
