//! Tasks that all wait for one `Notify`.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;
use tokio::task::{JoinSet, yield_now};

use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

pub const STEPS: u64 = 4; // the memory is read after each

pub fn run<'a>(params: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let tasks = params.integer("tasks")?;
        let release = Arc::new(Notify::new());
        let waiting = Arc::new(AtomicU64::new(0));
        let mut waiters = JoinSet::new();
        for step in 1..=STEPS {
            let target = step * tasks / STEPS;
            while (waiters.len() as u64) < target {
                waiters.spawn(wait(release.clone(), waiting.clone()));
            }
            while waiting.load(Ordering::Acquire) < target {
                yield_now().await;
            }
            probe.parked(target)?;
        }
        release.notify_waiters();
        let mut ended = 0;
        while let Some(task) = waiters.join_next().await {
            task?;
            ended += 1;
        }
        Ok(ended)
    })
}

async fn wait(release: Arc<Notify>, waiting: Arc<AtomicU64>) {
    let mut released = pin!(release.notified());
    released.as_mut().enable(); // from now on, `notify_waiters` reaches this task
    waiting.fetch_add(1, Ordering::Release);
    released.await;
}
