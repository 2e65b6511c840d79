import pino from 'pino';
import t from 'tap';
import { type AuditRecord, createAudit } from '../../src/observe/audit.ts';
import { createLogger, type LogLevel } from '../../src/observe/logger.ts';

const PURGE: AuditRecord = {
  action: 'purge',
  by: 'deploy',
  from: '10.0.0.1',
  target: 'tag a',
  result: 'done',
};

function logAt(level: LogLevel) {
  const lines: string[] = [];
  const log = createLogger(level, { write: (line) => lines.push(line) });
  return { log, lines, audit: createAudit(log) };
}

t.test('one line of a fixed shape', async (t) => {
  const { audit, lines } = logAt('info');
  audit({ ...PURGE, requestId: 'r1', details: { count: 1, matched: null, why: undefined } });
  const line = JSON.parse(lines.join(''));
  t.same(Object.keys(line), ['level', 'time', 'pid', 'audit', 'msg']);
  t.match(line, { level: 'info', msg: 'purge' });
  t.same(line.audit, { ...PURGE, requestId: 'r1', details: { count: 1, matched: null } });
  audit(PURGE);
  t.same(JSON.parse(lines[1] ?? '').audit, PURGE, 'what is not there is not named');
});

t.test('at any level but silent, also where it changes', async (t) => {
  for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) {
    const { audit, lines } = logAt(level);
    audit(PURGE);
    t.equal(lines.length, 1, level);
  }
  const { log, audit, lines } = logAt('silent');
  audit(PURGE);
  t.equal(lines.length, 0, 'silent');
  log.level = 'fatal';
  audit(PURGE);
  t.equal(lines.length, 1, 'from silent to fatal');
  log.level = 'silent';
  audit(PURGE);
  t.equal(lines.length, 1, 'and back');
  t.equal(log.isLevelEnabled('info'), false, 'nothing else is let through');
});

t.test('what a terminal or a viewer acts on is written out, and long texts are cut', async (t) => {
  const rows: readonly { id: string; given: string; expect: string }[] = [
    { id: 'C0', given: 'a\x1b[2Jb', expect: 'a\\u{1b}[2Jb' },
    { id: 'a line', given: 'a\r\n{"level":"info"}', expect: 'a\\u{d}\\u{a}{"level":"info"}' },
    { id: 'C1', given: 'a\x9bb', expect: 'a\\u{9b}b' },
    { id: 'DEL', given: 'a\x7fb', expect: 'a\\u{7f}b' },
    { id: 'direction', given: 'a\u202eb\u2066c', expect: 'a\\u{202e}b\\u{2066}c' },
    { id: 'no width', given: 'a\u200bb\ufeff', expect: 'a\\u{200b}b\\u{feff}' },
    { id: 'line separators', given: 'a\u2028b\u2029', expect: 'a\\u{2028}b\\u{2029}' },
    { id: 'tags', given: 'a\u{e0041}', expect: 'a\\u{e0041}' },
    { id: 'any other text', given: 'ä 字 😀 "\\', expect: 'ä 字 😀 "\\' },
    { id: 'long', given: 'x'.repeat(100_000), expect: `${'x'.repeat(1_500)}…` },
  ];
  const { audit, lines } = logAt('info');
  for (const { id, given, expect } of rows) {
    audit({ ...PURGE, by: given, from: given, requestId: given, target: given, details: { why: given } });
    const text = lines.at(-1) ?? '';
    const told = { by: expect, from: expect, requestId: expect, target: expect, details: { why: expect } };
    t.match(JSON.parse(text).audit, told, id);
    t.equal(text.indexOf('\n'), text.length - 1, `${id}: one line`);
  }
});

t.test('a logger of another make', async (t) => {
  const lines: string[] = [];
  createAudit(pino({ level: 'error' }, { write: (line) => lines.push(line) }))(PURGE);
  t.match(JSON.parse(lines.join('')), { audit: PURGE, msg: 'purge' });
});
