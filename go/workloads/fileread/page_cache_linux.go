package fileread

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dropFromPageCache removes a file from the system's page cache. It returns an error
// that wraps errors.ErrUnsupported if the file stays there.
func dropFromPageCache(name string) error {
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Sync(); err != nil { // pages that are not on the disk yet would stay
		return err
	}
	if err := unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return err
	}
	left, err := countCachedPages(file)
	if err != nil {
		return fmt.Errorf("this system does not say what is in its page cache: %w", errors.Join(err, errors.ErrUnsupported))
	}
	if left > 0 {
		return fmt.Errorf("%d pages of a file stayed in the page cache: the folder for temporary files may be in memory: %w", left, errors.ErrUnsupported)
	}
	return nil
}

// countCachedPages returns how many pages of a file are in the page cache, without
// reading them.
func countCachedPages(file *os.File) (pages int, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	size, page := int(info.Size()), os.Getpagesize()
	mapped, err := unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return 0, err
	}
	defer unix.Munmap(mapped)
	isCached := make([]byte, (size+page-1)/page)
	_, _, errno := unix.Syscall(unix.SYS_MINCORE,
		uintptr(unsafe.Pointer(&mapped[0])), uintptr(size), uintptr(unsafe.Pointer(&isCached[0])))
	if errno != 0 {
		return 0, errno
	}
	for _, bits := range isCached {
		pages += int(bits & 1)
	}
	return pages, nil
}
