import t from 'tap';
import { readAnswers } from './grammar/answer-reader.ts';
import { CORPUS, type Row } from './grammar/corpus.ts';
import { streamOf } from './grammar/generator.ts';
import { judge, keyOf, reachedBy } from './grammar/judge.ts';
import { DOOR, LENIENCIES } from './grammar/leniencies.ts';
import { get, PLACE, placed } from './grammar/placeholders.ts';
import { relayed } from './grammar/relay.ts';
import { type ReadRequest, readRequests } from './grammar/request-reader.ts';
import { BATCH, openTheatre } from './grammar/run.ts';
import type { Batch, Played } from './grammar/stage.ts';

/** By hand: SMUGGLING_SEED=17 repeats a run, SMUGGLING_STREAMS=20000 makes it longer; more with scripts/fuzz-smuggling.ts. */
const { SMUGGLING_SEED, SMUGGLING_STREAMS } = process.env;
const seed = Number(SMUGGLING_SEED ?? Date.now() % 1_000_000);
const count = Number(SMUGGLING_STREAMS ?? 288);

// So long where the machine has more to do than this.
t.setTimeout(180_000);

t.test('requests that two parsers could read in two ways', async (t) => {
  const theatre = await openTheatre();
  t.teardown(theatre.close);

  await t.test('a corpus of named ones', async (t) => {
    for (let first = 0; first < CORPUS.length; first += BATCH) {
      const rows = CORPUS.slice(first, first + BATCH);
      const streams = rows.map(({ id, sends }, i) => ({ id, pieces: [placed(sends, first + i)] }));
      const isCrowded = (first / BATCH) % 6 === 0;
      const { findings, batches } = await theatre.play(streams, { isCrowded, looksAfter: 0.1 });
      for (const { stream, why } of findings) t.fail(`${stream?.id}: ${why}`);
      // With an upstream that answers early, some of what is refused has its answer by then.
      for (const batch of batches.slice(0, 4)) {
        const reached = reachedBy(batch);
        for (const [i, { id, expects }] of rows.entries()) {
          const became = outcome(batch.played[i] as Played, reached);
          if (expects !== 'read' && became !== expects) t.fail(`${id}: ${became} instead of ${expects}`);
          if (/odd chunks of a HEAD|switch of a HEAD/.test(id))
            t.match(batch.played[i]?.got, /\r\n\r\n$/, id);
        }
      }
    }
    t.ok(CORPUS.length > 1_000, `${CORPUS.length} of them`);
    t.equal(new Set(CORPUS.map(({ id }) => id)).size, CORPUS.length, 'each has a name of its own');
  });

  await t.test(`generated ones, seed ${seed}`, async (t) => {
    let requests = 0;
    let answered = 0;
    for (let first = 0; first < count; first += BATCH) {
      const streams = Array.from({ length: BATCH }, (_, i) => streamOf(seed, first + i));
      const isCrowded = (first / BATCH) % 6 === 0;
      const { findings, batches } = await theatre.play(streams, { isCrowded, looksAfter: 0.1 });
      if (findings[0] !== undefined) return t.fail(await theatre.tell(findings[0]));
      for (const { reading, got } of batches[0]?.played ?? []) {
        requests += reading.requests.length;
        answered += got.match(/HTTP\/1\.1 200 /g)?.length ?? 0;
      }
    }
    // Where next to nothing is read or answered, nothing is proven.
    t.ok(requests > 0.8 * count, `${requests} requests in ${count} streams`);
    t.ok(answered > 0.6 * requests, `${answered} of them answered`);
  });

  await t.test('what the judge must see', async (t) => {
    const paths = ['/one', '/two', '/kept'].map((path) => placed(PLACE + path, 7_000_000));
    const streams = paths.map((path) => ({ id: path, pieces: [get(path)] }));
    const { batches, findings } = await theatre.play(streams, { isCrowded: false, looksAfter: 1 });
    t.same(findings, []);
    const [whole] = batches;
    if (whole === undefined) throw new Error('nothing was played');
    for (const [id, flaw] of Object.entries(FLAWS)) {
      t.not(judge(flaw(whole)).length, 0, id);
    }
  });
});

t.test('a proxy that reads in any lenient way, and sends on what it read, is found out', async (t) => {
  const streams = CORPUS.map(({ id, sends }, i) => {
    const text = placed(sends, i);
    return { id, pieces: [text], text, strict: readRequests(text, DOOR).requests.map(told) };
  });
  for (const [id, leniency] of Object.entries(LENIENCIES)) {
    const how = { ...DOOR, ...leniency };
    // Who reads less than there is has only refused it.
    const other = streams.filter(({ text, strict }) =>
      readRequests(text, how).requests.some((request, at) => told(request) !== strict[at]),
    );
    const unseen = other.slice(0, 8).filter((stream) => judge(relayed([stream], how)).length === 0);
    t.ok(other.length > 0, `${id}: read in another way in ${other.length} streams`);
    t.same(
      unseen.map(({ id }) => id),
      [],
      id,
    );
  }
});

const told = ({ method, target, host, body, end }: ReadRequest): string =>
  [method, target, host, body, end].join(' ');

/** What became of a row at one stage. */
function outcome({ reading, got, endedItself }: Played, reached: ReadonlySet<string>): Row['expects'] {
  const { requests, rest } = reading;
  const told = readAnswers(
    got,
    requests.map(({ method }) => method),
  ).answers;
  const arrived = requests.filter((request) => reached.has(keyOf(request))).length;
  if (told.length === 1 && told[0]?.status !== 200 && arrived === 0 && endedItself) return 'refused';
  const isAll = told.length === requests.length && told.every(({ status }) => status === 200);
  const isRead = rest === 'nothing' || rest === 'unread';
  return isRead && isAll && arrived === requests.length ? 'passed' : 'read';
}

const edited = (batch: Batch, edit: (one: Played, at: number) => Partial<Played>): Batch => ({
  ...batch,
  played: batch.played.map((one, at) => ({ ...one, ...edit(one, at) })),
});

const sentOn = (batch: Batch, edit: (text: string) => string): Batch => ({
  ...batch,
  upstream: batch.upstream.map((recorded) => {
    const text = edit(recorded.text);
    const { requests, rest, at } = readRequests(text, {});
    return { ...recorded, text, requests: [...requests], rest, at };
  }),
});

/** What a proxy must not do, done to what it did. */
const FLAWS: Readonly<Record<string, (batch: Batch) => Batch>> = {
  'two clients get each other’s answers': (batch) =>
    edited(batch, (_, at) => ({ got: batch.played[at ^ 1]?.got ?? '' })),
  'a client gets two answers': (batch) => edited(batch, ({ got }) => ({ got: got + got })),
  'a client gets none': (batch) => edited(batch, () => ({ got: '', endedItself: false })),
  'an answer is cut': (batch) => edited(batch, ({ got }) => ({ got: got.slice(0, -1) })),
  'bytes behind an answer': (batch) => edited(batch, ({ got }) => ({ got: `${got}x` })),
  'an answer of the upstream that failed': (batch) =>
    edited(batch, ({ got }) => ({ got: got.replace(' 200 ', ' 502 ') })),
  'nobody ends a connection': (batch) => edited(batch, () => ({ ended: false })),
  'it goes on behind a refusal': (batch) =>
    edited(batch, ({ got }) => {
      const refused = got.replace(' 200 ', ' 400 ');
      return { got: refused, gotBefore: refused.length, endedItself: false };
    }),
  'the clean client gets another answer': (batch) => ({
    ...batch,
    cleanGot: batch.cleanGot.replace(/X-Target: \S+/i, 'X-Target: /b'),
  }),
  'the clean client gets none': (batch) => ({ ...batch, cleanGot: '' }),
  'something is stored that nobody asked for': (batch) =>
    edited(batch, () => ({ reading: { requests: [], rest: 'nothing', at: 0 }, got: '' })),
  'the upstream is asked twice': (batch) => sentOn(batch, (text) => text + text),
  'the upstream is asked for something else': (batch) =>
    sentOn(batch, (text) => text.replaceAll('/one', '/b')),
  'a request goes on without its id': (batch) =>
    sentOn(batch, (text) => text.replaceAll(/X-Request-Id: [^\r]*\r\n/gi, '')),
  'half a request is left behind': (batch) => sentOn(batch, (text) => `${text}X`.repeat(2)),
  'a length that some read as another': (batch) =>
    sentOn(batch, (text) => text.replaceAll('\r\n\r\n', '\r\nContent_Length: 5\r\n\r\n')),
  'something is logged that must not be': (batch) => ({ ...batch, faults: ['a mistake of ours'] }),
};
