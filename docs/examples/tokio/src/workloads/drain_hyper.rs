//! The server of `http · hyper` with the graceful shutdown of hyper-util.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use super::http_hyper::hello;
use super::server;
use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

pub fn run<'a>(params: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let wait = Duration::from_nanos(params.integer("wait_ns")?);
        let mut terminated = signal(SignalKind::terminate())?;
        let graceful = GracefulShutdown::new();
        let connections = server::serve_until(terminated.recv(), probe, |stream| {
            let service = service_fn(move |request| async move {
                sleep(wait).await;
                hello(request).await
            });
            graceful.watch(http1::Builder::new().serve_connection(TokioIo::new(stream), service))
        })
        .await?;
        graceful.shutdown().await;
        connections.join_all().await;
        Ok(0)
    })
}
