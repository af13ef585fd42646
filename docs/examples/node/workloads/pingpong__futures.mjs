// Two tasks and a new promise for each hand-over.

/** Return a promise and the function that resolves it. */
function withResolver() {
  const future = {};
  future.promise = new Promise((resolve) => {
    future.resolve = resolve;
  });
  return future;
}

export async function run({ rounds }, probe) {
  let last = null; // the side that had the last turn
  let switches = 0;
  let there = withResolver();
  let back = withResolver();

  async function ping() {
    let value = 0;
    for (let round = 0; round < rounds; round += 1) {
      last = ping;
      there.resolve(value);
      value = (await back.promise) + 1;
      back = withResolver();
      switches += last !== ping;
    }
    return value;
  }

  async function pong() {
    for (let round = 0; round < rounds; round += 1) {
      const value = await there.promise;
      there = withResolver();
      last = pong;
      back.resolve(value + 1);
    }
  }

  const [value] = await Promise.all([ping(), pong()]);
  probe.observeLeast('switches', switches);
  return value;
}
