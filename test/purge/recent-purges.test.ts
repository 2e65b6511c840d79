import t from 'tap';
import { createRecentPurges } from '../../src/purge/recent-purges.ts';
import type { Purge } from '../../src/purge/selector.ts';

const tag = (name: string): Purge => ({ selector: { kind: 'tag', tag: name }, soft: false });
const all: Purge = { selector: { kind: 'all' }, soft: false };

interface Row {
  readonly id: string;
  readonly before: readonly (readonly [Purge, string])[];
  readonly after: readonly (readonly [Purge, string])[];
  readonly expect: readonly Purge[];
}

const abc: Row['before'] = [
  [tag('a'), '1-0'],
  [tag('b'), '2-0'],
  [tag('c'), '3-0'],
];

/** With a memory for three. */
const rows: Row[] = [
  { id: 'nothing-left', before: abc, after: [], expect: [tag('a'), tag('b'), tag('c')] },
  { id: 'everything-left', before: abc, after: abc, expect: [] },
  { id: 'end-lost', before: abc, after: abc.slice(0, 1), expect: [tag('b'), tag('c')] },
  { id: 'told-again-by-another', before: abc, after: [[tag('b'), '4-0']], expect: [tag('a'), tag('c')] },
  {
    id: 'an-earlier-one-of-the-selector-is-left',
    before: [...abc.slice(0, 2), [tag('a'), '3-0']],
    after: abc.slice(0, 2),
    expect: [tag('a')],
  },
  { id: 'everything-purged-since', before: abc, after: [[all, '4-0']], expect: [] },
  { id: 'forgotten-and-gone', before: [...abc, [tag('d'), '4-0']], after: [], expect: [all] },
  { id: 'forgotten-but-left', before: [...abc, [tag('d'), '4-0']], after: abc, expect: [tag('d')] },
  {
    id: 'forgotten-before-a-purge-of-everything',
    before: [...abc, [tag('d'), '4-0'], [all, '5-0']],
    after: [],
    expect: [all],
  },
];

t.test('what a log holds no longer', async (t) => {
  for (const { id, before, after, expect } of rows) {
    const recent = createRecentPurges(3);
    for (const [purge, at] of before) recent.note(purge, at);
    t.same(recent.takeLost(), [], `${id}: nothing unless the log was begun again`);
    recent.beginAgain();
    for (const [purge, at] of after) recent.note(purge, at);
    t.same(recent.takeLost(), expect, id);
    t.same(recent.takeLost(), [], `${id}: once`);
  }
});
