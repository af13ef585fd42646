"""The response as an ASGI application sends it: two messages."""

from collections.abc import Awaitable, Callable
from typing import Any

from workloads.http.response import BODY

TEXT_PLAIN = (b"content-type", b"text/plain")

Scope = dict[str, Any]
Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]


def response(scope: Scope) -> tuple[Message, Message]:
    found = scope["path"] == "/" and scope["method"] == "GET"
    body = BODY if found else b""
    headers = [TEXT_PLAIN, (b"content-length", b"%d" % len(body))]
    status = 200 if found else 404
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )
