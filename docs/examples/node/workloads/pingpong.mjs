// Two tasks and two unbuffered streams, the only channel that comes with Node.
// `turn.last` is the side that had the last turn: JavaScript has no identity of a task.
async function ping(rounds, there, back, turn) {
  let value = 0;
  for (let round = 0; round < rounds; round += 1) {
    turn.last = ping;
    await there.write(value);
    value = (await back.read()).value + 1;
    turn.switches += turn.last !== ping;
  }
  return value;
}

async function pong(rounds, there, back, turn) {
  for (let round = 0; round < rounds; round += 1) {
    const { value } = await there.read();
    turn.last = pong;
    await back.write(value + 1);
  }
}

export async function run({ rounds }, probe) {
  const turn = { last: null, switches: 0 };
  const there = new TransformStream();
  const back = new TransformStream();
  const [value] = await Promise.all([
    ping(rounds, there.writable.getWriter(), back.readable.getReader(), turn),
    pong(rounds, there.readable.getReader(), back.writable.getWriter(), turn),
  ]);
  probe.observeLeast('switches', turn.switches);
  return value;
}
