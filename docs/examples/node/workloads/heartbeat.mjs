// Ticks in one async function; another one works, or asks a warm thread or process to work.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { work } from '../job.mjs';

const PERIOD_MS = 10;
const JOB = new URL('../job.mjs', import.meta.url);
const NOTHING = { beside: 'nothing', amount: 0 };

/** Return the parts of `prepare`: how to work, the job, and what to end afterwards. */
export async function prepare({ beside, amount, on }) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'loombench-'));
  const job = { beside, amount, path: path.join(folder, 'data') };
  if (beside === 'read') await writeFile(job.path, Buffer.alloc(amount, 'not zeros'));
  const helper = await startHelper(on);
  return { folder, job, ...helper };
}

/** Return how to work on the loop, or in a thread or process that has already done a job. */
async function startHelper(on) {
  if (on === 'loop') return { doWork: async (job) => work(job), end() {} };
  const isThread = on === 'thread';
  const helper = isThread ? new Worker(JOB) : fork(JOB);
  const doWork = async (job) => {
    if (isThread) helper.postMessage(job);
    else helper.send(job);
    const [isDone] = await once(helper, 'message'); // rejects if the helper fails
    return isDone;
  };
  await doWork(NOTHING);
  return { doWork, hasProcess: !isThread, end: () => (isThread ? helper.terminate() : helper.kill()) };
}

export async function run({ ticks }, probe, { job, doWork }) {
  let working;
  const start = performance.now();
  for (let k = 1; k <= ticks; k += 1) {
    const due = start + k * PERIOD_MS;
    const left = due - performance.now();
    await (left > 0 ? sleep(Math.ceil(left)) : nextTurn()); // a timer of 0 ms would wait for 1 ms
    probe.latency(performance.now() - due);
    if (k === Math.max(1, Math.floor(ticks / 5))) working = nextTurn().then(() => doWork(job));
  }
  return ticks + ((await working) ? 1 : 0);
}

export async function release({ folder, end }) {
  await end();
  await rm(folder, { recursive: true });
}
