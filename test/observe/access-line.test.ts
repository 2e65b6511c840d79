import fc from 'fast-check';
import t from 'tap';
import { createLineWriter } from '../../src/observe/access-line.ts';
import type { Outcome } from '../../src/observe/outcome.ts';
import { finished } from './finished.ts';

/** Each differs from a hit in one thing that its line tells. */
const DIFFERENT: readonly Partial<Outcome>[] = [
  { method: 'HEAD' },
  { authority: 'other.example' },
  { target: '/products/1?token=secret' },
  { target: `/${'a'.repeat(600)}` },
  { route: undefined },
  { status: 304 },
  { servedFrom: 'redis' },
  { cache: { hit: true, ttl: -1, detail: 'memory' } },
  { cache: { hit: true, ttl: 5000, detail: 'redis' } },
  { cache: { hit: false, fwd: 'bypass', detail: 'unkeyed-field', subject: 'x-app' } },
  { cache: { hit: false, fwd: 'bypass', detail: 'unkeyed-field', subject: 'x-other' } },
  { trace: ['memory-hit', 'fresh', 'served-stored', 'client-gone'] },
  { trace: ['memory-hit', 'stale', 'served-stored'] },
  { why: 'no' },
  { id: 'other"' },
  { duration: 1.234 },
  { upstreamDuration: 7 },
  { bytes: 1 },
  { aborted: true },
];

t.test('a line says the same whatever was written before it', async (t) => {
  const writeLine = createLineWriter();
  const one = fc
    .subarray(DIFFERENT as Partial<Outcome>[], { maxLength: 2 })
    .map((given) => Object.assign({}, ...given));
  const same = (given: Partial<Outcome>): void => {
    const outcome = finished(given);
    const line = writeLine(outcome, 1);
    const alone = createLineWriter()(outcome, 1);
    if (line !== alone) throw new Error(`${line} is not ${alone}`);
  };
  fc.assert(fc.property(one, same), { numRuns: 3000 });
  const lines = [{}, ...DIFFERENT].map((given) => writeLine(finished(given), 1));
  t.equal(new Set(lines).size, lines.length, 'each difference shows');
  for (const line of lines) t.match(JSON.parse(line), { level: 'info', time: 1, msg: 'request' });
});
