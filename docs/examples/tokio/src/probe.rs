//! What an implementation reports besides its answer.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::answer::{Error, Unsupported};
use crate::process;
use crate::protocol::Output;

const LOWEST_NS: u64 = 1;
const HIGHEST_NS: u64 = 120_000_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

pub struct Probe {
    case: String,
    output: &'static Output,
    is_heard: bool,
    stops: watch::Receiver<u64>,
    stops_before: u64, // those that the harness said in earlier cases
    observed: Mutex<BTreeMap<&'static str, u64>>,
    latencies: Mutex<Latencies>,
}

struct Latencies {
    size: Histogram<u64>,  // of each latency, late or early
    early: Histogram<u64>, // of the early ones
}

impl Probe {
    /// A probe that is not heard costs the same, but discards everything.
    pub fn new(
        case: &str,
        output: &'static Output,
        stops: &watch::Receiver<u64>,
        is_heard: bool,
    ) -> Self {
        let histogram = Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS);
        let size = histogram.expect("the bounds are valid");
        Self {
            case: case.into(),
            output,
            is_heard,
            stops: stops.clone(),
            stops_before: *stops.borrow(),
            observed: Mutex::default(),
            latencies: Mutex::new(Latencies { early: size.clone(), size }),
        }
    }

    /// Report a counter that must reach a minimum in every call; the smallest value is kept.
    pub fn observe_least(&self, name: &'static str, value: u64) {
        let mut observed = self.observed.lock().expect("no thread panics here");
        let least = observed.entry(name).or_insert(value);
        *least = value.min(*least);
    }

    /// Report how late something came, now: below 0 if it was early.
    pub fn lateness(&self, due: Instant) {
        let now = Instant::now();
        let ns = |duration: Duration| duration.as_nanos() as u64;
        let mut latencies = self.latencies.lock().expect("no thread panics here");
        if now < due {
            latencies.size.saturating_record(ns(due - now));
            latencies.early.saturating_record(ns(due - now));
        } else {
            latencies.size.saturating_record(ns(now - due));
        }
    }

    /// Report how many tasks are alive and waiting. Reads the memory before it returns.
    pub fn parked(&self, tasks: u64) -> Result<(), Error> {
        let Some(held) = process::memory_held() else {
            return Err(
                Unsupported("this system does not report how much memory a process holds").into()
            );
        };
        self.send(json!({
            "kind": "footprint", "case": self.case, "tasks": tasks, "bytes": held.resident,
            "virtual_bytes": held.reserved, "kernel_bytes": held.kernel,
        }));
        Ok(())
    }

    /// Report the port of a server that accepts connections; call `stopped` next.
    pub fn listening(&self, port: u16) {
        self.send(json!({"kind": "listening", "port": port}));
    }

    /// Wait until the harness tells the server to stop.
    pub async fn stopped(&self) {
        // The sender lives as long as the process.
        let _ = self.stops.clone().wait_for(|count| *count > self.stops_before).await;
    }

    /// Forget the latencies so far: those of the warm-up.
    pub fn forget_latencies(&self) {
        let mut latencies = self.latencies.lock().expect("no thread panics here");
        latencies.size.reset();
        latencies.early.reset();
    }

    pub fn observed(&self) -> Value {
        json!(*self.observed.lock().expect("no thread panics here"))
    }

    /// Return the message `latency`; None if there are no latencies.
    pub fn latency_message(&self) -> Option<Value> {
        let latencies = self.latencies.lock().expect("no thread panics here");
        if latencies.size.is_empty() {
            return None;
        }
        let hdr = encode(&latencies.size);
        let mut message = json!({"kind": "latency", "case": self.case, "hdr": hdr});
        if !latencies.early.is_empty() {
            message["early_hdr"] = encode(&latencies.early).into();
        }
        Some(message)
    }

    fn send(&self, message: Value) {
        if self.is_heard {
            self.output.send(&message);
        }
    }
}

/// Return a histogram in the format of the message `latency`.
fn encode(histogram: &Histogram<u64>) -> String {
    let mut bytes = Vec::new();
    let written = V2DeflateSerializer::new().serialize(histogram, &mut bytes);
    written.expect("a Vec takes all bytes");
    STANDARD.encode(bytes)
}
