// Three promises at once.
import { setTimeout as sleep } from 'node:timers/promises';

const DISHES = [10, 3, 7]; // units
const EARLY_MS = 1; // a timer may fire up to 1 ms early; the rules allow it

export async function run({ unit_ns }, probe) {
  const unit = unit_ns / 1e6; // milliseconds
  let inFlight = 0;
  let most = 0;

  async function cook(units) {
    inFlight += 1;
    most = Math.max(most, inFlight);
    const start = performance.now();
    await sleep(Math.ceil(units * unit)); // Node cuts off fractions: 1.9 ms would be 1
    const elapsed = performance.now() - start;
    inFlight -= 1;
    return elapsed >= units * unit - EARLY_MS ? units : 0;
  }

  const served = await Promise.all(DISHES.map(cook));
  probe.observeLeast('in_flight', most);
  return served.reduce((sum, units) => sum + units);
}
