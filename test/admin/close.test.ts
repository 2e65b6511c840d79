import { once } from 'node:events';
import pino from 'pino';
import t from 'tap';
import { createAdminServer } from '../../src/admin/server.ts';
import { missed } from '../observe/finished.ts';
import { partsFor, running } from './running.ts';

t.test('closing aborts a warm-up, answers it, and frees the port', async (t) => {
  let begun = () => {};
  const underWay = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const { parts } = partsFor({
    tokens: [],
    log: pino({ level: 'silent' }),
    async warm(_target, signal) {
      begun();
      await once(signal, 'abort');
      return missed({ aborted: true });
    },
  });
  const server = createAdminServer(parts);
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const answer = fetch(`http://127.0.0.1:${port}/warm`, {
    method: 'POST',
    body: JSON.stringify({ paths: ['/a', '/b'], concurrency: 1 }),
  });
  await underWay;
  await server.close();
  t.match(await (await answer).json(), { requested: 1, failed: 1 });
  await t.rejects(fetch(`http://127.0.0.1:${port}/healthz`));
  await running(t, {}, { host: '127.0.0.1', port });
});

t.test('closing what never listened does nothing', async () => {
  await createAdminServer(partsFor().parts).close();
});
