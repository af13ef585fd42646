//! The same server with hyper, the HTTP library below axum and others.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

use super::http::BODY;
use super::server;
use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

pub fn run<'a>(_: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let mut connections = server::serve_until(probe.stopped(), probe, |stream| {
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(hello))
        })
        .await?;
        connections.shutdown().await;
        Ok(0)
    })
}

pub async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_found = request.method() == Method::GET && request.uri().path() == "/";
    let mut response = Response::new(Full::from(if is_found { BODY } else { "" }));
    if !is_found {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(response)
}
