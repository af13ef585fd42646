//! What an implementation reports besides its answer.

use std::collections::BTreeMap;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use serde_json::{Value, json};
use tokio::sync::watch;

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
    latencies: Mutex<Histogram<u64>>,
}

impl Probe {
    /// A probe that is not heard costs the same, but discards everything.
    pub fn new(
        case: &str,
        output: &'static Output,
        stops: &watch::Receiver<u64>,
        is_heard: bool,
    ) -> Self {
        let latencies = Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS);
        Self {
            case: case.into(),
            output,
            is_heard,
            stops: stops.clone(),
            stops_before: *stops.borrow(),
            observed: Mutex::default(),
            latencies: Mutex::new(latencies.expect("the bounds are valid")),
        }
    }

    /// Report a counter that must reach a minimum in every call; the smallest value is kept.
    pub fn observe_least(&self, name: &'static str, value: u64) {
        let mut observed = self.observed.lock().expect("no thread panics here");
        let least = observed.entry(name).or_insert(value);
        *least = value.min(*least);
    }

    /// Report one latency.
    pub fn latency(&self, ns: u64) {
        self.latencies.lock().expect("no thread panics here").saturating_record(ns);
    }

    /// Report how many tasks are alive and waiting. Reads the memory before it returns.
    pub fn parked(&self, tasks: u64) -> Result<(), Error> {
        let (Some(bytes), reserved) = process::memory_held() else {
            return Err(
                Unsupported("this system does not report how much memory a process holds").into()
            );
        };
        self.send(json!({
            "kind": "footprint", "case": self.case, "tasks": tasks,
            "bytes": bytes, "virtual_bytes": reserved,
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
        self.latencies.lock().expect("no thread panics here").reset();
    }

    pub fn observed(&self) -> Value {
        json!(*self.observed.lock().expect("no thread panics here"))
    }

    /// Return the latencies in the format of the message `latency`; None if there are none.
    pub fn histogram(&self) -> Option<String> {
        let latencies = self.latencies.lock().expect("no thread panics here");
        if latencies.is_empty() {
            return None;
        }
        let mut bytes = Vec::new();
        let written = V2DeflateSerializer::new().serialize(&*latencies, &mut bytes);
        written.expect("a Vec takes all bytes");
        Some(STANDARD.encode(bytes))
    }

    fn send(&self, message: Value) {
        if self.is_heard {
            self.output.send(&message);
        }
    }
}
