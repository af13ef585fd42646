// Package protocol implements the runner's side of the protocol: it decodes
// requests, encodes records and computes the digest of answers. docs/protocol.md
// is the specification. The Python runner rejects requests with the same messages.
package protocol

// Version is the major version of the runner protocol. LoadVersion is that of the
// load generator's protocol (go/load/doc.go), which changes separately.
const (
	Version     = 2
	LoadVersion = 1
)
