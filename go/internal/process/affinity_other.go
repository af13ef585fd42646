//go:build !linux

package process

// AllowedCPUs returns the CPUs that this process may run on; unknown on this
// system.
func AllowedCPUs() (list string, ok bool) { return "", false }

// MoveTo moves the calling thread to a CPU; not possible on this system.
func MoveTo(int) {}
