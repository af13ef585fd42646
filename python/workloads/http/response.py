"""The response of every server, and its bytes for servers without a library that makes them."""

from typing import NamedTuple

BODY = b"Hello, World!\n"
# The fields are status, length of the body, further headers and body.
RESPONSE = b"HTTP/1.1 %b\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%b\r\n%b"


class Request(NamedTuple):
    """What a server needs to know of a request."""

    method: bytes
    target: bytes
    is_last: bool  # the connection is closed after the response
    is_valid: bool = True


def response(request: Request, *, close: bool = False) -> bytes:
    """Return the bytes of a response; with `close`, it is the last one even if the client goes on.

    An invalid request is answered too, because its client may be waiting.
    """
    if not request.is_valid:
        status, body = b"400 Bad Request", b""
    elif request.target == b"/" and request.method == b"GET":
        status, body = b"200 OK", BODY
    else:
        status, body = b"404 Not Found", b""
    further_headers = b"Connection: close\r\n" if close or request.is_last else b""
    return RESPONSE % (status, len(body), further_headers, body)
