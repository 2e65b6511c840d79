import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { createLocalLog } from '../../src/purge/local-log.ts';
import { createPurgeIndex } from '../../src/purge/purge-index.ts';
import { stored } from './stored.ts';

t.test('positions count up, and each append is applied before it is acknowledged', async (t) => {
  const index = createPurgeIndex();
  const log = createLocalLog(index, { name: () => 'local', clock: systemClock });
  t.equal(log.applied, 0);
  t.ok(log.trusted);
  const before = stored({ asOf: log.applied, heard: index.heardNow() });
  const appending = log.append([
    { selector: { kind: 'tag', tag: 'products' }, soft: true },
    { selector: { kind: 'route', route: 'product' }, soft: false },
  ]);
  t.equal(index.verdict(before), 'hard', 'at once');
  t.same(await appending, { kind: 'appended', position: 1 });
  t.equal(log.applied, 1);
  t.equal(index.verdict(stored({ asOf: 1, heard: index.heardNow() })), 'valid');
  t.same(await log.append([{ selector: { kind: 'all' }, soft: false }]), { kind: 'appended', position: 2 });
  t.equal(log.pending, 0);
  t.equal(await log.reached(2, 0), true);
  t.equal(await log.reached(3, 0), false);
  await log.close();
});
