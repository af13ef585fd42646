//! One task per dish.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::waiting::Waiting;
use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

const DISHES: [u32; 3] = [10, 3, 7]; // units
const EARLY: Duration = Duration::from_millis(1); // the rules allow a wait to be this much too short

pub fn run<'a>(params: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let unit = Duration::from_nanos(params.integer("unit_ns")?);
        let waiting = Arc::new(Waiting::default());
        let mut dishes = JoinSet::new();
        for units in DISHES {
            dishes.spawn(cook(units, unit, waiting.clone()));
        }
        let mut served = 0;
        while let Some(units) = dishes.join_next().await {
            served += i64::from(units?);
        }
        probe.observe_least("in_flight", waiting.most());
        Ok(served)
    })
}

async fn cook(units: u32, unit: Duration, waiting: Arc<Waiting>) -> u32 {
    waiting.begin();
    let start = Instant::now();
    sleep(units * unit).await;
    let is_cooked = start.elapsed() + EARLY >= units * unit;
    waiting.end();
    if is_cooked { units } else { 0 }
}
