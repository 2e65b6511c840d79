import t from 'tap';
import { createPurgeHistory } from '../../src/purge/purge-history.ts';
import { createReplicaLedger } from '../../src/purge/replica-ledger.ts';
import type { ReplicaRegistry } from '../../src/purge/replica-registry.ts';
import type { KnownReplica } from '../../src/purge/replica-roster.ts';
import { positionOf } from '../../src/purge/stream-id.ts';
import { FOREVER, ordered, tag } from './sidecar.ts';

const POSITION = positionOf('7-0');

/** A ledger that has read the entries `7-0` and `9-0`, the first of which is the order `one`. */
function setUp(
  cursor: KnownReplica['cursor'],
  given: { isPending?: boolean; unsettled?: number; isRead?: boolean } = {},
) {
  const history = createPurgeHistory();
  const [purge] = ordered('one', tag('x'));
  if (purge === undefined) throw new Error('no purge');
  const b: KnownReplica = { replica: 'id', name: 'b', cursor, seen: 5 };
  const registry: Pick<ReplicaRegistry, 'all' | 'isSilent' | 'look' | 'levels'> = {
    all: () => [b],
    isSilent: () => false,
    look: async () => true,
    levels: { known: 1, silent: 0 },
  };
  const ledger = createReplicaLedger({
    history,
    registry: registry as ReplicaRegistry,
    clock: { now: () => 0, monotonic: () => 0 },
    unsettled: () => given.unsettled ?? 0,
  });
  ledger.read({ id: '7-0', token: 'a:1', purges: given.isRead === false ? [] : [purge], fence: false });
  ledger.read({ id: '9-0', token: 'a:2', purges: [], fence: false });
  if (given.isPending || given.isRead === false) history.open(purge, 0);
  return { ledger, history, purge };
}

const ROWS = [
  { id: 'at the entry', cursor: { id: '7-0', token: 'a:1' }, expect: true },
  { id: 'past the entry', cursor: { id: '9-0', token: 'a:2' }, expect: true },
  { id: 'before the entry', cursor: { id: '6-0', token: 'a:0' }, expect: false },
  { id: 'at nothing', cursor: undefined, expect: false },
  {
    id: 'past it by position, at an entry that was not read here',
    cursor: { id: '10-0', token: 'a:3' },
    expect: false,
  },
  {
    id: 'at another entry under the id of one read here',
    cursor: { id: '9-0', token: 'c:1' },
    expect: false,
  },
  { id: 'at an entry whose token it does not know', cursor: { id: '9-0', token: '' }, expect: false },
  {
    id: 'past it, which is not read back yet',
    cursor: { id: '9-0', token: 'a:2' },
    given: { isRead: false },
    expect: false,
  },
  {
    id: 'past it, which is to be appended again',
    cursor: { id: '9-0', token: 'a:2' },
    given: { isPending: true },
    expect: false,
  },
];

t.test('who counts as having applied an order', async (t) => {
  for (const { id, cursor, given, expect } of ROWS) {
    const { ledger } = setUp(cursor, given);
    const receipt = await ledger.applied('one', 0, FOREVER);
    t.equal(receipt.all, expect, id);
    t.same(expect ? receipt.applied : receipt.waiting, ['b'], id);
  }
  const { ledger } = setUp({ id: '9-0', token: 'a:2' }, { unsettled: 100 });
  t.match(await ledger.applied('one', 0, FOREVER), { all: false, applied: ['b'], why: /interruption/ });
  t.match(await ledger.applied('unknown', 0, FOREVER), { all: false, applied: [], waiting: ['b'] });
});

t.test('an order that the log has lost is told as such, until it stands there again', async (t) => {
  const { ledger, history, purge } = setUp({ id: '9-0', token: 'a:2' });
  t.match(await ledger.history(1), { orders: [{ replicas: ['b'], status: 'applied', position: POSITION }] });
  ledger.beginAgain();
  t.match(await ledger.history(1), { orders: [{ replicas: null, status: 'applied' }] });
  history.read(purge, positionOf('9-0'));
  t.match(
    await ledger.history(1),
    { orders: [{ replicas: [] }] },
    'which entries it read before is forgotten',
  );
  ledger.read({ id: '9-0', token: 'a:2', purges: [purge], fence: false });
  t.match(await ledger.history(1), { orders: [{ replicas: ['b'], position: positionOf('9-0') }] });
});
