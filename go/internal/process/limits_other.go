//go:build !linux

package process

// CPUs is the list of the processors that this process may run on, which is not
// known here.
func CPUs() (list string, ok bool) { return "", false }
