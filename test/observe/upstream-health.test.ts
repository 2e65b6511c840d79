import t from 'tap';
import { UpstreamError } from '../../src/errors.ts';
import { addUpstream, createUpstreamRecord, upstreamHealth } from '../../src/observe/upstream-health.ts';
import { stillClock } from '../fixtures/still-clock.ts';

t.test('answers and failures, here and in another process', async (t) => {
  const clock = stillClock();
  const [one, two] = [createUpstreamRecord(clock), createUpstreamRecord(clock)];
  t.match(upstreamHealth(one.raw()), {
    failures: { 'connect-refused': 0, closing: 0 },
    last: null,
    responseTime: { count: 0, p50: null },
    statuses: { '2xx': 0, other: 0 },
  });
  for (const status of [200, 204, 304, 404, 503, 700]) one.answered(status, 10);
  two.answered(200, 100);
  const cause = new Error(`connect ECONNREFUSED ${'x'.repeat(1_000)}`);
  one.failed(new UpstreamError('connect-refused', 'The upstream refused the connection.', { cause }));
  const { at } = one.raw().last ?? {};
  t.equal(at, clock.now());
  clock.advance(5);
  two.failed(new UpstreamError('deadline', 'Too late.'));
  for (const merged of [
    addUpstream(one.raw(), two.raw()),
    addUpstream(structuredClone(two.raw()), one.raw()),
  ]) {
    const { failures, last, responseTime, statuses } = upstreamHealth(merged);
    t.match(failures, { 'connect-refused': 1, deadline: 1, reset: 0 });
    t.strictSame(last, { failure: 'deadline', at: clock.now(), why: 'Too late.' });
    t.match(responseTime, { count: 7, max: 100 });
    t.strictSame(statuses, { '1xx': 0, '2xx': 3, '3xx': 1, '4xx': 1, '5xx': 1, other: 1 });
  }
  const { why = '' } = one.raw().last ?? {};
  t.match(why, /^The upstream refused the connection\. \(connect ECONNREFUSED x+\)$/);
  t.ok(why.length < 400);
});
