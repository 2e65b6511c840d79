import { openLogSink } from '../../src/observe/log-sink.ts';
import { createLogger } from '../../src/observe/logger.ts';

// Logs lines of about 1 KiB to standard output, then ends the way it is told:
// log-child.ts LINES exit|close|stay [shared]. What was dropped is written to standard error.
const [lines = '0', ending = 'close', shared] = process.argv.slice(2);
const sink = openLogSink(1, { shared: shared === 'shared' });
const logger = createLogger('info', sink);

for (let i = 0; i < Number(lines); i++) {
  logger.info({ i, filler: 'x'.repeat(950) }, 'line');
  // Now and then the event loop turns, as it does in a server.
  if (i % 500 === 499) await new Promise((resolve) => setImmediate(resolve));
}
if (ending === 'stay') {
  // Long enough for every write to fail or to be tried again.
  await new Promise((resolve) => setTimeout(resolve, 200));
  logger.info({ i: -1 }, 'still here');
}
// Who shares a pipe with others waits for them, too.
if (ending !== 'exit') await sink.close(shared === 'shared' ? 15_000 : 500);
process.stderr.write(`${JSON.stringify({ dropped: sink.dropped })}\n`);
if (ending === 'exit') process.exit(7);
