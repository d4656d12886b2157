// Package delivery posts the event log to destinations outside the program. It
// is the engine behind webhooks and callbacks: it knows where each destination
// is in the log, what to post next, when to try again and when to give up; what
// a post looks like is its users' business (Config.Render, Config.Post).
//
//	log ──► Worker of destination A: render ► conversation queues ► post (several at once) ► progress
//	    └─► Worker of destination B: …        (a worker never waits for another one)
//
// A worker promises:
//
//   - Each event is delivered at least once, whatever is killed when. After a
//     crash at most maxUnsaved+maxLag of the newest deliveries are repeated, and
//     those that were on their way.
//   - Events of one conversation are delivered in order. Those of different
//     conversations are delivered at the same time.
//   - An event that the receiver refuses holds up its own conversation only. It
//     is set aside as a dead letter once the receiver has refused it
//     Policy.MaxRefusals times while it took others.
//   - A receiver that is down, or refuses everything, keeps its queue: nothing is
//     set aside, and one post at a time finds out whether it is up again.
//
// The decisions are pure functions: Judge (what an answer means) and
// Policy.afterFailure (what follows a failure). The package knows nothing of
// SQL, of phones, or of any interface's form.
package delivery
