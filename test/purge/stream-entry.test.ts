import t from 'tap';
import type { Purge } from '../../src/purge/selector.ts';
import { decodeEntry, encodeEntry, encodeFence } from '../../src/purge/stream-entry.ts';

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
