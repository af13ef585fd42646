// The server of `node:http`. There is no plain implementation: Node's parser (llhttp, which is also
// that of httptools) is not available to programs, and another one would not be comparable.
import { once } from 'node:events';
import { createServer } from 'node:http';

const BODY = 'Hello, World!\n';
const BACKLOG = 1_024;

/** Start a server; `respond(response, status, body)` decides when and how it answers. */
export async function listen(probe, respond) {
  // Without a time limit, connections stay open until the client closes them.
  const server = createServer({ noDelay: true, keepAliveTimeout: 0 }, (request, response) => {
    const isFound = request.method === 'GET' && request.url === '/';
    if (isFound) respond(response, 200, BODY);
    else respond(response, 404, '');
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG });
  await once(server, 'listening'); // throws if the server cannot listen
  probe.listening(server.address().port);
  return server;
}

export function send(response, status, body) {
  const headers = { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(status, headers).end(body);
}

export async function run(params, probe) {
  const server = await listen(probe, send);
  await probe.stopped();
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
  return 0;
}
