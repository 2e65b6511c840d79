import t from 'tap';
import type { RouteRule } from '../../src/policy/route-rule.ts';
import { createRouteTable } from '../../src/proxy/route-table.ts';
import { storedTargets } from '../../src/proxy/stored-target.ts';
import { rule } from '../policy/given.ts';

const base = rule({});
const keyed = (names: readonly string[], match: Partial<RouteRule['match']>): RouteRule =>
  rule({
    key: { ...base.key, include: new Set(names) },
    match: { ...base.match, pattern: '/p', ...match },
  });

const routes = createRouteTable([
  keyed(['a'], { headers: [{ name: 'x-app', is: true }] }),
  keyed(['b'], { hosts: ['shop.example'] }),
  keyed(['c'], { hosts: ['*.shop.example'] }),
  keyed(['d'], {}),
  keyed(['e'], {}),
]);

const ROWS: readonly { id: string; target: string; authority?: string; expect: readonly string[] }[] = [
  {
    id: 'on whatever host',
    target: '/p?a=1&b=2&c=3&d=4&e=5',
    expect: ['/p?a=1', '/p?d=4', '/p?b=2', '/p?c=3'],
  },
  {
    id: 'on one host',
    target: '/p?a=1&b=2&c=3&d=4',
    authority: 'shop.example',
    expect: ['/p?a=1', '/p?b=2'],
  },
  {
    id: 'on a host of many',
    target: '/p?a=1&b=2&c=3',
    authority: 'x.shop.example',
    expect: ['/p?a=1', '/p?c=3'],
  },
  { id: 'each once', target: '/p', expect: ['/p'] },
  { id: 'normalised', target: '/%70?d=1', authority: 'h', expect: ['/p', '/p?d=1'] },
  { id: 'on no route', target: '/other?x=1', expect: ['/other?x=1'] },
  { id: 'refused', target: '/a/../p', expect: [] },
];

t.test('every form in which a route may have stored a target', async (t) => {
  for (const { id, target, authority, expect } of ROWS) {
    t.same(storedTargets({ routes }, target, authority), expect, id);
  }
});
