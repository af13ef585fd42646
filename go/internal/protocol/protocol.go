// Package protocol implements the runner's side of the protocol: it decodes
// requests, encodes records and computes the digest of answers. docs/protocol.md
// is the specification. The Python runner rejects requests with the same messages.
package protocol

// Version is the major version of the protocol of this runner.
const Version = 1
