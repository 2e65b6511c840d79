import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
const folder = await mkdtemp(join(tmpdir(), 'cacheside-stop-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));

interface Row {
  readonly id: string;
  readonly document: string;
  readonly args: readonly string[];
  readonly signal: NodeJS.Signals;
  /** Clients go elsewhere as soon as `/readyz` says so, and none is ever refused. */
  readonly watched?: boolean;
}

const ROWS: readonly Row[] = [
  { id: 'one process, SIGTERM', document: '', args: [], signal: 'SIGTERM' },
  { id: 'two workers, SIGINT', document: '', args: ['--workers', '2'], signal: 'SIGINT' },
  { id: 'node:http alone, SIGTERM', document: 'fast-door: false', args: [], signal: 'SIGTERM' },
  {
    id: 'clients that look at /readyz',
    document: 'drain-delay: 1s',
    args: [],
    signal: 'SIGTERM',
    watched: true,
  },
];

for (const { id, document, args, signal, watched = false } of ROWS) {
  t.test(`a stop under load loses no request: ${id}`, async (t) => {
    const file = join(folder, 'cacheside.yaml');
    await writeFile(file, `upstream: ${origin.url}\nlog: { access: false }\n${document}\n`);
    const cacheside = await startCacheside(['-c', file, ...args]);
    t.teardown(() => cacheside.stop());
    const load = startLoad(cacheside.url);
    await until(async () => load.counts.answered > 500);
    cacheside.child.signal(signal);
    if (watched) {
      await until(async () => (await cacheside.admin('/readyz')).status === 503);
      load.stop();
    }
    const { answered, refused, unaccepted, lost } = await load.ended;
    t.same(lost, [], `${answered} answered, ${unaccepted} never accepted`);
    t.equal(refused, watched ? 0 : 24, 'every client goes to another replica in the end');
    if (watched) t.equal(unaccepted, 0);
    hangUp(cacheside.adminUrl);
    t.equal(await cacheside.child.exited, 0);
  });
}
