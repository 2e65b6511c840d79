import t from 'tap';
import { createRoster, FORGET } from '../../src/purge/replica-roster.ts';

const MINUTE = 60_000;

function setUp() {
  let time = 0;
  const roster = createRoster('own', { now: () => 0, monotonic: () => time });
  roster.joined('own', 'a', 0);
  return {
    roster,
    later(ms: number) {
      time += ms;
    },
    names: () => roster.all().map(({ name }) => name),
  };
}
const report = (name: string, seen: number, id = '1-1') => ({ name, seen, cursor: { id, token: 't' } });

t.test('known are those of the log and those of the hash', async (t) => {
  const { roster, names } = setUp();
  roster.joined('1', 'b', 5);
  roster.update(new Map([['2', report('c', 5)]]));
  t.same(names(), ['a', 'b', 'c']);
  roster.update(new Map());
  t.same(names(), ['a', 'b', 'c'], 'a hash that was lost makes nobody forget');
  roster.update(new Map([['1', report('renamed', 6)]]));
  t.same(names(), ['a', 'renamed', 'c']);
  t.same(roster.all()[1]?.cursor, { id: '1-1', token: 't' });
});

t.test('who left does not come back by what the hash still says, but by the log', async (t) => {
  const { roster, names } = setUp();
  roster.joined('1', 'b', 5);
  roster.left('1');
  t.same(roster.update(new Map([['1', report('b', 6)]])), ['1'], 'it is to be removed there');
  t.same(names(), ['a']);
  roster.joined('1', 'b', 7);
  t.same(names(), ['a', 'b']);
});

t.test('who is silent for ten minutes is forgotten, and not before', async (t) => {
  const { roster, later, names } = setUp();
  roster.update(
    new Map([
      ['1', report('b', 1)],
      ['2', report('c', 1)],
    ]),
  );
  later(FORGET - 1);
  t.same(roster.forget(FORGET, 5_000), []);
  roster.update(
    new Map([
      ['1', report('b', FORGET - 1)],
      ['2', report('c', 1)],
    ]),
  );
  later(2);
  t.same(roster.forget(FORGET, 5_000), ['2']);
  t.same(names(), ['a', 'b'], 'this one never');
  t.same(roster.update(new Map([['2', report('c', 1)]])), ['2'], 'nor does it come back by the hash');
  t.same(roster.update(new Map([['2', report('c', 2)]])), [], 'but by a word of its own');
  t.same(names(), ['a', 'b', 'c']);
});

t.test('a silence in which nobody could be heard does not count', async (t) => {
  const { roster, later } = setUp();
  roster.joined('1', 'b', 1);
  later(FORGET - 1);
  roster.excuse();
  later(FORGET - 1);
  t.same(roster.forget(1, 5_000), []);
  later(2);
  t.same(roster.forget(1, 5_000), ['1']);
});

t.test('what was silent long before we came is forgotten once it had its chance', async (t) => {
  const { roster, later } = setUp();
  roster.joined('1', 'long gone', 0);
  roster.joined('2', 'gone', 15 * MINUTE);
  later(4_999);
  t.same(roster.forget(30 * MINUTE, 5_000), []);
  later(2);
  t.same(roster.forget(30 * MINUTE, 5_000), ['1']);
});
