//! httparse on a bare TCP stream, in one task per connection.

use std::io;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use httparse::{Header, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::server;
use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

pub const BODY: &str = "Hello, World!\n";
pub const BUFFER_BYTES: usize = 8 << 10;
pub const BAD_REQUEST: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const MAX_HEADERS: usize = 64;
const MAX_REQUEST_BYTES: usize = 64 << 10;

pub fn run<'a>(_: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let mut connections = server::serve_until(probe.stopped(), probe, serve).await?;
        connections.shutdown().await;
        Ok(0)
    })
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    let mut received = BytesMut::with_capacity(BUFFER_BYTES);
    loop {
        match Request::parse(&received) {
            Ok(Some(request)) => {
                received.advance(request.bytes);
                stream.write_all(request.response(!request.keep_alive).as_bytes()).await?;
                if !request.keep_alive {
                    return Ok(());
                }
            }
            Ok(None) => {
                received.reserve(BUFFER_BYTES);
                if stream.read_buf(&mut received).await? == 0 {
                    return Ok(());
                }
            }
            Err(BadRequest) => return stream.write_all(BAD_REQUEST).await,
        }
    }
}

pub struct BadRequest;

pub struct Request {
    pub bytes: usize, // with its body
    pub keep_alive: bool,
    is_found: bool,
}

impl Request {
    /// Parse the first request of a buffer; None if it is not complete.
    pub fn parse(buffer: &[u8]) -> Result<Option<Self>, BadRequest> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let Status::Complete(head) = request.parse(buffer).map_err(|_| BadRequest)? else {
            return if buffer.len() < MAX_REQUEST_BYTES { Ok(None) } else { Err(BadRequest) };
        };
        let body = body_bytes(request.headers)?;
        if buffer.len() < head + body {
            return Ok(None);
        }
        Ok(Some(Self {
            bytes: head + body,
            keep_alive: keeps_alive(request.version, request.headers),
            is_found: request.method == Some("GET") && request.path == Some("/"),
        }))
    }

    pub fn response(&self, is_last: bool) -> String {
        let (status, body) = if self.is_found { ("200 OK", BODY) } else { ("404 Not Found", "") };
        let further = if is_last { "Connection: close\r\n" } else { "" };
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n{further}\r\n{body}"
        )
    }
}

/// Return the length of the body. A body in chunks, or a large one, is refused.
fn body_bytes(headers: &[Header]) -> Result<usize, BadRequest> {
    if find(headers, "transfer-encoding").is_some() {
        return Err(BadRequest);
    }
    let length = find(headers, "content-length").unwrap_or("0");
    let bytes = length.trim().parse().map_err(|_| BadRequest)?;
    if bytes <= MAX_REQUEST_BYTES { Ok(bytes) } else { Err(BadRequest) }
}

fn keeps_alive(version: Option<u8>, headers: &[Header]) -> bool {
    match find(headers, "connection") {
        Some(value) if value.eq_ignore_ascii_case("close") => false,
        Some(value) if value.eq_ignore_ascii_case("keep-alive") => true,
        _ => version == Some(1),
    }
}

fn find<'a>(headers: &[Header<'a>], name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    str::from_utf8(header.value).ok()
}
