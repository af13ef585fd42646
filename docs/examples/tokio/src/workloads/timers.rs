//! One task per timer; each sleeps until it is due.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

const STRIDE: u64 = 7_919;
const EARLY: Duration = Duration::from_millis(3); // the rules allow a timer to be this much too early

pub fn run<'a>(params: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let timers = params.integer("timers")?;
        let lead = Duration::from_nanos(params.integer("lead_ns")?);
        let span = params.integer("span_ns")?;
        let started_in_time = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        let first = Instant::now() + lead;
        for k in 0..timers {
            let due = first + Duration::from_nanos(k * STRIDE % timers * span / timers);
            let (probe, started_in_time) = (probe.clone(), started_in_time.clone());
            tasks.spawn(async move {
                if Instant::now() < due {
                    started_in_time.fetch_add(1, Ordering::Relaxed);
                }
                sleep_until(due).await;
                probe.lateness(due);
                Instant::now() + EARLY >= due
            });
        }
        let mut fired = 0;
        while let Some(is_in_time) = tasks.join_next().await {
            fired += i64::from(is_in_time?);
        }
        probe.observe_least("started_in_time", started_in_time.load(Ordering::Relaxed));
        Ok(fired)
    })
}
