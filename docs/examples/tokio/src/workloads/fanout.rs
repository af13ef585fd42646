//! One task per wait; all are joined.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::waiting::Waiting;
use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

const EARLY: Duration = Duration::from_millis(1); // the rules allow a wait to be this much too short

pub fn run<'a>(params: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let wait = Duration::from_nanos(params.integer("wait_ns")?);
        let waiting = Arc::new(Waiting::default());
        let mut tasks = JoinSet::new();
        for _ in 0..params.integer("tasks")? {
            let waiting = waiting.clone();
            tasks.spawn(async move {
                waiting.begin();
                let start = Instant::now();
                sleep(wait).await;
                waiting.end();
                start.elapsed() + EARLY >= wait
            });
        }
        let mut waited = 0;
        while let Some(is_long_enough) = tasks.join_next().await {
            waited += i64::from(is_long_enough?);
        }
        probe.observe_least("in_flight", waiting.most());
        Ok(waited)
    })
}
