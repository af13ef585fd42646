"""The bytes of a response, as h11 formats them."""

import h11

TEXT_PLAIN = (b"Content-Type", b"text/plain")
CONNECTION_CLOSE = (b"Connection", b"close")


def response(
    http: h11.Connection, status: int, body: bytes, *headers: tuple[bytes, bytes]
) -> bytes:
    length = (b"Content-Length", b"%d" % len(body))
    return b"".join(
        (
            http.send(h11.Response(status_code=status, headers=[TEXT_PLAIN, length, *headers])),
            http.send(h11.Data(data=body)),
            http.send(h11.EndOfMessage()),
        )
    )
