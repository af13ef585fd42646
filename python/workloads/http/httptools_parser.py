"""What all servers that parse requests with httptools have in common."""

import httptools


class RequestParser:
    """Collects the URL of each request; a subclass adds on_message_complete, which responds."""

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.url = b""

    # The callbacks of the parser, in the order in which it calls them.

    def on_message_begin(self) -> None:
        self.url = b""

    def on_url(self, part: bytes) -> None:
        self.url += part
