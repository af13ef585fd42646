//! One task per connection, which reads and writes.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::server;
use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

const BUFFER_BYTES: usize = 64 << 10; // for each connection

pub fn run<'a>(_: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let mut connections = server::serve_until(probe.stopped(), probe, echo).await?;
        connections.shutdown().await;
        Ok(0)
    })
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let bytes = stream.read(&mut buffer).await?;
        if bytes == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..bytes]).await?;
    }
}
