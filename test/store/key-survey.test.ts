import t from 'tap';
import type { StoredResponse } from '../../src/policy/stored-response.ts';
import { createHotKeys, SPAN } from '../../src/store/hot-keys.ts';
import { createKeySurvey, type KeySurveyParts } from '../../src/store/key-survey.ts';
import { createMemoryTier } from '../../src/store/memory-tier.ts';
import { stillClock } from '../fixtures/still-clock.ts';
import { searchRecord, storedResponse, varyRecord } from './stored-samples.ts';

const MiB = 1024 * 1024;

/** A tier with these responses, by the last letter of their keys; all are fresh for a minute, and a second old. */
function surveyed(letters: string, parts: Partial<KeySurveyParts> = {}) {
  const clock = stillClock();
  const hot = createHotKeys(clock);
  const memory = createMemoryTier({ limit: 8 * MiB, onSample: hot.sample, now: clock.monotonic });
  const put = (letter: string, over: Partial<StoredResponse> = {}) => {
    const key = `http://shop.example/${letter}`;
    const times = { responseTime: clock.now() - 1_000, initialAge: 0, lifetime: 60_000 };
    memory.put(key, storedResponse({ key, url: key, ...times, ...over }), clock.now() + 60_000);
  };
  for (const letter of letters) put(letter);
  const use = (letter: string, times: number) => {
    for (let i = 0; i < times; i++) memory.peek(`http://shop.example/${letter}`);
  };
  const survey = createKeySurvey({
    memory,
    hot,
    verdict: () => 'valid',
    isOfRule: () => true,
    clock,
    ...parts,
  });
  return { clock, hot, memory, put, use, survey };
}

const letterOf = ({ key }: { readonly key: string }) => key.slice(-1);
const all = () => true;

t.test('each use counts while there are few', async (t) => {
  const { clock, use, survey } = surveyed('abc');
  for (let i = 0; i < 5; i++) {
    use(i % 2 === 0 ? 'a' : 'b', 1);
    clock.advance(10);
  }
  const [first, second, ...others] = survey.hottest(10);
  t.strictSame(first, {
    key: 'http://shop.example/a',
    variant: '',
    url: 'http://shop.example/a',
    route: 'products',
    status: 200,
    bytes: 8,
    memory: first?.memory,
    age: 1_050,
    ttl: 58_950,
    tags: ['products', 'product:1'],
    uses: 3,
  });
  t.ok((first?.memory ?? 0) > 1_000);
  t.match(second, { key: 'http://shop.example/b', uses: 2 });
  t.same(others, []);
  t.equal(survey.hottest(1).length, 1);
});

t.test('of many, uses are estimated', async (t) => {
  const { use, survey } = surveyed('abc');
  for (let i = 0; i < 20_000; i++) use(i % 4 === 0 ? 'b' : 'a', 1);
  const [a, b] = survey.hottest(10).map(({ uses }) => uses);
  t.ok(Math.abs((a ?? 0) - 15_000) < 2_000, `${a}`);
  t.ok(Math.abs((a ?? 0) + (b ?? 0) - 20_000) < 100, `${a} ${b}`);
});

t.test('uses of more than twenty minutes ago are forgotten', async (t) => {
  const { clock, hot, use, survey } = surveyed('ab');
  const began = clock.now();
  use('a', 1);
  clock.advance(SPAN);
  use('b', 1);
  t.same(survey.hottest(10).map(letterOf), ['a', 'b']);
  t.equal(hot.since, began);
  clock.advance(SPAN);
  t.same(survey.hottest(10).map(letterOf), ['b']);
  t.equal(hot.since, began + SPAN);
});

t.test('what answers nothing any more is no stored response', async (t) => {
  const { clock, memory, put, use, survey } = surveyed('', {
    verdict: ({ url }) => (url.endsWith('h') ? 'hard' : url.endsWith('s') ? 'soft' : 'valid'),
    isOfRule: ({ rule }) => rule !== 'old',
  });
  for (const letter of 'hsg') put(letter);
  put('o', { rule: 'old' });
  put('t', { lifetime: 500 });
  for (const letter of 'hsgot') {
    use(letter, 1);
    clock.advance(10);
  }
  memory.delete('http://shop.example/g');
  const found = survey.hottest(10);
  const known = new Map(found.map((one) => [letterOf(one), one]));
  t.equal(known.get('s')?.ttl, 0);
  t.equal(known.get('t')?.ttl, -550);
  for (const gone of 'hgo')
    t.strictSame(known.get(gone), {
      key: `http://shop.example/${gone}`,
      variant: '',
      url: null,
      route: null,
      status: null,
      bytes: null,
      memory: null,
      age: null,
      ttl: null,
      tags: null,
      uses: 1,
    });
  t.same(new Set((await survey.stored(all, 10)).stored.map(letterOf)), new Set('st'));
});

t.test('variants are told apart, and records are none', async (t) => {
  const { clock, memory, survey } = surveyed('');
  const key = 'http://shop.example/v';
  memory.put(key, varyRecord({ url: key }), clock.now() + 60_000);
  memory.put(`${key}\0?`, searchRecord(), clock.now() + 60_000);
  for (const variant of ['2:de', '2:en']) {
    memory.put(`${key}\0${variant}`, storedResponse({ key, url: key, variant }), clock.now() + 60_000);
    clock.advance(10);
    memory.peek(key);
    clock.advance(10);
    memory.peek(`${key}\0${variant}`);
  }
  clock.advance(10);
  memory.peek(`${key}\0?`);
  t.same(
    survey.hottest(10).map((one) => [one.key, one.variant, one.uses]),
    [
      [key, '2:de', 1],
      [key, '2:en', 1],
    ],
  );
  t.equal((await survey.stored(all, 10)).stored.length, 2);
});

t.test('what memory holds, most used first', async (t) => {
  const { clock, use, survey } = surveyed('abcdefg');
  for (const letter of 'cfc') {
    clock.advance(10);
    use(letter, 1);
  }
  const few = await survey.stored(all, 3);
  t.same(few.stored.slice(0, 2).map(letterOf), ['c', 'f']);
  t.equal(few.stored.length, 3);
  t.ok(few.truncated);
  t.same(await survey.stored(({ url }) => url.endsWith('x'), 3), { stored: [], truncated: false });
  const exact = await survey.stored(({ url }) => 'cab'.includes(url.slice(-1)), 3);
  t.same(new Set(exact.stored.map(letterOf)), new Set('cab'));
  t.notOk(exact.truncated);
});

t.test('a large memory is walked through in slices, whatever comes and goes', async (t) => {
  const { memory, put, survey } = surveyed('');
  const name = (i: number) => `http://shop.example/${i}`;
  for (let i = 0; i < 2_500; i++) put(String(i));
  let turns = 0;
  let looked = 0;
  let most = 0;
  const isOver = { is: false };
  const walk = survey.stored(() => {
    looked++;
    return true;
  }, 5_000);
  void walk.finally(() => {
    isOver.is = true;
  });
  while (!isOver.is) {
    const before = looked;
    await new Promise(setImmediate);
    most = Math.max(most, looked - before);
    turns++;
    // What stays is found all the same.
    for (let i = turns * 7; i < turns * 7 + 40; i++) memory.delete(name(i * 13));
    put(`new-${turns}`);
    if (turns > 1_000) break;
  }
  const { stored, truncated } = await walk;
  t.ok(turns >= 5, `${turns}`);
  t.ok(most <= 500, `${most}`);
  t.notOk(truncated);
  const found = stored.map(({ url }) => url);
  t.equal(new Set(found).size, found.length, 'each once');
  const staying = [...memory.keys()].filter((place) => !place.includes('new'));
  t.same(
    staying.filter((place) => !found.includes(place)),
    [],
  );
});
