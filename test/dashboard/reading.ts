import type { Test } from 'tap';
import { createEventReader } from '../../src/dashboard/event-reader.ts';
import { bytes, count, milliseconds, NONE, percent, perSecond, span } from '../../src/dashboard/figures.ts';
import { headersIn } from '../../src/dashboard/header-lines.ts';
import { batchesOf } from '../../src/dashboard/warm-batches.ts';

/** What the page makes of numbers and texts, without a page. */
export function testReading(t: Test): void {
  t.test('figures have units, and as many digits as say something', async (t) => {
    for (const [shown, expect] of [
      [count(0), '0'],
      [count(1234), '1,234'],
      [count(12_345_678), '12.3M'],
      [count(null), NONE],
      [perSecond(0), '0 /s'],
      [perSecond(0.5), '0.50 /s'],
      [perSecond(12.34), '12.3 /s'],
      [perSecond(1234.4), '1,234 /s'],
      [bytes(0), '0 B'],
      [bytes(1023), '1023 B'],
      [bytes(1024), '1.00 KiB'],
      [bytes(1024 * 1024 - 1), '1.00 MiB'],
      [bytes(268_435_456), '256 MiB'],
      [milliseconds(0.042), '0.042 ms'],
      [milliseconds(1.234), '1.23 ms'],
      [milliseconds(4567), '4,567 ms'],
      [milliseconds(12_345), '12.3 s'],
      [percent(0), '0.0 %'],
      [percent(0.99999), '99.9 %'],
      [percent(1), '100 %'],
      [span(999), '999 ms'],
      [span(61_000), '1 m 1 s'],
      [span(3_600_000), '1 h'],
      [span(90_061_000), '1 d 1 h'],
      [span(-5000), '−5 s'],
    ]) {
      t.equal(shown, expect);
    }
  });

  t.test('a stream of events is read wherever it is cut', async (t) => {
    const stream =
      'event: live\r\ndata: {"a":1}\r\n\r\n: nothing\ndata: x\ndata:y\n\nevent: gone\n\rdata: z\r\r';
    const expect = [
      { name: 'live', data: '{"a":1}' },
      { name: 'message', data: 'x\ny' },
    ];
    for (let size = 1; size <= stream.length; size++) {
      const read = createEventReader();
      const events = [];
      for (let at = 0; at < stream.length; at += size) events.push(...read(stream.slice(at, at + size)));
      t.same(events, expect, `${size} characters at once`);
    }
  });

  t.test('lines of headers', async (t) => {
    t.same(headersIn(' Accept-Language: de \n\nX-A: 1:2\nx-a: 3'), {
      'accept-language': 'de',
      'x-a': '1:2, 3',
    });
    t.throws(() => headersIn('no colon'), { message: /write name: value/ });
    t.throws(() => headersIn(': value'));
  });

  t.test('paths to warm go in calls that have room for them', async (t) => {
    const many = Array.from({ length: 250 }, (_, i) => `/${i}`);
    t.same(
      batchesOf(many).map((batch) => batch.length),
      [100, 100, 50],
    );
    const long = ['/a', `/${'b'.repeat(9_999)}`, '/c', '/d'];
    t.same(
      batchesOf(long).map((batch) => batch.map((path) => path[1])),
      [['a'], ['b'], ['c', 'd']],
    );
    t.same(batchesOf(many).flat(), many, 'in their order');
  });
}
