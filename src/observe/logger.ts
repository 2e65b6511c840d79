import pino from 'pino';
import { prettyFactory } from 'pino-pretty';
import { type LogSink, openLogSink } from './log-sink.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** `pretty`: one readable line each instead of JSON, formatted in this process. */
export interface LogSettings {
  readonly level: LogLevel;
  readonly pretty: boolean;
}

/** Where finished JSON lines go, each with its newline. */
export interface LogOutput {
  write(line: string): void;
}

/**
 * Lines on their way to `sink`, as they are or made readable. A destination that fails, fills up or is not
 * read never crashes or holds up the process; open the sink yourself to read what was dropped and to
 * flush on close.
 */
export function createLogOutput(log: LogSettings, sink: LogSink = openLogSink()): LogOutput {
  return log.pretty ? prettyPrinter(sink) : sink;
}

/** The program's logger. `worker`: the number of this process where there are several. */
export function createLogger(level: LogLevel, output: LogOutput, worker?: number): pino.Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { pid: process.pid, ...(worker !== undefined && { worker }) },
    formatters: { level: (label) => ({ level: label }) },
  };
  return pino(options, output);
}

/** Says that lines are missing, once they can be written again. */
export function tellLost(log: pino.Logger, lines: number): void {
  log.warn({ lines }, 'lines of this log are missing: they could not be written');
}

function prettyPrinter(sink: LogSink): LogOutput {
  const format = prettyFactory({
    colorize: process.stdout.isTTY === true && !('NO_COLOR' in process.env),
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid',
    singleLine: true,
  });
  return { write: (line) => sink.write(format(line)) };
}
