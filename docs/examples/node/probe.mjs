// What an implementation reports besides its answer.
import { once } from 'node:events';

import { memoryHeld } from './memory.mjs';

export class Probe {
  observed = new Map();
  latencies = []; // nanoseconds
  #caseId;
  #connection;
  #stopping = new AbortController();

  constructor(caseId, connection) {
    this.#caseId = caseId;
    this.#connection = connection;
  }

  /** Report a counter, such as the tasks in flight; the largest value is kept. */
  observe(name, value) {
    this.observed.set(name, Math.max(value, this.observed.get(name) ?? value));
  }

  /** Report a counter of which the smallest value is kept: every call must reach a minimum. */
  observeLeast(name, value) {
    this.observed.set(name, Math.min(value, this.observed.get(name) ?? value));
  }

  /** Report one latency in milliseconds, the unit of `performance.now()`; below 0 if early. */
  latency(ms) {
    this.latencies.push(Math.round(ms * 1e6));
  }

  /** Report how many tasks are alive and waiting. Reads the memory before it returns. */
  parked(tasks) {
    this.#connection.send({ kind: 'footprint', case: this.#caseId, tasks, ...memoryHeld() });
  }

  /** Report the port of a server that accepts connections; call `stopped` next. */
  listening(port) {
    this.#connection.send({ kind: 'listening', port });
  }

  /** Wait until the harness tells the server to stop. */
  async stopped() {
    const { signal } = this.#stopping;
    if (!signal.aborted) await once(signal, 'abort');
  }

  /** Called when the harness sends `stop`. */
  stop() {
    this.#stopping.abort();
  }
}
