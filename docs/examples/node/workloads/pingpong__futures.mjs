// Two tasks and a new promise for each hand-over.

/** Return a promise and the function that resolves it. */
function withResolver() {
  const future = {};
  future.promise = new Promise((resolve) => {
    future.resolve = resolve;
  });
  return future;
}

export async function run({ rounds }) {
  let there = withResolver();
  let back = withResolver();

  async function ping() {
    let value = 0;
    for (let round = 0; round < rounds; round += 1) {
      there.resolve(value);
      value = (await back.promise) + 1;
      back = withResolver();
    }
    return value;
  }

  async function pong() {
    for (let round = 0; round < rounds; round += 1) {
      const value = await there.promise;
      there = withResolver();
      back.resolve(value + 1);
    }
  }

  const [value] = await Promise.all([ping(), pong()]);
  return value;
}
