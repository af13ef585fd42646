"""Raise the limit of open files: each connection is one, and the usual limit is 1,024."""

from __future__ import annotations

from runner.work import Unsupported

OTHER_FILES = 64  # what a server has open besides its connections, at most


def raise_limit(connections: int) -> None:
    """Let this process, and those it starts, have `connections` connections open.

    Raises the soft limit if it is too low. Raises Unsupported, with the limit that is needed, if
    the hard limit is too low as well.
    """
    try:
        import resource
    except ImportError:  # not a POSIX system: there is no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise Unsupported(
            f"open files: found a hard limit of {hard:,}, expected at least {needed:,} for"
            f" {connections:,} connections; raise it: ulimit -Hn {needed}"
        )
    # Not to the hard limit: some systems report an infinite one and accept only smaller numbers.
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
