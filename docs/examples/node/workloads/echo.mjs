// Pipes each connection into itself, like the example in the documentation of `node:net`.
import { once } from 'node:events';
import { createServer } from 'node:net';

const BACKLOG = 1_024;

export async function run(params, probe) {
  const connections = new Set();
  const server = createServer({ noDelay: true }, (socket) => {
    connections.add(socket);
    socket.on('error', () => {}); // the client is gone; `close` follows
    socket.on('close', () => connections.delete(socket));
    socket.pipe(socket);
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG });
  await once(server, 'listening'); // throws if the server cannot listen
  probe.listening(server.address().port);

  await probe.stopped();
  const closed = once(server, 'close');
  server.close();
  for (const socket of connections) socket.destroy();
  await closed;
  return 0;
}
