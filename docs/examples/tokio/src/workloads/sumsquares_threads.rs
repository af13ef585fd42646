//! One blocking job per chunk, in Tokio's pool of threads for them. The warm-up starts the threads.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::sumsquares::{add, chunks, sum_squares};
use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

pub fn run<'a>(params: &'a Params, _: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let mut jobs = JoinSet::new();
        for chunk in chunks(params)? {
            jobs.spawn_blocking(move || sum_squares(chunk));
        }
        add(jobs).await
    })
}
