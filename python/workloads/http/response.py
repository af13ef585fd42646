"""The response of every server, and its bytes for servers that format them themselves."""

BODY = b"Hello, World!\n"
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
# The fields are status, length of the body, further headers and body. It is not a function because
# a call per request would add 2% or more to Connection.data_received in on_asyncio.py.
RESPONSE = b"HTTP/1.1 %b\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%b\r\n%b"
