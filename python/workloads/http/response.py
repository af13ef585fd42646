"""The response of every server, and its bytes for servers that format them themselves."""

BODY = b"Hello, World!\n"
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
# The fields: status, length of the body, further headers, body. This is a template and not a
# function because a call would cost the fastest servers about 2% of a request.
RESPONSE = b"HTTP/1.1 %b\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%b\r\n%b"
