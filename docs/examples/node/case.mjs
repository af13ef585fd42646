// Runs one case: its samples, then its outcome or its error.
import { setImmediate as nextTurn } from 'node:timers/promises';

import { canonical, digest } from './answer.mjs';
import { histogram } from './histogram.mjs';
import { Probe } from './probe.mjs';

const MAX_CALLS = 2 ** 30; // in a sample; ends the search even if a call takes no time
const SHOWN_CHARACTERS = 200; // of an answer
const REASONS = {
  ENOMEM: 'out_of_memory',
  ERR_MEMORY_ALLOCATION_FAILED: 'out_of_memory',
  ERR_WORKER_OUT_OF_MEMORY: 'out_of_memory',
  ENOTSUP: 'unsupported',
};

/**
 * Run a case and report its outcome; an error of the implementation becomes a message.
 *
 * With `turns`, which describes the run-up, each sample waits for its turn.
 */
export async function runCase(testCase, implementation, connection, turns) {
  const { id } = testCase;
  const probe = new Probe(id, connection);
  connection.onStop = () => probe.stop();
  try {
    const answers = await takeSamples(testCase, implementation, connection, probe, turns);
    if (probe.latencies.length > 0) {
      const hdr = histogram(probe.latencies.map(Math.abs));
      const early = probe.latencies.filter((latency) => latency < 0).map(Math.abs);
      const message = { kind: 'latency', case: id, hdr };
      connection.send(early.length > 0 ? { ...message, early_hdr: histogram(early) } : message);
    }
    const observed = Object.fromEntries(probe.observed);
    for (const [hash, value] of answers) {
      connection.send({ kind: 'outcome', case: id, digest: hash, value, observed });
    }
  } catch (error) {
    console.error(error);
    const reason = REASONS[error?.code] ?? 'crash';
    connection.send({ kind: 'error', case: id, reason, message: String(error) });
  }
}

/** Return the distinct answers of all samples: digest -> the beginning of the text. */
async function takeSamples(testCase, { run, prepare, release }, connection, probe, turns) {
  const { id, params, operations, warmup, iterations, min_sample_ns: minimum } = testCase;
  const answers = new Map();
  let iteration = 0;
  let callTime = 0; // of the last sample

  async function sample(calls, isWarmup) {
    await nextTurn(); // lets the event loop notice that the harness is gone
    const { answer, elapsed, cpu } = await timeCalls(calls, run, params, probe, resource);
    const text = canonical(answer);
    answers.set(digest(text), text.slice(0, SHOWN_CHARACTERS));
    connection.send({
      kind: 'sample', case: id, iteration, warmup: isWarmup,
      elapsed_ns: elapsed, cpu_ns: cpu, operations: calls * operations,
    });
    iteration += 1;
    callTime = elapsed / calls;
    return elapsed;
  }

  async function takeTurns(calls) {
    connection.send({ kind: 'ready', case: id });
    const isSmall = calls >= 8 || (callTime > 0 && callTime <= turns.atLeast);
    while (await connection.turn()) {
      await runUp(Math.max(1, Math.floor(calls / 8)), isSmall ? params : turns.params);
      await sample(calls, false);
    }
  }

  /** Work for a while as the sample does; where its calls are long, with the small case. */
  async function runUp(batch, small) {
    const unheard = new Probe(id, { send() {} }); // what a run-up reports does not count
    const end = process.hrtime.bigint() + BigInt(turns.atLeast);
    while (process.hrtime.bigint() < end) await timeCalls(batch, run, small, unheard, resource);
  }

  const resource = await prepare?.(params);
  try {
    let calls = 1;
    while (minimum > 0) {
      const elapsed = await sample(calls, true);
      if (elapsed >= minimum || calls >= MAX_CALLS) break;
      calls = moreCalls(calls, elapsed, minimum);
    }
    for (let n = 0; n < warmup; n += 1) await sample(calls, true);
    probe.latencies.length = 0; // those of the warm-up do not count
    if (turns) await takeTurns(calls);
    else for (let n = 0; n < iterations; n += 1) await sample(calls, false);
  } finally {
    await release?.(resource);
  }
  return answers;
}

/**
 * Time a number of calls; nothing else happens between the two readings of the clock.
 *
 * Every call is awaited, even a synchronous one. `noop` shows what that costs.
 */
async function timeCalls(calls, run, params, probe, resource) {
  let answer;
  const cpuBefore = process.cpuUsage();
  const start = process.hrtime.bigint();
  for (let call = 0; call < calls; call += 1) answer = await run(params, probe, resource);
  const end = process.hrtime.bigint();
  const { user, system } = process.cpuUsage(cpuBefore); // microseconds, all threads
  const cpu = resource?.hasProcess ? null : (user + system) * 1_000; // unknown with a child process
  return { answer, elapsed: Number(end - start), cpu };
}

/** Estimate how many calls last `minimum` nanoseconds, plus 20%; at most ten times as many. */
function moreCalls(calls, elapsed, minimum) {
  const estimate = Math.floor((1.2 * calls * minimum) / Math.max(elapsed, 1));
  return Math.max(calls + 1, Math.min(estimate, 10 * calls, MAX_CALLS));
}
