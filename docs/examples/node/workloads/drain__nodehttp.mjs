// The server of `http · nodehttp`, which closes when it gets SIGTERM.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { listen, send } from './http__nodehttp.mjs';

export async function run({ wait_ns }, probe) {
  let isStopping = false;
  const terminated = once(process, 'SIGTERM');
  const server = await listen(probe, async (response, status, body) => {
    await sleep(Math.ceil(wait_ns / 1e6));
    if (isStopping) response.setHeader('Connection', 'close');
    send(response, status, body);
  });
  await terminated;
  isStopping = true;
  const closed = once(server, 'close');
  server.close(); // accepts no more
  server.closeIdleConnections(); // before Node 19, `close` leaves them open
  await closed;
  return 0;
}
