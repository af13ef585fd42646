"""How many files this process may have open: a connection is one, and the usual limit is 1,024."""

from __future__ import annotations

from runner.work import Unsupported

SPARE = 64  # for all that is open beside the connections


def allow(connections: int) -> None:
    """Let this process, and those it starts, have so many connections open.

    Where its limit is lower it is raised to the most that it may raise it to. Raises Unsupported
    with the limit that is needed where that is not enough.
    """
    try:
        import resource
    except ImportError:  # not a POSIX system: nothing to raise
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + SPARE
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise Unsupported(
            f"{connections:,} connections need {needed:,} open files, and this process may have"
            f" {hard:,}: raise the hard limit (ulimit -Hn {needed})"
        )
    # Not simply to the hard limit: without one, some systems take no more than a smaller number.
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
