// Two tasks and two unbuffered streams, the only channel that comes with Node.
async function ping(rounds, there, back) {
  let value = 0;
  for (let round = 0; round < rounds; round += 1) {
    await there.write(value);
    value = (await back.read()).value + 1;
  }
  return value;
}

async function pong(rounds, there, back) {
  for (let round = 0; round < rounds; round += 1) {
    const { value } = await there.read();
    await back.write(value + 1);
  }
}

export async function run({ rounds }) {
  const there = new TransformStream();
  const back = new TransformStream();
  const [value] = await Promise.all([
    ping(rounds, there.writable.getWriter(), back.readable.getReader()),
    pong(rounds, there.readable.getReader(), back.writable.getWriter()),
  ]);
  return value;
}
