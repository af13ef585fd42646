//! The lines from and to the harness, and the threads and descriptors that carry them.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process;
use std::sync::Mutex;
use std::thread;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};

use crate::answer::Error;

pub const VERSION: u64 = 2;

#[derive(Deserialize)]
pub struct Request {
    pub workload: String,
    pub model: String,
    #[serde(default)]
    pub variant: String,
    pub cases: Vec<Case>,
    #[serde(default)]
    pub turns: bool,
    #[serde(default)]
    pub run_up_ns: u64,
}

#[derive(Clone, Deserialize)]
pub struct Case {
    pub id: String,
    pub params: Params,
    pub operations: u64,
    pub warmup: u64,
    pub iterations: u64,
    pub min_sample_ns: u64,
}

#[derive(Clone, Deserialize)]
pub struct Params(Map<String, Value>);

impl Params {
    pub fn integer(&self, name: &str) -> Result<u64, Error> {
        let found = self.0.get(name);
        found.and_then(Value::as_u64).ok_or_else(|| mismatch(name, found, "a whole number"))
    }

    pub fn text(&self, name: &str) -> Result<&str, Error> {
        let found = self.0.get(name);
        found.and_then(Value::as_str).ok_or_else(|| mismatch(name, found, "a string"))
    }
}

fn mismatch(name: &str, found: Option<&Value>, expected: &str) -> Error {
    let found = found.map_or("nothing".into(), Value::to_string);
    format!("{name}: found {found}, expected {expected}").into()
}

/// Read a request. The error says what is wrong with it.
pub fn parse(line: &str) -> Result<Request, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    if value["protocol"] != VERSION {
        let found = value.get("protocol").unwrap_or(&Value::Null);
        return Err(format!("found protocol {found}, expected {VERSION}"));
    }
    let request: Request = serde_json::from_value(value).map_err(|error| error.to_string())?;
    if request.cases.is_empty() {
        return Err("cases: expected at least one".into());
    }
    Ok(request)
}

/// Writes messages, each as one line.
pub struct Output(Mutex<File>);

impl Output {
    pub fn new(file: File) -> Self {
        Self(Mutex::new(file))
    }

    /// Write a message at once. If that fails, the harness is gone, and so the process ends.
    pub fn send(&self, message: &Value) {
        let line = format!("{message}\n");
        let mut file = self.0.lock().expect("no thread panics while it writes");
        if file.write_all(line.as_bytes()).is_err() {
            end("a message cannot be written: the harness is gone");
        }
    }

    pub fn send_error(&self, case: Option<&str>, reason: &str, message: &str) {
        self.send(&json!({"kind": "error", "case": case, "reason": reason, "message": message}));
    }
}

/// A turn, on a processor if one is given.
#[derive(Deserialize)]
pub struct Turn {
    pub processor: Option<usize>,
}

/// What a thread has read after the request.
pub struct Input {
    /// The turns; the channel is closed at their end.
    pub turns: mpsc::UnboundedReceiver<Turn>,
    /// How many times the harness has said `stop`.
    pub stops: watch::Receiver<u64>,
}

/// Return the request line, and read on in a thread, which ends the process with the harness.
pub fn read(file: File) -> (String, Input) {
    let mut lines = BufReader::new(file).lines();
    let Some(Ok(request)) = lines.next() else {
        end("request: found the end of standard input, expected a line");
    };
    let (turn_sender, turns) = mpsc::unbounded_channel();
    let (stop_sender, stops) = watch::channel(0);
    thread::spawn(move || {
        let mut turn_sender = Some(turn_sender);
        while let Some(Ok(line)) = lines.next() {
            let message: Value = serde_json::from_str(&line).unwrap_or_default();
            match (message["kind"].as_str(), &turn_sender, Turn::deserialize(&message)) {
                (Some("turn"), Some(sender), Ok(turn)) => drop(sender.send(turn)),
                (Some("end"), ..) => turn_sender = None,
                (Some("stop"), ..) => stop_sender.send_modify(|count| *count += 1),
                _ => end(&format!("input: found {line}, expected \"turn\", \"end\" or \"stop\"")),
            }
        }
        end("standard input ended before the work: the harness is gone");
    });
    (request, Input { turns, stops })
}

fn end(message: &str) -> ! {
    eprintln!("{message}");
    process::exit(1);
}
