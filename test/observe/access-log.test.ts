import pino from 'pino';
import t from 'tap';
import { createAccessLog, noObserver } from '../../src/observe/access-log.ts';
import { finished, missed } from './finished.ts';

function collecting(): { lines: string[]; logger: pino.Logger } {
  const lines: string[] = [];
  return { lines, logger: pino({ base: null, timestamp: false }, { write: (line) => lines.push(line) }) };
}

t.test('off, or below the level, it is the shared no-op', async (t) => {
  const { logger } = collecting();
  t.equal(createAccessLog(logger, { enabled: false }), noObserver);
  t.equal(createAccessLog(pino({ level: 'warn' }, { write() {} }), { enabled: true }), noObserver);
});

t.test('one line per finished exchange', async (t) => {
  const { lines, logger } = collecting();
  const observe = createAccessLog(logger, { enabled: true });
  observe(missed({ duration: 20.12678, upstreamDuration: 18.004 }));
  t.equal(lines.length, 1);
  t.same(JSON.parse(lines[0] ?? ''), {
    level: 30,
    id: 'req-1',
    method: 'GET',
    host: 'shop.example',
    path: '/products/1',
    route: 'product',
    status: 200,
    outcome: 'miss',
    trace: 'memory-miss redis-miss lead forward stored',
    servedFrom: 'upstream',
    duration: 20.13,
    upstream: 18,
    bytes: 100,
    aborted: false,
    msg: 'request',
  });
});

t.test('what a client sends can neither break the line nor tell secrets', async (t) => {
  const { lines, logger } = collecting();
  const observe = createAccessLog(logger, { enabled: true });
  observe(finished({ target: '/a\r\n{"level":60}\x1b[31m\u0000?token=s3cret', route: undefined }));
  t.equal(lines.length, 1);
  const line = lines[0] ?? '';
  t.equal(line.indexOf('\n'), line.length - 1);
  for (const control of ['\x1b', '\0', '\r']) t.notOk(line.includes(control));
  t.notMatch(line, 's3cret');
  t.equal(JSON.parse(line).path, '/a\r\n{"level":60}\x1b[31m\u0000?token=[redacted]');
  t.equal(JSON.parse(line).route, 'none');
});
