//! One task per timer; each sleeps until it is due.

use std::sync::Arc;
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
        let mut tasks = JoinSet::new();
        let first = Instant::now() + lead;
        for k in 0..timers {
            let due = first + Duration::from_nanos(k * STRIDE % timers * span / timers);
            let probe = probe.clone();
            tasks.spawn(async move {
                sleep_until(due).await;
                let now = Instant::now();
                probe.latency(now.saturating_duration_since(due).as_nanos() as u64);
                now + EARLY >= due
            });
        }
        let mut fired = 0;
        while let Some(is_in_time) = tasks.join_next().await {
            fired += i64::from(is_in_time?);
        }
        Ok(fired)
    })
}
