//! `loombench-tokio describe` lists the implementations; `loombench-tokio run` answers one request.

mod answer;
mod probe;
mod process;
mod protocol;
mod session;
mod workloads;

use std::env;
use std::io;
use std::process::ExitCode;
use std::thread;

use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::protocol::{Output, Request};
use crate::workloads::{IMPLEMENTATIONS, Implementation};

/// The runtime with a thread for each processor, and the one with a single thread.
const MODELS: [&str; 2] = ["tokio", "tokio-1cpu"];
const EXIT_CRASHED: u8 = 1;
const EXIT_REFUSED: u8 = 2;

/// The processors that this process may use.
fn processors() -> usize {
    thread::available_parallelism().map_or(1, |number| number.get())
}

fn facts() -> Value {
    json!({"runtime": format!("Tokio {}", env!("TOKIO_VERSION")), "processors": processors()})
}

fn describe() {
    let implementations: Vec<Value> = IMPLEMENTATIONS
        .iter()
        .flat_map(|one| MODELS.map(|model| (one, model)))
        .map(|(one, model)| {
            json!({
                "workload": one.workload, "model": model, "variant": one.variant,
                "source": format!("src/workloads/{}", one.source),
            })
        })
        .collect();
    println!(
        "{}",
        json!({
            "protocol": protocol::VERSION, "language": "rust", "version": env!("RUST_VERSION"),
            "facts": facts(), "implementations": implementations,
        })
    );
}

/// Return the implementation that a request asks for. The error says what does not exist.
fn find(request: &Request) -> Result<&'static Implementation, String> {
    let Request { workload, model, variant, .. } = request;
    if !MODELS.contains(&model.as_str()) {
        return Err(format!("model: found {model:?}, expected one of {MODELS:?}"));
    }
    let known: Vec<_> = IMPLEMENTATIONS.iter().filter(|one| one.workload == workload).collect();
    if known.is_empty() {
        return Err(format!("workload: found {workload:?}, which is not written"));
    }
    let variants: Vec<_> = known.iter().map(|one| one.variant).collect();
    let found = known.into_iter().find(|one| one.variant == variant);
    found.ok_or_else(|| format!("variant: found {variant:?}, expected one of {variants:?}"))
}

fn create_runtime(model: &str) -> io::Result<Runtime> {
    let mut builder = match model {
        "tokio-1cpu" => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(), // one thread for each processor
    };
    builder.enable_all().build()
}

fn run() -> io::Result<ExitCode> {
    let (input, output) = process::move_pipes_aside()?;
    // As long as the process: the harness sees its end and that of the output together.
    let output: &'static Output = Box::leak(Box::new(Output::new(output)));
    let (line, input) = protocol::read(input);
    let found = protocol::parse(&line).and_then(|request| find(&request).map(|one| (request, one)));
    let (request, implementation) = match found {
        Ok(found) => found,
        Err(message) => {
            output.send_error(None, "unsupported", &format!("request: {message}"));
            return Ok(ExitCode::from(EXIT_REFUSED));
        }
    };
    let runtime = create_runtime(&request.model)?;
    output.send(&json!({"kind": "started", "protocol": protocol::VERSION, "facts": facts()}));
    // A task of its own: the caller of `block_on` is no worker of the runtime with several threads.
    let cases = runtime.spawn(session::run(request, implementation.run, input, output));
    if let Err(error) = runtime.block_on(cases) {
        output.send_error(None, "crash", &error.to_string());
        return Ok(ExitCode::from(EXIT_CRASHED));
    }
    output.send(&json!({"kind": "finished", "usage": process::usage()}));
    Ok(ExitCode::SUCCESS)
}

fn main() -> io::Result<ExitCode> {
    match env::args().nth(1).as_deref() {
        Some("describe") => describe(),
        Some("run") => return run(),
        _ => {
            eprintln!("usage: loombench-tokio describe | run");
            return Ok(ExitCode::from(EXIT_REFUSED));
        }
    }
    Ok(ExitCode::SUCCESS)
}
