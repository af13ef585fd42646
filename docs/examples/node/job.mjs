// The work that runs beside the ticks of `heartbeat`, and what a thread or a process runs to do it.
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort } from 'node:worker_threads';

/** Do the work. Returns whether it was done: the time has passed, or all bytes were read. */
export function work({ beside, amount, path }) {
  const start = process.hrtime.bigint();
  const elapsed = () => Number(process.hrtime.bigint() - start);
  switch (beside) {
    case 'nothing':
      return true;
    case 'cpu':
      while (elapsed() < amount);
      return true;
    case 'block': // the only call of Node that blocks the thread like sleep(3)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.ceil(amount / 1e6));
      return elapsed() >= amount;
    case 'read':
      return readFileSync(path).length === amount;
    default:
      throw new Error(`beside: found "${beside}", expected nothing, cpu, block or read`);
  }
}

if (!isMainThread) parentPort.on('message', (job) => parentPort.postMessage(work(job)));
else if (process.send) process.on('message', (job) => process.send(work(job)));
