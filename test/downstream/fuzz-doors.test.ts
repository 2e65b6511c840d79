import t from 'tap';
import { misframed } from './fuzz/answers.ts';
import { openDoors } from './fuzz/compare.ts';
import { FLAWS } from './fuzz/flaws.ts';
import { runFuzz } from './fuzz/run.ts';
import { randomOf, streamOf } from './fuzz/stream.ts';

/**
 * Streams mutated by the ten thousand: the fast door reads no request, and none in another way, that node's parser does not
 * read; each has one answer, in its order; what it hands on begins where a request may begin; nothing throws.
 */
/** By hand: STREAM_SEED=17, and many more with scripts/fuzz-doors.ts. */
const { STREAM_SEED } = process.env;
const seed = Number(STREAM_SEED ?? Date.now() % 1_000_000);

t.test('whatever the fast door answers, node’s parser reads in the same way', async (t) => {
  const run = await runFuzz({ seed, count: 2_500 });
  t.equal(run.finding, undefined);
  // Where next to nothing is accepted, nothing is proven.
  t.ok(run.accepted > 0.3 * run.requests, `${run.accepted} of ${run.requests} requests were answered`);
  t.ok(run.handedOn > 0.3 * run.streams, `${run.handedOn} of ${run.streams} connections were handed on`);
});

t.test('clients get the same from both doors', async (t) => {
  const doors = await openDoors();
  t.teardown(doors.close);
  const streams = Array.from({ length: 192 }, (_, i) => streamOf(seed, i));
  t.equal(await doors.differ(streams, randomOf(seed, -1)), undefined, `seed ${seed}`);
});

t.test('what is not one answer behind the other', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const whole = `${head}Content-Length: 3\r\n\r\nabc`;
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`;
  const none = `${head}X-Method: HEAD\r\nContent-Length: 3\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n`;
  const goOn = 'HTTP/1.1 100 Continue\r\n\r\n';
  const all = goOn + whole + goOn + goOn + chunked + none + chunked + none + whole;
  for (let end = 0; end <= all.length; end++)
    if (misframed(all.slice(0, end)) !== undefined) t.fail(`${misframed(all.slice(0, end))}, to ${end}`);
  for (const answer of [whole, chunked]) {
    for (const at of [answer.indexOf('\r\n\r\n') + 4, answer.indexOf('abc') + 1])
      t.ok(misframed(answer.slice(0, at) + goOn + answer.slice(at) + whole), `a 100 at ${at}`);
  }
  t.ok(misframed(`${whole}d${whole}`));
});

t.test('a door with a flaw is found out', async (t) => {
  for (const [id, flaw] of Object.entries(FLAWS)) {
    const { finding, streams } = await runFuzz({ seed: 5, count: 3_000, flaw, asItIs: true });
    t.ok(finding, `${id}: within ${streams}`);
  }
});
