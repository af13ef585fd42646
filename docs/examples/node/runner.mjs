// `node runner.mjs describe` lists the implementations; `node runner.mjs run` answers one request.
import { readdir } from 'node:fs/promises';

import { runCase } from './case.mjs';
import { Connection, Refusal } from './connection.mjs';
import { usage } from './memory.mjs';

const PROTOCOL = 1;
const MODEL = 'node';
const EXIT_CRASHED = 1;
const EXIT_REFUSED = 2;

const facts = () => ({ runtime: 'Node.js', v8: process.versions.v8, libuv: process.versions.uv });

/** List the files of `workloads/`: WORKLOAD.mjs or WORKLOAD__VARIANT.mjs. */
async function listImplementations() {
  const files = await readdir(new URL('workloads/', import.meta.url));
  return files.filter((file) => file.endsWith('.mjs')).sort().map((file) => {
    const [workload, variant = ''] = file.slice(0, -'.mjs'.length).split('__');
    return { workload, model: MODEL, variant, source: `workloads/${file}` };
  });
}

async function describe() {
  console.log(JSON.stringify({
    protocol: PROTOCOL,
    language: 'javascript',
    version: process.versions.node,
    facts: facts(),
    implementations: await listImplementations(),
  }));
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Refusal(`request: not JSON: ${error.message}`);
  }
}

/** Return the source file that a request asks for. Throws a Refusal if there is none. */
async function findSource(request) {
  if (request?.protocol !== PROTOCOL) {
    throw new Refusal(`request: found protocol ${request?.protocol}, expected ${PROTOCOL}`);
  }
  let candidates = await listImplementations();
  for (const key of ['workload', 'model', 'variant']) {
    const found = request[key] ?? '';
    const known = new Set(candidates.map((candidate) => candidate[key]));
    if (!known.has(found)) {
      const [name, names] = [JSON.stringify(found), JSON.stringify([...known])];
      throw new Refusal(`request: ${key}: found ${name}, expected one of ${names}`);
    }
    candidates = candidates.filter((candidate) => candidate[key] === found);
  }
  if (!Array.isArray(request.cases) || request.cases.length === 0) {
    throw new Refusal('request: cases: expected at least one');
  }
  return candidates[0].source;
}

async function run() {
  const connection = new Connection();
  try {
    const request = parse(await connection.readRequest());
    const source = await findSource(request);
    const implementation = await import(new URL(source, import.meta.url));
    connection.send({ kind: 'started', protocol: PROTOCOL, facts: facts() });
    for (const testCase of request.cases) await runCase(testCase, implementation, connection);
    connection.send({ kind: 'finished', usage: usage() });
  } catch (error) {
    const isRefused = error instanceof Refusal;
    if (!isRefused) console.error(error); // with its stack
    const [reason, message] = isRefused ? ['unsupported', error.message] : ['crash', String(error)];
    connection.send({ kind: 'error', reason, message });
    process.exitCode = isRefused ? EXIT_REFUSED : EXIT_CRASHED;
  } finally {
    connection.close();
  }
}

const [command] = process.argv.slice(2);
if (command === 'describe') {
  await describe();
} else if (command === 'run') {
  await run();
} else {
  console.error('usage: node runner.mjs describe | run');
  process.exitCode = EXIT_REFUSED;
}
