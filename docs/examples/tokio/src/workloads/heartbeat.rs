//! Ticks in the calling task; another task, or a blocking job, does the other work.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};

use super::job::Job;
use crate::answer::{Running, Unsupported};
use crate::probe::Probe;
use crate::protocol::Params;

const PERIOD: Duration = Duration::from_millis(10);

pub fn run<'a>(params: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let ticks = u32::try_from(params.integer("ticks")?)?;
        let on = params.text("on")?;
        if on == "process" {
            return Err(Unsupported("Tokio has no pool of processes").into());
        }
        let job = Arc::new(Job::new(params)?);
        let mut work = None;
        let start = Instant::now();
        for k in 1..=ticks {
            let due = start + k * PERIOD;
            sleep_until(due).await;
            probe.lateness(due);
            if k == (ticks / 5).max(1) {
                let job = job.clone();
                work = Some(match on {
                    "thread" => spawn_blocking(move || job.run()),
                    _ => tokio::spawn(async move { job.run() }),
                });
            }
        }
        let is_done = work.ok_or("ticks: found 0, expected at least 1")?.await?;
        Ok(i64::from(ticks) + i64::from(is_done))
    })
}
