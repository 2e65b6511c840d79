import t from 'tap';
import { UpstreamError } from '../../src/errors.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { createFailureLog } from '../../src/observe/upstream-failures.ts';

t.test('the first of a kind is told with its reason, the rest are counted', async (t) => {
  const lines: Record<string, unknown>[] = [];
  let now = 0;
  const clock = { now: () => 0, monotonic: () => now };
  const log = createLogger('warn', { write: (line) => void lines.push(JSON.parse(line)) });
  const tell = createFailureLog(log, clock);
  const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  const refused = new UpstreamError('connect-refused', 'The upstream refused the connection.', { cause });
  for (let i = 0; i < 100; i++) tell(refused, `r-${i}`);
  tell(new UpstreamError('tls', 'The TLS connection failed.'), 't-1');
  now = 10_000;
  tell(refused, 'r-100');
  t.match(lines, [
    {
      level: 'warn',
      msg: 'upstream: The upstream refused the connection.',
      id: 'r-0',
      upstream: { failure: 'connect-refused', reason: cause.message, code: 'ECONNREFUSED' },
    },
    { id: 't-1', upstream: { failure: 'tls', hint: /upstream\.tls\.ca/ } },
    { id: 'r-100', upstream: { more: 99 } },
  ]);
  t.equal(lines.length, 3);
});
