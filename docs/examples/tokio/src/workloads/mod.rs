//! The implementations, one file each.

mod drain;
mod drain_hyper;
mod echo;
mod fanout;
mod footprint;
mod footprint_asleep;
mod heartbeat;
mod http;
mod http_hyper;
mod job;
mod kitchen;
mod noop;
mod pingpong;
mod pingpong_futures;
mod pingpong_nowait;
mod server;
mod sumsquares;
mod sumsquares_threads;
mod timers;
mod waiting;

use crate::session::Run;

pub struct Implementation {
    pub workload: &'static str,
    pub variant: &'static str,
    pub source: &'static str,
    pub run: Run,
}

const fn new(
    workload: &'static str,
    variant: &'static str,
    source: &'static str,
    run: Run,
) -> Implementation {
    Implementation { workload, variant, source, run }
}

pub const IMPLEMENTATIONS: &[Implementation] = &[
    new("drain", "", "drain.rs", drain::run),
    new("drain", "hyper", "drain_hyper.rs", drain_hyper::run),
    new("echo", "", "echo.rs", echo::run),
    new("fanout", "", "fanout.rs", fanout::run),
    new("footprint", "", "footprint.rs", footprint::run),
    new("footprint", "asleep", "footprint_asleep.rs", footprint_asleep::run),
    new("heartbeat", "", "heartbeat.rs", heartbeat::run),
    new("http", "", "http.rs", http::run),
    new("http", "hyper", "http_hyper.rs", http_hyper::run),
    new("kitchen", "", "kitchen.rs", kitchen::run),
    new("noop", "", "noop.rs", noop::run),
    new("pingpong", "", "pingpong.rs", pingpong::run),
    new("pingpong", "futures", "pingpong_futures.rs", pingpong_futures::run),
    new("pingpong", "nowait", "pingpong_nowait.rs", pingpong_nowait::run),
    new("sumsquares", "", "sumsquares.rs", sumsquares::run),
    new("sumsquares", "threads", "sumsquares_threads.rs", sumsquares_threads::run),
    new("timers", "", "timers.rs", timers::run),
];
