// Package protocol is the runner's side of the wire: it decodes requests,
// encodes records and takes the digest of answers. docs/protocol.md is the
// contract; the Python runner refuses with the very same texts.
package protocol

// Version is the major version of the protocol that this runner speaks.
const Version = 1
