import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { LogOutput } from '../observe/logger.ts';

/** What an app is given from outside. */
export interface AppServices {
  readonly log: Logger;
  /** Where the access log's lines go. */
  readonly logOutput: LogOutput;
  /** Log lines lost so far; for the metrics. */
  readonly logDropped?: () => number;
  /** Reads the configuration anew; throws a ConfigError with every problem. */
  readonly loadConfig: () => Config;
  /** The system's, if not given. */
  readonly clock?: Clock | undefined;
}
