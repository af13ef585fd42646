// Runs Perfetto's own trace processor, which is a program for browsers:
//     node trace_processor.mjs FOLDER REQUESTS
// FOLDER has engine_bundle.js and trace_processor.wasm. REQUESTS is a file with a stream of its
// messages; the answers are written to standard output.
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import vm from "node:vm";

const [folder, requests] = process.argv.slice(2);
globalThis.self = globalThis;
globalThis.WorkerGlobalScope = class {};
globalThis.importScripts = () => {};
globalThis.location = { href: `file://${folder}/engine_bundle.js` };
// Errors go to standard error, and so must what is said.
console.log = console.error;
const read = (name) => readFileSync(join(folder, String(name).split("/").pop()));
globalThis.XMLHttpRequest = class {
  open(_method, name) {
    this.name = name;
  }
  send() {
    this.response = read(this.name);
  }
};

const port = {
  postMessage: (bytes) => writeSync(1, bytes),
};
const before = globalThis.process;
globalThis.process = undefined; // otherwise it takes this for Node.js, which it was not built for
vm.runInThisContext(read("engine_bundle.js").toString());
globalThis.process = before;
globalThis.onmessage({ data: port });
setTimeout(() => port.onmessage({ data: new Uint8Array(readFileSync(requests)) }), 2_000);
