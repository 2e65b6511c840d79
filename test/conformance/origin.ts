import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { importOf } from './suite.ts';

type Handler = (segments: readonly string[], request: IncomingMessage, response: ServerResponse) => void;

/** The suite's own server, which answers as each test wants it. */
export interface Origin {
  readonly url: string;
  close(): void;
}

/** Starts the suite's handlers on a free loopback port. */
export async function startSuiteOrigin(root: string): Promise<Origin> {
  const handler = async (name: string) =>
    ((await importOf(root, `server/handle-${name}.mjs`)) as { default: Handler }).default;
  const handlers = new Map<string, Handler>();
  for (const name of ['config', 'test', 'state']) handlers.set(name, await handler(name));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://origin');
    const [, first = '', ...rest] = pathname.split('/');
    const handle = handlers.get(first);
    if (handle !== undefined) return handle(rest, request, response);
    response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
