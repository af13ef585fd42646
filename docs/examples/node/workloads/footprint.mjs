// Tasks that all wait for one promise.
const STEPS = 4; // the memory is read after each

export async function run({ tasks }, probe) {
  let release;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  let ended = 0;

  async function wait() {
    await released;
    ended += 1;
  }

  const waiting = [];
  for (let step = 1; step <= STEPS; step += 1) {
    while (waiting.length < Math.floor((step * tasks) / STEPS)) waiting.push(wait());
    probe.parked(waiting.length); // every task has run up to its await
  }
  release();
  await Promise.all(waiting);
  return ended;
}
