//! The server of `http`, whose connections also wait for SIGTERM.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

use super::http::{BAD_REQUEST, BUFFER_BYTES, BadRequest, Request};
use super::server;
use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

pub fn run<'a>(params: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let wait = Duration::from_nanos(params.integer("wait_ns")?);
        let mut terminated = signal(SignalKind::terminate())?;
        let (stop, stopping) = watch::channel(false);
        let connections = server::serve_until(terminated.recv(), probe, |stream| {
            serve(stream, wait, stopping.clone())
        })
        .await?;
        stop.send_replace(true);
        connections.join_all().await;
        Ok(0)
    })
}

async fn serve(
    mut stream: TcpStream,
    wait: Duration,
    mut stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut received = BytesMut::with_capacity(BUFFER_BYTES);
    loop {
        match Request::parse(&received) {
            Ok(Some(request)) => {
                sleep(wait).await;
                received.advance(request.bytes);
                let is_last = !request.keep_alive || (*stopping.borrow() && received.is_empty());
                stream.write_all(request.response(is_last).as_bytes()).await?;
                if is_last {
                    return Ok(());
                }
            }
            Ok(None) => {
                received.reserve(BUFFER_BYTES);
                tokio::select! {
                    biased; // a request that has arrived is answered
                    bytes = stream.read_buf(&mut received) => if bytes? == 0 { return Ok(()) },
                    _ = stopping.wait_for(|is_stopping| *is_stopping) => return Ok(()),
                }
            }
            Err(BadRequest) => return stream.write_all(BAD_REQUEST).await,
        }
    }
}
