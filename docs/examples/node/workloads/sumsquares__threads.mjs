// Hands each chunk to a warm pool with one worker thread per processor.
import { once } from 'node:events';
import os from 'node:os';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';

import { chunkBounds, sumSquares } from './sumsquares.mjs';

const THREADS = os.availableParallelism?.() ?? os.cpus().length; // the first needs Node 18.14

if (!isMainThread) {
  parentPort.on('message', ([low, high]) => parentPort.postMessage(sumSquares(low, high)));
}

async function ask(worker, bounds) {
  worker.postMessage(bounds);
  const [sum] = await once(worker, 'message'); // rejects if the worker fails
  return sum;
}

/** Start the pool and wait until every worker has done a first job. */
export async function prepare() {
  const pool = Array.from({ length: THREADS }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(pool.map((worker) => ask(worker, [0, 10_000])));
  return pool;
}

export async function run({ n, chunks }, probe, pool) {
  const jobs = chunkBounds(n, chunks); // a worker that is free takes the next one
  let total = 0n;

  async function serve(worker) {
    for (const bounds of jobs) {
      const sum = await ask(worker, bounds);
      total += sum; // `total += await ask(...)` would read the total before it waits
    }
  }

  await Promise.all(pool.map(serve));
  return total;
}

export async function release(pool) {
  await Promise.all(pool.map((worker) => worker.terminate()));
}
