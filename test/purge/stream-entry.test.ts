import t from 'tap';
import type { Order, Purge } from '../../src/purge/selector.ts';
import { decodeEntry, encodeEntry, encodeFence, encodeMember } from '../../src/purge/stream-entry.ts';

t.test('every selector comes back as it was', async (t) => {
  const purges: Purge[] = [
    { selector: { kind: 'url', url: '/p?q=ü"\n' }, soft: false },
    { selector: { kind: 'tag', tag: 'soft' }, soft: true },
    { selector: { kind: 'route', route: '' }, soft: false },
    { selector: { kind: 'prefix', prefix: '/a' }, soft: true },
    { selector: { kind: 'glob', glob: '/**' }, soft: false },
    { selector: { kind: 'all' }, soft: true },
  ];
  t.same(decodeEntry('1-0', encodeEntry('w:1', purges)), { id: '1-0', token: 'w:1', purges, fence: false });
  t.same(decodeEntry('1-0', encodeFence('w:2')), { id: '1-0', token: 'w:2', purges: [], fence: true });
});

t.test('what cannot be understood purges everything', async (t) => {
  const everything = [{ selector: { kind: 'all' }, soft: false }];
  const rows: { id: string; given: string[] }[] = [
    { id: 'nothing', given: [] },
    { id: 'a later version', given: ['v', '2', 'from', 'w:1', 'purges', '[]'] },
    { id: 'not JSON', given: ['v', '1', 'from', 'w:1', 'purges', '[{'] },
    { id: 'no list', given: ['v', '1', 'from', 'w:1', 'purges', '{}'] },
    { id: 'an unknown selector', given: ['v', '1', 'purges', '[{"tag":"a"},{"regexp":"x"}]'] },
    { id: 'a value of the wrong type', given: ['v', '1', 'purges', '[{"tag":1}]'] },
    { id: 'null', given: ['v', '1', 'purges', '[null]'] },
    { id: 'an odd number of fields', given: ['v'] },
  ];
  for (const { id, given } of rows) t.same(decodeEntry('1-0', given).purges, everything, id);
});

const tag = (name: string, orders?: readonly Order[]): Purge => ({
  selector: { kind: 'tag', tag: name },
  soft: false,
  ...(orders === undefined ? {} : { orders }),
});
const ORDER = { id: 'one', by: 'deploy', at: 5 };

t.test('orders come back with the purges that carry them out', async (t) => {
  const orders = [ORDER, { id: 'two', by: 'ops', at: 6, body: 'digest' }];
  const same = [tag('x', orders), tag('y', orders)];
  const fields = encodeEntry('w:1', same, true);
  t.equal(fields[fields.indexOf('purges') + 1], '[{"tag":"x"},{"tag":"y"}]', 'once for all of them');
  t.match(decodeEntry('1-1', fields), { purges: same, ack: true });
  const mixed = [tag('x', orders), tag('y'), tag('z', [ORDER])];
  t.same(decodeEntry('1-1', encodeEntry('w:1', mixed)).purges, mixed);
});

t.test('orders that cannot be understood leave the purge as it is', async (t) => {
  for (const orders of ['', 'x', '{}', '[1]', '[{"id":1,"by":"a","at":2}]', '[{"id":"a"}]', 'null']) {
    const fields = [...encodeEntry('w:1', [tag('x')]), 'orders', orders];
    t.same(decodeEntry('1-1', fields).purges, [tag('x')], orders);
  }
});

t.test('replicas that come and go', async (t) => {
  const joined = { kind: 'joined', replica: 'id', name: 'a' } as const;
  t.same(decodeEntry('1-1', encodeMember('w:member', joined)), {
    id: '1-1',
    token: 'w:member',
    purges: [],
    fence: false,
    member: joined,
  });
  t.match(decodeEntry('1-1', encodeMember('w:member', { ...joined, kind: 'left' })), {
    member: { kind: 'left' },
  });
});
