"""Removes a file from the page cache of the system, and checks that it is gone."""

import ctypes
import mmap
import os
from pathlib import Path

from runner.work import Unsupported


def drop(path: Path) -> None:
    """Raise Unsupported if the system keeps the file in memory."""
    if not hasattr(os, "posix_fadvise"):
        raise Unsupported("this system cannot remove a file from its page cache")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # pages that are not on the disk yet would stay
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
    if left := count_pages(path):
        raise Unsupported(
            f"{left} pages of a file stayed in the page cache: the folder for temporary files may"
            " be in memory"
        )


def count_pages(path: Path) -> int:
    """Return how many pages of a file are in the page cache, without reading them."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        pages = (ctypes.c_ubyte * -(-len(mapped) // mmap.PAGESIZE))()
        start = ctypes.c_char.from_buffer(mapped)
        failed = ctypes.CDLL(None).mincore(
            ctypes.byref(start), ctypes.c_size_t(len(mapped)), ctypes.byref(pages)
        )
        del start  # a mapping with a view of it cannot be closed
    if failed:
        raise Unsupported("this system does not say what is in its page cache")
    return sum(page & 1 for page in pages)
