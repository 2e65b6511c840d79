import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Explanation } from '../../src/admin/explanation.ts';
import { startCacheside } from '../fixtures/cacheside.ts';
import { startOrigin } from '../fixtures/origin.ts';

t.test(
  'of several workers, the one that would answer from memory tells; each says what it has',
  async (t) => {
    const origin = await startOrigin((_req, res) =>
      res.setHeader('Cache-Control', 'max-age=600').end('stored'),
    );
    t.teardown(() => origin.close());
    const directory = mkdtempSync(join(tmpdir(), 'explain-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'cacheside.yaml');
    writeFileSync(
      file,
      `upstream: ${origin.url}\nworkers: 2\nroutes: [{ name: all, match: /* }]\nlog: { access: false }\n`,
    );
    const sidecar = await startCacheside(['--config', file], { host: 'shop.example' });
    t.teardown(() => sidecar.stop());
    const explain = async (): Promise<Explanation> => {
      const body = JSON.stringify({ url: '/p', host: 'shop.example' });
      const answer = await fetch(`${sidecar.adminUrl}/explain`, { method: 'POST', body });
      return JSON.parse(await answer.text());
    };
    const cold = await explain();
    t.same(
      cold.memory.map(({ worker, found }) => [worker, found]),
      [
        [1, 'absent'],
        [2, 'absent'],
      ],
    );
    t.equal(cold.worker, 1);
    t.equal(cold.prediction.kind, 'forwarded');
    // Its connection leads to one of them.
    await sidecar.get('/p');
    const told = await explain();
    t.same(told.memory.map(({ found }) => found).sort(), ['absent', 'stored']);
    const has = told.memory.find(({ found }) => found === 'stored');
    t.equal(told.worker, has?.worker);
    t.equal(told.prediction.kind, 'served');
    t.same(told.memory.map(({ outcome }) => outcome).sort(), ['hit', 'miss']);
    t.equal(told.routes[0]?.line, 3);
    t.equal(origin.requests.length, 1, 'nobody asked the upstream');
  },
);
