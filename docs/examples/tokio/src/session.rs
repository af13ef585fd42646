//! Runs the cases of a request: their samples, then their outcomes or their error.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use crate::answer::{Error, Running, digest, reason};
use crate::probe::Probe;
use crate::process;
use crate::protocol::{Case, Input, Output, Params, Request};

const MAX_CALLS: u64 = 1 << 30; // in a sample; ends the search even if a call takes no time

/// An implementation of a workload.
pub type Run = for<'a> fn(&'a Params, &'a Arc<Probe>) -> Running<'a>;

/// Run all cases. The error of an implementation becomes a message, and the next case follows.
pub async fn run(request: Request, implementation: Run, mut input: Input, output: &'static Output) {
    let last = request.cases.len() - 1;
    let first = request.cases[0].params.clone();
    for (index, case) in request.cases.into_iter().enumerate() {
        let run_up = RunUp { at_least: request.run_up_ns, params: first.clone() };
        let turns = (request.turns && index == last).then_some(run_up);
        let probe = Arc::new(Probe::new(&case.id, output, &input.stops, true));
        let id = case.id.clone();
        let mut sampler = Sampler {
            case,
            implementation,
            output,
            probe,
            answers: Vec::new(),
            iteration: 0,
            call_ns: 0,
        };
        let taken = sampler.take_samples(turns, &mut input).await;
        match taken {
            Ok(()) => sampler.report(),
            Err(error) => output.send_error(Some(&id), reason(&error), &error.to_string()),
        }
    }
}

/// Unmeasured work before the sample of a turn.
struct RunUp {
    at_least: u64,  // nanoseconds
    params: Params, // of the first case, which is small
}

struct Sampler {
    case: Case,
    implementation: Run,
    output: &'static Output,
    probe: Arc<Probe>,
    answers: Vec<i64>, // the distinct ones
    iteration: u64,
    call_ns: u64, // how long a call of the last sample took
}

impl Sampler {
    async fn take_samples(&mut self, turns: Option<RunUp>, input: &mut Input) -> Result<(), Error> {
        let calls = self.calibrate().await?;
        for _ in 0..self.case.warmup {
            self.sample(calls, true).await?;
        }
        self.probe.forget_latencies();
        if let Some(run_up) = turns {
            return self.take_turns(calls, &run_up, input).await;
        }
        for _ in 0..self.case.iterations {
            self.sample(calls, false).await?;
        }
        Ok(())
    }

    /// Return how many calls last as long as a sample has to. The attempts are warm-up samples.
    async fn calibrate(&mut self) -> Result<u64, Error> {
        let goal = self.case.min_sample_ns;
        let mut calls = 1;
        if goal == 0 {
            return Ok(calls);
        }
        loop {
            let elapsed = self.sample(calls, true).await?;
            if elapsed >= goal || calls >= MAX_CALLS {
                return Ok(calls);
            }
            let estimate = 1.2 * calls as f64 * goal as f64 / elapsed.max(1) as f64;
            calls = (estimate as u64).clamp(calls + 1, (100 * calls).min(MAX_CALLS));
        }
    }

    /// Take one sample in each turn. Between turns the process waits and uses no CPU time.
    async fn take_turns(
        &mut self,
        calls: u64,
        run_up: &RunUp,
        input: &mut Input,
    ) -> Result<(), Error> {
        let is_small = calls >= 8 || (1..=run_up.at_least).contains(&self.call_ns);
        let params = if is_small { self.case.params.clone() } else { run_up.params.clone() };
        self.output.send(&json!({"kind": "ready", "case": self.case.id}));
        while let Some(turn) = input.turns.recv().await {
            if let Some(processor) = turn.processor {
                process::move_to(processor);
            }
            self.run_up((calls / 8).max(1), &params, run_up.at_least, input).await?;
            self.sample(calls, false).await?;
        }
        Ok(())
    }

    /// Work for a while as the sample does. Where its calls are long, use the small case.
    async fn run_up(
        &self,
        batch: u64,
        params: &Params,
        at_least: u64,
        input: &Input,
    ) -> Result<(), Error> {
        let unheard = Arc::new(Probe::new(&self.case.id, self.output, &input.stops, false));
        let start = Instant::now();
        while (start.elapsed().as_nanos() as u64) < at_least {
            for _ in 0..batch {
                (self.implementation)(params, &unheard).await?;
            }
        }
        Ok(())
    }

    /// Time a number of calls and report them. Returns the nanoseconds that they took.
    async fn sample(&mut self, calls: u64, is_warmup: bool) -> Result<u64, Error> {
        let mut answer = 0;
        let cpu_before = process::cpu_ns();
        let start = Instant::now();
        for _ in 0..calls {
            answer = (self.implementation)(&self.case.params, &self.probe).await?;
        }
        let elapsed = start.elapsed().as_nanos() as u64;
        let cpu = process::cpu_ns() - cpu_before;
        if !self.answers.contains(&answer) {
            self.answers.push(answer);
        }
        self.output.send(&json!({
            "kind": "sample", "case": self.case.id, "iteration": self.iteration, "warmup": is_warmup,
            "elapsed_ns": elapsed, "cpu_ns": cpu, "operations": calls * self.case.operations,
        }));
        self.iteration += 1;
        self.call_ns = elapsed / calls;
        Ok(elapsed)
    }

    /// Report the latencies, and one outcome for each distinct answer.
    fn report(&self) {
        if let Some(message) = self.probe.latency_message() {
            self.output.send(&message);
        }
        for answer in &self.answers {
            let value = answer.to_string();
            self.output.send(&json!({
                "kind": "outcome", "case": self.case.id, "digest": digest(&value), "value": value,
                "observed": self.probe.observed(),
            }));
        }
    }
}
