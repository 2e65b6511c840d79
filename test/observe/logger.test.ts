import t from 'tap';
import type { LogSink } from '../../src/observe/log-sink.ts';
import { createLogger, createLogOutput } from '../../src/observe/logger.ts';

function collecting(): LogSink & { readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, write: (line) => void lines.push(line), dropped: 0, async close() {} };
}

t.test('JSON lines with the level as a word', async (t) => {
  const sink = collecting();
  const logger = createLogger('info', createLogOutput({ level: 'info', pretty: false }, sink));
  logger.debug('too fine');
  logger.warn({ err: new Error('boom') }, 'odd');
  t.equal(sink.lines.length, 1);
  t.match(JSON.parse(sink.lines[0] ?? ''), {
    level: 'warn',
    pid: process.pid,
    msg: 'odd',
    err: { message: 'boom' },
  });
});

t.test('pretty lines are for people', async (t) => {
  const sink = collecting();
  createLogger('info', createLogOutput({ level: 'info', pretty: true }, sink)).info({ i: 0 }, 'line');
  t.match(sink.lines.join(''), /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: line \{"i":0\}\n$/);
});
