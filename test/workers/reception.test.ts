import t from 'tap';
import type { Config } from '../../src/config/config.ts';
import { createPurgeIndex } from '../../src/purge/purge-index.ts';
import type { PurgeLog } from '../../src/purge/purge-log.ts';
import { createFeed } from '../../src/workers/feed.ts';
import { createReception } from '../../src/workers/reception.ts';
import { createStage } from './stage.ts';

const purge = (tag: string) => ({ selector: { kind: 'tag', tag }, soft: false }) as const;
const log = { applied: 0, pending: 0, trusted: true, confirmedAt: 0 } as unknown as PurgeLog;
const clock = { now: () => 0, toShared: (ms: number) => ms, fromShared: (ms: number) => ms };

t.test('a worker begins with what the others know, and is told all that comes after it', async (t) => {
  const feed = createFeed(createPurgeIndex(), () => log, clock);
  let current = 'before';
  const reception = createReception({
    feed,
    share: () => ({ name: current }) as unknown as Config,
    listen: { host: '127.0.0.1', port: 80 },
    beat: 250,
    within: 5_000,
  });
  t.equal(reception.bound, undefined);
  const { supervisor, spawned, events } = createStage(1, reception.admit);
  // In the same turn as the worker is admitted, and not told to anybody yet.
  feed.index.apply(purge('earlier'), 2);
  current = 'now';
  events.on('sent', (process, { ask, id, argument }) => {
    if (ask === 'listen') process.onMessage({ answer: id, value: { ...argument, port: 81 } });
  });
  await supervisor.start();
  t.same(reception.bound, { host: '127.0.0.1', port: 81 });
  const [process] = spawned;
  const [worker] = supervisor.workers;
  if (process === undefined || worker === undefined) throw new Error('no worker');
  t.match(process.sent, [
    { notice: { kind: 'welcome', welcome: { id: 1, number: 1, config: { name: 'now' }, beat: 250 } } },
    { ask: 'listen' },
  ]);
  const [{ notice: first } = {}] = process.sent;
  const { welcome } = first as unknown as { welcome: { index: { exact: Map<string, unknown> } } };
  t.equal([...welcome.index.exact].length, 1, 'the earlier one is in the snapshot, and not told again');

  feed.index.apply(purge('later'), 4);
  feed.flush();
  t.match(process.sent.at(-1), {
    notice: { kind: 'feed', feed: { steps: [{ kind: 'apply', purge: purge('later') }] } },
  });
  const { length } = process.sent;
  reception.forget(worker);
  feed.flush();
  t.equal(process.sent.length, length, 'nobody is told any more');
  supervisor.stop();
});
