import pino from 'pino';
import { prettyFactory } from 'pino-pretty';
import { type LogSink, openLogSink } from './log-sink.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** `pretty`: one readable line each instead of JSON, formatted in this process. */
export interface LogSettings {
  readonly level: LogLevel;
  readonly pretty: boolean;
}

/**
 * The program's logger. A destination that fails, fills up or is not read never crashes or holds up
 * the process; open the sink yourself to read what was dropped and to flush on close.
 */
export function createLogger(log: LogSettings, sink: LogSink = openLogSink()): pino.Logger {
  const options: pino.LoggerOptions = {
    level: log.level,
    base: { pid: process.pid },
    formatters: { level: (label) => ({ level: label }) },
  };
  return pino(options, log.pretty ? prettyPrinter(sink) : sink);
}

function prettyPrinter(sink: LogSink): pino.DestinationStream {
  const format = prettyFactory({
    colorize: process.stdout.isTTY === true && !('NO_COLOR' in process.env),
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid',
    singleLine: true,
  });
  return { write: (line) => sink.write(format(line)) };
}
