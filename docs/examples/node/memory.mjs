// What this process has used, and the memory it holds.
import { readdirSync, readFileSync } from 'node:fs';

const KERNEL_STACK = { x64: 16_384, arm64: 16_384 }; // bytes per thread; no file tells it

/** Return the bytes of a /proc line such as "VmHWM:   1234 kB"; undefined if there is none. */
function readBytes(file, name) {
  try {
    const [, kilobytes] = readFileSync(`/proc/self/${file}`, 'utf8').match(`${name}:\\s+(\\d+) kB`);
    return Number(kilobytes) * 1_024;
  } catch {
    return undefined;
  }
}

/** Return the counters of `finished`. JSON leaves out those that are undefined. */
export function usage() {
  const used = process.resourceUsage();
  return {
    peak_bytes: readBytes('status', 'VmHWM'), // maxRSS may be the parent's
    user_ns: used.userCPUTime * 1_000,
    system_ns: used.systemCPUTime * 1_000,
    voluntary_switches: used.voluntaryContextSwitches,
    involuntary_switches: used.involuntaryContextSwitches,
    minor_faults: used.minorPageFault,
    major_faults: used.majorPageFault,
  };
}

/** Return the page tables and the kernel stacks of the process; null if unknown. */
function kernelHeld() {
  const stack = KERNEL_STACK[process.arch];
  const tables = readBytes('status', 'VmPTE');
  if (stack === undefined || tables === undefined) return null;
  return tables + stack * readdirSync('/proc/self/task').length;
}

/** Return the memory that the process holds now, for `footprint`. */
export function memoryHeld() {
  const bytes = readBytes('smaps_rollup', 'Pss');
  if (bytes === undefined) {
    const error = new Error('this system does not report how much memory a process holds');
    throw Object.assign(error, { code: 'ENOTSUP' });
  }
  return { bytes, virtual_bytes: readBytes('status', 'VmSize') ?? null, kernel_bytes: kernelHeld() };
}
