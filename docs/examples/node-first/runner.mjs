// A runner for one workload: `noop` does nothing and answers 0.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';

const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

async function noop() {
  return 0;
}

function describe() {
  send({
    protocol: 1,
    language: 'javascript',
    version: process.versions.node,
    implementations: [{ workload: 'noop', model: 'node-first', source: 'runner.mjs' }],
  });
}

async function runCase({ id, operations, warmup, iterations, min_sample_ns: minimum }) {
  let iteration = 0;
  let answer;

  async function sample(calls, isWarmup) {
    const start = process.hrtime.bigint();
    for (let call = 0; call < calls; call += 1) answer = await noop();
    const elapsed = Number(process.hrtime.bigint() - start);
    send({
      kind: 'sample', case: id, iteration, warmup: isWarmup,
      elapsed_ns: elapsed, operations: calls * operations,
    });
    iteration += 1;
    return elapsed;
  }

  let calls = 1;
  while (minimum > 0 && (await sample(calls, true)) < minimum) calls *= 2;
  for (let n = 0; n < warmup; n += 1) await sample(calls, true);
  for (let n = 0; n < iterations; n += 1) await sample(calls, false);
  send({ kind: 'outcome', case: id, digest: sha256(String(answer)), value: String(answer) });
}

async function run() {
  for await (const line of createInterface({ input: process.stdin })) {
    send({ kind: 'started', protocol: 1 });
    for (const testCase of JSON.parse(line).cases) await runCase(testCase);
    send({ kind: 'finished' });
    break; // one process answers one request
  }
  process.stdin.destroy(); // the harness keeps it open; Node would wait for its end
}

await (process.argv[2] === 'describe' ? describe() : run());
