import t from 'tap';
import { createAccessLog, noObserver } from '../../src/observe/access-log.ts';
import { createLogger, type LogLevel } from '../../src/observe/logger.ts';
import { type Observer, refusedOutcome } from '../../src/observe/outcome.ts';
import { finished, missed } from './finished.ts';

const clock = { now: () => 1_764_000_000_123, monotonic: () => 0 };

function collecting(enabled = true, level: LogLevel = 'info') {
  const lines: string[] = [];
  const output = { write: (line: string) => void lines.push(line) };
  const logger = createLogger(level, output);
  const observe: Observer = createAccessLog(logger, output, { enabled, clock });
  return { lines, logger, observe };
}

t.test('off, or below the level, it is the shared no-op', async (t) => {
  t.equal(collecting(false).observe, noObserver);
  t.equal(collecting(true, 'warn').observe, noObserver);
});

t.test('of hits a share, evenly, and of all else every one', async (t) => {
  for (const [hits, expect] of [
    [1, 100],
    [0.25, 25],
    [0.01, 1],
    [0, 0],
  ] as const) {
    const lines: string[] = [];
    const output = { write: (line: string) => void lines.push(line) };
    const observe = createAccessLog(createLogger('info', output), output, { enabled: true, hits, clock });
    for (let i = 0; i < 100; i++) {
      observe(finished());
      observe(missed());
      observe(finished({ cache: { hit: true, ttl: -1, detail: 'while-revalidating' } }));
    }
    const outcomes = lines.map((line) => JSON.parse(line).outcome);
    t.equal(outcomes.filter((word) => word === 'hit').length, expect, String(hits));
    t.equal(outcomes.filter((word) => word !== 'hit').length, 200, String(hits));
  }
});

t.test('a level that is raised later ends it', async (t) => {
  const { lines, logger, observe } = collecting();
  logger.level = 'warn';
  observe(finished());
  t.same(lines, []);
  logger.level = 'info';
  observe(finished());
  t.equal(lines.length, 1);
});

t.test("its line begins and ends as the logger's own", async (t) => {
  const { lines, logger, observe } = collecting();
  logger.info('request');
  observe(finished());
  const [own, ours] = lines.map((line) => Object.keys(JSON.parse(line)));
  t.same(ours?.slice(0, 3), own?.slice(0, 3));
  t.equal(ours?.at(-1), own?.at(-1));
});

t.test('one line per finished exchange', async (t) => {
  const { lines, observe } = collecting();
  observe(missed({ duration: 20.12678, upstreamDuration: 18.004 }));
  t.equal(lines.length, 1);
  t.same(JSON.parse(lines[0] ?? ''), {
    level: 'info',
    time: clock.now(),
    pid: process.pid,
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
  const { lines, observe } = collecting();
  observe(finished({ target: '/a\r\n{"level":60}\x1b[31m\u0000?token=s3cret', route: undefined }));
  t.equal(lines.length, 1);
  const line = lines[0] ?? '';
  t.equal(line.indexOf('\n'), line.length - 1);
  for (const control of ['\x1b', '\0', '\r']) t.notOk(line.includes(control));
  t.notMatch(line, 's3cret');
  t.equal(JSON.parse(line).path, '/a\r\n{"level":60}\x1b[31m\u0000?token=[redacted]');
  t.equal(JSON.parse(line).route, 'none');
});

t.test('what was refused at the door says why', async (t) => {
  const { lines, observe } = collecting();
  const request = { id: 'r-1', method: 'GET', target: '/../', status: 400, bytes: 100 };
  observe(refusedOutcome({ ...request, why: 'the request target is malformed' }));
  t.match(JSON.parse(lines[0] ?? ''), {
    ...{ id: 'r-1', path: '/../', route: 'none', status: 400, outcome: 'refused', trace: 'refused' },
    why: 'the request target is malformed',
  });
});

t.test('every character of every value survives', async (t) => {
  const { lines, observe } = collecting();
  const odd = `"\\\b\t${String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))}é\u2028\ud800`;
  observe(
    finished({ id: odd, method: odd, authority: odd, route: odd, cache: { hit: false, subject: odd } }),
  );
  const { id, method, host, route, subject } = JSON.parse(lines[0] ?? '');
  t.same([id, method, host, route, subject], Array(5).fill(odd));
});
