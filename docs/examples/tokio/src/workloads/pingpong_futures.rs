//! A oneshot channel for each hand-over. A message brings the sender for the reply.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot::{Receiver, Sender, channel};

use crate::answer::Running;
use crate::probe::Probe;
use crate::protocol::Params;

struct Message {
    value: i64,
    reply: Sender<Message>,
}

pub fn run<'a>(params: &'a Params, probe: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let rounds = params.integer("rounds")?;
        let (mut to_pong, from_ping) = channel();
        let answered = Arc::new(AtomicBool::new(false)); // pong has had the last turn
        let pong = tokio::spawn(play_pong(from_ping, answered.clone()));
        let (mut value, mut switches) = (0, 0);
        for _ in 0..rounds {
            let (reply, from_pong) = channel();
            to_pong.send(Message { value, reply }).map_err(|_| "pong has ended early")?;
            let message: Message = from_pong.await?;
            value = message.value + 1;
            switches += u64::from(answered.swap(false, Ordering::Relaxed));
            to_pong = message.reply;
        }
        drop(to_pong);
        pong.await?;
        probe.observe_least("switches", switches);
        Ok(value)
    })
}

async fn play_pong(mut from_ping: Receiver<Message>, answered: Arc<AtomicBool>) {
    while let Ok(message) = from_ping.await {
        let (reply, next) = channel();
        answered.store(true, Ordering::Relaxed);
        if message.reply.send(Message { value: message.value + 1, reply }).is_err() {
            break; // ping has ended early
        }
        from_ping = next;
    }
}
