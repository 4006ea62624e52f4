// Package cordon holds the nouns of Cordon: identity posture and response for
// Microsoft Entra ID and Microsoft Defender.
//
// A type stands here when two packages exchange it. It is data with pure
// methods: nothing in this package opens a file, a connection or a database,
// asks the time, or imports anything but the standard library.
package cordon
