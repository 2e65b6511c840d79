import t from 'tap';
import { createPendingPurges } from '../../src/purge/pending-purges.ts';
import { createPurgeHistory } from '../../src/purge/purge-history.ts';
import { createPurgeIndex } from '../../src/purge/purge-index.ts';
import type { Purge } from '../../src/purge/selector.ts';
import { stored } from './stored.ts';

const tag = (name: string, soft = false): Purge => ({ selector: { kind: 'tag', tag: name }, soft });
const entry = (id: string, token: string, purges: readonly Purge[]) => ({ id, token, purges, fence: false });

function setUp(maxDeferred?: number) {
  const index = createPurgeIndex();
  const history = createPurgeHistory();
  return { index, history, pending: createPendingPurges(index, history, 'me', maxDeferred) };
}

t.test('an append that failed but had happened is not repeated', async (t) => {
  const { index, pending } = setUp();
  const batch = pending.begin([tag('x')]);
  pending.fail(batch);
  t.equal(pending.deferred, 1);
  t.ok(pending.readBack(entry('0-5', batch.token, [tag('x')])));
  t.equal(pending.deferred, 0);
  t.equal(index.verdict(stored({ tags: ['x'], asOf: 4 })), 'hard');
  t.equal(index.verdict(stored({ tags: ['x'], asOf: 5 })), 'valid');
});

t.test('one read back before it is answered is settled, whatever the answer', async (t) => {
  const { pending } = setUp();
  const batch = pending.begin([tag('x')]);
  t.ok(pending.readBack(entry('0-5', batch.token, [tag('x')])));
  t.equal(batch.position, 5);
  t.equal(pending.unseen, 0);
  pending.fail(batch);
  t.equal(pending.deferred, 0);
  pending.confirm(batch, 5);
  pending.deferUnseen(pending.confirmations);
  t.equal(pending.deferred, 0);
});

t.test('of those deferred the newest per selector and softness is kept, oldest first', async (t) => {
  const { pending } = setUp();
  const batches = [[tag('x')], [tag('y')], [tag('x', true)], [tag('x')]].map((purges) =>
    pending.begin(purges),
  );
  // Failing in another order than they were applied in changes nothing.
  for (const batch of batches.reverse()) pending.fail(batch);
  t.equal(pending.unseen, 3);
  const again = pending.takeDeferred();
  t.same(
    again?.held.map(({ purge }) => purge),
    [tag('y'), tag('x', true), tag('x')],
  );
  t.equal(pending.deferred, 0);
  t.equal(pending.unseen, 3, 'in flight');
  t.equal(pending.takeDeferred(), undefined);
});

t.test('confirmed ones not found at the end of the log are deferred, younger ones are not', async (t) => {
  const { pending } = setUp();
  pending.confirm(pending.begin([tag('x')]), 5);
  const { confirmations } = pending;
  pending.confirm(pending.begin([tag('y')]), 6);
  pending.deferUnseen(confirmations);
  t.same(
    pending.takeDeferred()?.held.map(({ purge }) => purge),
    [tag('x')],
  );
});

t.test('too many become one purge of everything', async (t) => {
  const { index, pending } = setUp(3);
  for (const name of ['a', 'b', 'c', 'd']) pending.fail(pending.begin([tag(name)]));
  const batch = pending.takeDeferred();
  t.same(
    batch?.held.map(({ purge }) => purge),
    [{ selector: { kind: 'all' }, soft: false }],
  );
  if (batch === undefined) return;
  pending.confirm(batch, 9);
  t.equal(index.verdict(stored({ tags: ['other'], asOf: 8 })), 'hard');
  t.equal(index.verdict(stored({ tags: ['a'], asOf: 9 })), 'valid', 'what it replaced is settled');
});

t.test('entries of others are not ours', async (t) => {
  const { pending } = setUp();
  const batch = pending.begin([tag('x')]);
  t.notOk(pending.readBack(entry('0-5', `not-${batch.token}`, [tag('x')])));
  t.equal(pending.unseen, 1);
});

const by = (id: string, purge: Purge) => ({ ...purge, orders: [{ id, by: 'deploy', at: Number(id) }] });

t.test('what is kept tells of every order that it carries out', async (t) => {
  const { history, pending } = setUp(2);
  const open = () =>
    history
      .newest(10)
      .flatMap(({ order, isPending }) => (isPending ? order.id : []))
      .sort();
  const batches = [by('1', tag('x')), by('2', tag('x')), by('3', tag('y'))].map((one) =>
    pending.begin([one]),
  );
  t.same(open(), ['1', '2', '3'], 'in flight');
  for (const batch of [...batches].reverse()) pending.fail(batch);
  t.same(open(), ['1', '2', '3']);
  t.equal(pending.deferred, 2);
  pending.fail(pending.begin([by('4', tag('z'))]));
  t.equal(pending.deferred, 1, 'too many: everything');
  t.same(open(), ['1', '2', '3', '4']);
  const again = pending.takeDeferred();
  t.same(again?.held[0]?.purge.orders?.map(({ id }) => id).sort(), ['1', '2', '3', '4']);
  if (again === undefined) return;
  pending.confirm(again, 9);
  t.equal(pending.unseen, 1);
  t.same(open(), ['1', '2', '3', '4'], 'not read back yet');
  pending.readBack(entry('0-9', again.token, [tag('x')]));
  t.same(open(), []);
  t.equal(pending.unseen, 0);
});

t.test('orders that what is kept has no room for wait for it, too', async (t) => {
  for (const same of [true, false]) {
    const { history, pending } = setUp();
    // All at one moment: of those, too, the newest are told of.
    const orders = Array.from({ length: 101 }, (_, i) => ({ id: `${i}`, by: 'deploy', at: 5 }));
    const batches = orders.map((order) => pending.begin([{ ...tag('x'), orders: [order] }]));
    for (const batch of batches) pending.fail(batch);
    if (!same) pending.fail(pending.begin([{ ...tag('y'), orders: orders.slice(0, 1) }]));
    const sent = pending.takeDeferred();
    if (sent === undefined) return t.fail('nothing is kept');
    const [x, y] = sent.held.map(({ purge }) => purge);
    t.equal(x?.orders?.length, 100);
    t.notOk(
      x?.orders?.some(({ id }) => id === '0'),
      'the oldest is left out',
    );
    if (!same) {
      // The other part is in the log: it alone names the oldest.
      history.read(y as Purge, 7);
      t.match(history.find('0'), { isPending: true, position: 7 });
    }
    t.match(history.find('100'), { isPending: true });
    pending.confirm(sent, 9);
    pending.readBack(
      entry(
        '0-9',
        sent.token,
        sent.held.map(({ purge }) => purge),
      ),
    );
    for (const { id } of orders)
      t.match(history.find(id), { isPending: false, isRead: true, position: 9 }, id);
  }
});

t.test('an own entry settles no order that came after it', async (t) => {
  const { history, pending } = setUp();
  const first = pending.begin([by('1', tag('x'))]);
  const second = pending.begin([by('2', tag('x'))]);
  pending.confirm(first, 5);
  pending.readBack(entry('0-5', first.token, [by('1', tag('x'))]));
  t.notOk(pending.isOpen(first));
  t.ok(pending.isOpen(second));
  t.match(history.find('1'), { isPending: false, position: 5 });
  t.match(history.find('2'), { isPending: true });
});
