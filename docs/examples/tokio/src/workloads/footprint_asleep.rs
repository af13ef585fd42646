//! Tasks that sleep for an hour and are aborted at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::{JoinSet, yield_now};
use tokio::time::sleep;

use super::footprint::STEPS;
use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

const HOUR: Duration = Duration::from_secs(3_600);

pub fn run<'a>(params: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let tasks = params.integer("tasks")?;
        let begun = Arc::new(AtomicU64::new(0));
        let mut sleepers = JoinSet::new();
        for step in 1..=STEPS {
            let target = step * tasks / STEPS;
            while (sleepers.len() as u64) < target {
                let begun = begun.clone();
                sleepers.spawn(async move {
                    begun.fetch_add(1, Ordering::Release);
                    sleep(HOUR).await;
                });
            }
            while begun.load(Ordering::Acquire) < target {
                yield_now().await;
            }
            probe.parked(target)?;
        }
        sleepers.abort_all();
        let mut cancelled = 0;
        while let Some(ended) = sleepers.join_next().await {
            cancelled += i64::from(ended.is_err_and(|error| error.is_cancelled()));
        }
        Ok(cancelled)
    })
}
