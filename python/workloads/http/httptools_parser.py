"""The parser of all servers that are built without a web server's library: httptools, in C."""

import httptools

from workloads.http.response import Request

INVALID = Request(b"", b"", is_last=True, is_valid=False)


class RequestParser:
    """Parses what one client sends."""

    def __init__(self) -> None:
        self.is_over = False  # the last request has come; what follows is ignored
        self.parser = httptools.HttpRequestParser(self)
        self.target = b""
        self.complete: list[Request] = []

    def feed(self, data: bytes) -> list[Request]:
        """Return the requests that this data completes, in order."""
        self.complete = []
        if self.is_over:
            return self.complete
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # the request is complete; what follows it is another protocol
        except httptools.HttpParserError:
            if not self.is_over:
                self.is_over = True
                self.complete.append(INVALID)
        return self.complete

    # The callbacks of the parser, in the order in which it calls them.

    def on_message_begin(self) -> None:
        self.target = b""

    def on_url(self, part: bytes) -> None:
        self.target += part

    def on_message_complete(self) -> None:
        if self.is_over:
            return  # the client sent another request after its last one
        self.is_over = not self.parser.should_keep_alive() or self.parser.should_upgrade()
        self.complete.append(Request(self.parser.get_method(), self.target, self.is_over))
