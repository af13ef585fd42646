//! Ping in the calling task and pong in a second one, over two channels with one slot.
//!
//! `mpsc` has no channel without a buffer, and one slot is never full here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

pub fn run<'a>(params: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let rounds = params.integer("rounds")?;
        let (to_pong, mut from_ping) = mpsc::channel::<i64>(1);
        let (to_ping, mut from_pong) = mpsc::channel(1);
        let answered = Arc::new(AtomicBool::new(false)); // pong has had the last turn
        let by_pong = answered.clone();
        let pong = tokio::spawn(async move {
            while let Some(value) = from_ping.recv().await {
                by_pong.store(true, Ordering::Relaxed);
                if to_ping.send(value + 1).await.is_err() {
                    break; // ping has ended early
                }
            }
        });
        let (mut value, mut switches) = (0, 0);
        for _ in 0..rounds {
            to_pong.send(value).await?;
            value = from_pong.recv().await.ok_or("pong has ended early")? + 1;
            switches += u64::from(answered.swap(false, Ordering::Relaxed));
        }
        drop(to_pong);
        pong.await?;
        probe.observe_least("switches", switches);
        Ok(value)
    })
}
