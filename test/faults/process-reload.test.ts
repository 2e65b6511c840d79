import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { hangUp } from '../../scripts/demo/request.ts';
import { startCacheside, until } from '../fixtures/cacheside.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { startLoad } from './load.ts';
import { answerLoad } from './load-origin.ts';

t.teardown(hangUp);

const origin = await startOrigin(answerLoad);
t.teardown(() => origin.close());
const folder = await mkdtemp(join(tmpdir(), 'cacheside-reload-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));

/** Each file has other routes and limits than the last; every second has a mistake in its line 3. */
const document = (i: number) =>
  i % 2 === 1
    ? `upstream: ${origin.url}\nroutes:\n  - { name: bad, match: /x, tll: ${i}s }\n`
    : `upstream: ${origin.url}
log: { access: false }
routes:
  - { name: hit-${i}, match: /hit, ttl: ${i + 60}s, max-body: ${i + 1}KiB }
  - { name: rest, match: "/*", response: { set: { X-Reload: "${i}" } } }
`;

for (const workers of ['1', '2']) {
  t.test(`50 reloads under load lose no request and leave nothing behind: ${workers} workers`, async (t) => {
    const file = join(folder, `${workers}.yaml`);
    await writeFile(file, document(0));
    const cacheside = await startCacheside(['-c', file, '--workers', workers]);
    t.teardown(() => cacheside.stop());
    const { pid } = cacheside.child;
    const load = startLoad(cacheside.url);
    await until(async () => load.counts.answered > 200);
    const files = async () => (await readdir(`/proc/${pid}/fd`)).length;
    const before = await files();
    for (let i = 1; i <= 50; i++) {
      await writeFile(file, document(i));
      if (i % 10 < 2) {
        cacheside.child.signal('SIGHUP');
        continue;
      }
      const { status, text } = await cacheside.admin('/reload', { method: 'POST' });
      t.equal(status, i % 2 === 1 ? 422 : 200, `reload ${i}`);
      if (status !== 200) t.match(text, /:3:|"line": ?3/, 'the mistake is told with its line');
    }
    const last = await cacheside.admin('/reload', { method: 'POST' });
    t.equal(last.status, 200);
    t.equal((await cacheside.get('/other')).headers['x-reload'], '50', 'the last one holds');
    const at = load.counts.answered;
    await until(async () => load.counts.answered > at + 100);
    load.stop();
    const { answered, refused, unaccepted, lost } = await load.ended;
    t.same({ lost, refused, unaccepted }, { lost: [], refused: 0, unaccepted: 0 }, `${answered} answered`);
    hangUp(cacheside.url);
    const names = JSON.parse((await cacheside.admin('/stats')).text).routes;
    t.same(
      Object.keys(names).sort(),
      ['hit-50', 'none', 'rest'],
      'of routes that are gone nothing is counted',
    );
    await until(async () => (await files()) <= before);
    t.pass('no descriptor is left behind');
  });
}
