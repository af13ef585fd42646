// One promise per task; all are awaited together.
import { setTimeout as sleep } from 'node:timers/promises';

const EARLY_MS = 1; // a timer may fire up to 1 ms early

export async function run({ tasks, wait_ns }, probe) {
  const wait = wait_ns / 1e6; // milliseconds
  let waited = 0;
  let inFlight = 0;
  let most = 0;

  async function task() {
    inFlight += 1;
    most = Math.max(most, inFlight);
    const start = performance.now();
    await sleep(Math.ceil(wait));
    if (performance.now() - start >= wait - EARLY_MS) waited += 1;
    inFlight -= 1;
  }

  await Promise.all(Array.from({ length: tasks }, task));
  probe.observeLeast('in_flight', most);
  return waited;
}
