//! One task per dish.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

const DISHES: [u32; 3] = [10, 3, 7]; // units
const EARLY: Duration = Duration::from_millis(1); // the rules allow a wait to be this much too short

pub fn run<'a>(params: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let unit = Duration::from_nanos(params.integer("unit_ns")?);
        let in_flight = Arc::new(AtomicU64::new(0));
        let mut dishes = JoinSet::new();
        for units in DISHES {
            dishes.spawn(cook(units, unit, probe.clone(), in_flight.clone()));
        }
        let mut served = 0;
        while let Some(units) = dishes.join_next().await {
            served += i64::from(units?);
        }
        Ok(served)
    })
}

async fn cook(units: u32, unit: Duration, probe: Arc<Probe>, in_flight: Arc<AtomicU64>) -> u32 {
    probe.observe("in_flight", in_flight.fetch_add(1, Ordering::Relaxed) + 1);
    let start = Instant::now();
    sleep(units * unit).await;
    let is_cooked = start.elapsed() + EARLY >= units * unit;
    in_flight.fetch_sub(1, Ordering::Relaxed);
    if is_cooked { units } else { 0 }
}
