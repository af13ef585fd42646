// The two pipes to the harness. Nothing else in this process can read or write them.
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** The request cannot be answered; no work was started. */
export class Refusal extends Error {}

/**
 * Open a descriptor's file a second time, then point the descriptor at another file.
 *
 * Node has no dup2(2). But open(2) returns the lowest free descriptor, and this early no other
 * thread of the process opens files. Returns the new descriptor.
 */
function moveAside(descriptor, flags, replacement) {
  const moved = openSync(`/dev/fd/${descriptor}`, flags);
  closeSync(descriptor);
  const replaced = openSync(replacement, flags);
  if (replaced !== descriptor) {
    throw new Error(`descriptors: found ${replaced}, expected ${descriptor}`);
  }
  return moved;
}

export class Connection {
  /** Called for each `stop` line. */
  onStop = () => {};
  #input;
  #lines;
  #output;
  #isClosed = false;

  constructor() {
    const input = moveAside(0, constants.O_RDONLY, '/dev/null');
    this.#output = moveAside(1, constants.O_WRONLY | constants.O_APPEND, '/dev/fd/2');
    this.#input = new Socket({ fd: input, readable: true, writable: false });
    this.#lines = createInterface({ input: this.#input })[Symbol.asyncIterator]();
  }

  /** Return the request line, and watch the input from then on. */
  async readRequest() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Refusal('request: found the end of standard input, expected a line');
    this.#watch();
    return value;
  }

  /** Write a message. Synchronous: a message must not wait for the event loop. */
  send(message) {
    const line = Buffer.from(`${JSON.stringify(message)}\n`);
    for (let written = 0; written < line.length; ) {
      written += writeSync(this.#output, line, written);
    }
  }

  /** Stop reading, so that Node exits when nothing else is open. */
  close() {
    this.#isClosed = true;
    this.#input.destroy();
  }

  // Runs only while the event loop is free. A call that blocks forever is ended from outside.
  async #watch() {
    for await (const line of this.#lines) {
      if (JSON.parse(line).kind === 'stop') this.onStop();
      else throw new Error(`input: found ${line}, expected a line of kind "stop"`);
    }
    if (!this.#isClosed) {
      console.error('standard input ended before the work: the harness is gone');
      process.exit(1);
    }
  }
}
