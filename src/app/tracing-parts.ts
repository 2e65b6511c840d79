import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { hasSdk, loadOpenTelemetry } from '../observe/open-telemetry.ts';
import type { Tracing } from '../observe/span.ts';
import { createTracing } from '../observe/tracing.ts';
import { version } from '../version.ts';

/** Throws an OperatorError where tracing is wanted and cannot be had; says in the log where nothing would come of it. */
export function checkTracing({ tracing }: Config, log: Logger): void {
  if (!tracing || hasSdk(loadOpenTelemetry())) return;
  log.warn(
    'tracing is on, but no OpenTelemetry SDK is registered, so that nothing is recorded: start with NODE_OPTIONS="--import ./otel.mjs", see docs/tracing.md',
  );
}

/** What traces the requests of this process; undefined: nothing does. */
export function openTracing({ tracing, upstream }: Config): Tracing | undefined {
  return tracing ? createTracing(loadOpenTelemetry(), upstream.origin, version()) : undefined;
}
