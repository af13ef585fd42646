//go:build !linux

package fileread

import (
	"errors"
	"fmt"
)

func dropFromPageCache(string) error {
	return fmt.Errorf("the page cache can be emptied of a file on Linux only: %w", errors.ErrUnsupported)
}
