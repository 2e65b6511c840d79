import { REDIS_STATES } from './openapi-figures.ts';
import {
  BYTES,
  count,
  integer,
  list,
  MS,
  map,
  nullable,
  number,
  object,
  open,
  optional,
  type Schema,
  text,
  word,
  yesNo,
} from './openapi-schema.ts';
import type { WarmReport } from './warm.ts';

/** What the other endpoints take and tell, by the names of components. */
export const STATE: Readonly<Record<string, Schema>> = {
  WarmOrder: object({
    paths: {
      ...list(text(), 'Paths or absolute URLs, as many as fit into 64 KiB'),
      minItems: 1,
      maxItems: 10_000,
    },
    host: optional(text('The `Host` of the paths; without it the proxy’s own address')),
    concurrency: optional({ type: 'integer', minimum: 1, maximum: 32, default: 4 }),
  }),
  WarmReport: object<WarmReport>({
    requested: count(),
    stored: count(),
    hit: count('There already'),
    notStored: count(),
    failed: count(),
    duration: MS,
    reasons: map(count(), 'How many were not stored, by the reason that Cache-Status gives'),
    failures: list(object({ path: text(), why: text() }), 'The first twenty'),
  }),
  Reloaded: object({ status: { const: 'reloaded' }, routes: list(text()) }),
  ConfigProblem: object({
    source: optional(text('File, flag or variable')),
    line: optional(integer('From 1; 0 where the source has no lines')),
    column: optional(integer()),
    path: optional(text('`routes[0].ttl`')),
    message: text(),
  }),
  Health: object({ status: { const: 'ok' }, uptime: MS }),
  Readiness: object({
    status: word(['starting', 'ready', 'degraded', 'draining']),
    cache: {
      anyOf: [
        object({ status: { const: 'off' } }),
        object({ status: { const: 'ok' }, responses: count(), bytes: BYTES, limit: BYTES }),
      ],
    },
    redis: object({ status: word(REDIS_STATES) }),
    purges: object({ trusted: yesNo(), beyondLease: yesNo() }),
    workers: optional(object({ running: count(), of: count() })),
    warmStart: optional(object({ fetched: count(), of: count() })),
  }),
  Config: object(
    {
      listen: open('Host and port'),
      upstream: open('As in the configuration reference'),
      admin: open('Tokens by name and scope; their values are masked'),
      memory: object({ enabled: yesNo(), limit: BYTES, sweep: MS }),
      redis: nullable(open('Passwords are masked'), 'null: no Redis tier'),
      coherence: object({ lease: MS, cap: MS, history: MS, replica: optional(text()) }),
      workers: count(),
      routes: list(open('A route’s rule as it was understood'), 'Tried in order'),
      downstream: open('What clients may do'),
      fastDoor: yesNo(),
      tracing: yesNo(),
      log: object({ level: text(), access: yesNo(), hits: number(), pretty: yesNo() }),
      drainDelay: MS,
      drainTimeout: MS,
      file: optional(text()),
    },
    'Durations are ms, sizes bytes',
  ),
};
