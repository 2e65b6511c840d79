import { parseArgs } from 'node:util';

export const USAGE = `Usage: tsx server.ts [options]

  --port PORT              PORT           0 takes any free port           (3000)
  --host HOST              HOST           address to listen on            (127.0.0.1)
  --database FILE          DATABASE       SQLite file, made if missing    (products.db)
  --latency MS             LATENCY        artificial work per request     (0)
  --cache-control VALUE    CACHE_CONTROL  Cache-Control of reads          (none)
  --help
`;

export interface ServerOptions {
  readonly port: number;
  readonly host: string;
  readonly database: string;
  /** ms */
  readonly latency: number;
  readonly cacheControl: string | undefined;
  readonly help: boolean;
}

/** Flags ahead of environment ahead of defaults. Throws an Error that a person can act on. */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): ServerOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      database: { type: 'string' },
      latency: { type: 'string' },
      'cache-control': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const { PORT, HOST, DATABASE, LATENCY, CACHE_CONTROL } = env;
  return {
    port: wholeNumber('port', values.port ?? PORT ?? '3000', 65_535),
    host: values.host ?? HOST ?? '127.0.0.1',
    database: values.database ?? DATABASE ?? 'products.db',
    latency: wholeNumber('latency', values.latency ?? LATENCY ?? '0', 60_000),
    cacheControl: values['cache-control'] ?? CACHE_CONTROL,
    help: values.help ?? false,
  };
}

function wholeNumber(name: string, value: string, most: number): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= most) return Number(value);
  throw new Error(`--${name} must be a whole number from 0 to ${most}, not "${value}"`);
}
