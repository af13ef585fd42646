"""Connects to a Dask scheduler, and says in one sentence why it cannot.

Nothing here listens. The security settings of Dask's own configuration (TLS) apply.
"""

from __future__ import annotations

import logging
import os
import ssl
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.errors import Exit, Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONNECT_S = 20.0
_EXPECTED = "expected the address that `dask scheduler` prints, such as tcp://10.0.0.1:8786"


def connect(address: str) -> Any:
    """Return a client of a scheduler. Raises Problem."""
    try:
        from distributed import Client
    except ImportError as error:
        raise Problem(
            f"--scheduler needs Dask, and {error.name} is not installed; run `make setup`, or"
            " install the package distributed",
            Exit.NOT_POSSIBLE,
        ) from None
    for name in ("distributed", "distributed.client", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # we say what has happened
    try:
        _run(partial(_try_to_connect, address))
        create: Any = Client  # without types
        return create(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise Problem(
            f"--scheduler {address}: cannot connect: {_explain(error)}", Exit.NOT_POSSIBLE
        ) from None


def _run(connect_once: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine function to its end. Raises TimeoutError, and what it raises."""
    from tornado.ioloop import IOLoop
    from tornado.util import TimeoutError as TooLongError

    loop = IOLoop(make_current=False)
    try:
        loop.run_sync(connect_once, timeout=2 * CONNECT_S)
    except TooLongError:
        raise TimeoutError(f"no answer within {2 * CONNECT_S:.0f} s") from None
    finally:
        loop.close()


async def _try_to_connect(address: str) -> None:
    """Connect and close. Raises OSError or ValueError.

    A client that cannot connect would retry, and then not close cleanly.
    """
    from distributed.comm import core
    from distributed.comm.addressing import parse_address, parse_host_port
    from distributed.comm.registry import get_backend
    from distributed.security import Security

    scheme, place = parse_address(address)
    try:
        get_backend(scheme)
        parse_host_port(place)
    except ValueError as error:
        raise ValueError(f"{error}; {_EXPECTED}") from None
    is_secure = scheme in ("tls", "wss")
    configured: Any = Security  # by Dask's configuration, as that of a client; without types
    security = configured()
    arguments = _read_certificates(security) if is_secure else {}
    try:
        open_comm: Any = core.connect  # without types
        comm = await open_comm(address, timeout=CONNECT_S, **arguments)
        await comm.close()
    except (OSError, ValueError) as error:
        if is_secure:
            raise OSError(_explain_tls(error, security)) from None
        reason = _explain(error)
        also = ", or a tls:// address if the scheduler uses TLS"
        raise OSError(f"{reason}; {_EXPECTED}{also}") from None


def _read_certificates(security: Any) -> dict[str, Any]:
    """Return how a client connects with TLS. Raises ValueError if Dask's configuration is wrong."""
    role = security.get_tls_config_for_role("client")
    files = {"ca-file": role["ca_file"], "client.cert": role["cert"], "client.key": role["key"]}
    named = ", ".join(f"{name} {file}" for name, file in files.items() if file)
    wanted = "in Dask's configuration, distributed.comm.tls needs ca-file, client.cert, client.key"
    for name, file in files.items():
        # A key may be in the file of its certificate, and the content itself may be given.
        if file and "\n" not in file and not os.path.isfile(file):  # noqa: PTH113 - or any text
            raise ValueError(f"TLS {name}: there is no file {file}; {wanted}")
    try:
        arguments: dict[str, Any] = security.get_connection_args("client")
    except OSError as error:  # of the ssl module, too
        raise ValueError(f"TLS cannot use {named}: {_explain(error)}; {wanted}") from None
    if not arguments["ssl_context"]:
        raise ValueError(f"TLS lacks certificates: found {named or 'none'}; {wanted}")
    return arguments


def _explain_tls(error: Exception, security: Any) -> str:
    """Return why there is no TLS connection, and whose certificate it is about."""
    role = security.get_tls_config_for_role("client")
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"the scheduler's certificate is not one of the authority in ca-file {role['ca_file']}"
            f" ({cause.verify_message})"
        )
    if isinstance(error, TimeoutError) or "timed out" in str(error).lower():
        return f"{_explain(error)}; does the scheduler use TLS?"
    certificate = f"accept the certificate in client.cert {role['cert']} ({_explain(cause)})"
    if isinstance(cause, ssl.SSLError) and "ALERT" in str(cause):
        return f"the scheduler does not {certificate}"
    return f"the scheduler closed the connection: it may not use TLS, or not {certificate}"


def _explain(error: BaseException) -> str:
    return str(error) or type(error).__name__
