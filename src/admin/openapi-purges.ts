import type { ReplicaReceipt, ReplicaState } from '../purge/purge-ledger.ts';
import {
  integer,
  list,
  nullable,
  type Optional,
  object,
  optional,
  ref,
  type Schema,
  TIME,
  text,
  word,
  yesNo,
} from './openapi-schema.ts';

/** What names stored responses; at least one is needed. */
const SELECTORS = {
  url: text('A path with its query, or an absolute URL'),
  urls: { ...list(text()), minItems: 1 },
  tag: text(),
  tags: { ...list(text()), minItems: 1 },
  group: text('A cache group (RFC 9875) of `origin`'),
  route: text('The name of a route'),
  prefix: text('Every path, with its query, that begins so'),
  glob: text('`*` stands for anything within a segment, `**` for anything'),
  all: yesNo('Everything'),
};

const named: Record<string, Optional> = Object.fromEntries(
  Object.entries({
    ...SELECTORS,
    origin: text('Scheme and host, with `group` alone'),
    soft: { ...yesNo('Stale instead of gone'), default: false },
  }).map(([name, schema]) => [name, optional(schema)]),
);
const options = {
  'dry-run': optional({ ...yesNo('Counts, and purges nothing'), default: false }),
  wait: optional({
    description: 'For the replicas: `true` is 5 s, a number ms; at most 30 s',
    anyOf: [
      { type: 'boolean' },
      { type: 'number', exclusiveMinimum: 0, maximum: 30_000 },
      { type: 'string', pattern: '^\\d+(\\.\\d+)?(ms|s)$' },
    ],
  }),
};
const anyOf = Object.keys(SELECTORS).map((name) => ({ required: [name] }));

const purges = { purges: list(ref('PurgeDone')) };
const matched = { ...nullable(integer()), description: 'Stored responses in this memory; null: not counted' };
const order = text('Its name in the history');

/** What purges are asked for by, and answered with, by the names of components. */
export const PURGES: Readonly<Record<string, Schema>> = {
  Purge: { ...object(named), anyOf },
  PurgeOrder: {
    anyOf: [
      { ...object({ ...named, ...options }), anyOf },
      object({ purges: { ...list(ref('Purge')), minItems: 1, maxItems: 1_000 }, ...options }),
    ],
  },
  PurgeDone: {
    description: 'One selector of a purge as it was understood',
    oneOf: [
      ...['url', 'tag', 'route', 'prefix', 'glob'].map((name) =>
        object({ [name]: text(), soft: yesNo(), matched: optional(integer()) }),
      ),
      object({ all: { const: true }, soft: yesNo(), matched: optional(integer()) }),
    ],
  },
  ReplicaReceipt: object<ReplicaReceipt>({
    all: yesNo('Every replica that may hold a stored response has applied it'),
    applied: list(text()),
    waiting: list(text()),
    silent: list(object({ name: text(), since: TIME })),
    why: optional(text('Why `all` is false although nobody is missing')),
  }),
  PurgeApplied: object({
    status: { const: 'applied' },
    order,
    position: integer('Its place in the purge log'),
    ...purges,
    matched,
    repeated: optional({
      const: true,
      description: 'Answered from an earlier call with this Idempotency-Key',
    }),
    replicas: optional(ref('ReplicaReceipt')),
  }),
  PurgeCounted: object({ status: { const: 'dry-run' }, ...purges, matched }),
  PurgePending: object({
    status: { const: 'pending' },
    order,
    ...purges,
    matched,
    repeated: optional({ const: true }),
    why: text(),
  }),
  Replica: object<ReplicaState>({
    name: text(),
    position: nullable(integer(), 'Up to which everything is applied; null: none yet'),
    seen: TIME,
    silent: yesNo(),
  }),
  PurgeHistory: object({
    purges: list(
      object({
        order,
        by: text('The name of the token'),
        at: TIME,
        status: word(['applied', 'pending']),
        position: nullable(integer()),
        replicas: nullable(list(text()), 'Who has applied it; null: it cannot be told'),
        purges: list(ref('PurgeDone')),
        more: optional({ const: true, description: 'It had more purges than are shown' }),
      }),
    ),
    replicas: list(ref('Replica')),
    current: yesNo('false: Redis cannot be asked now'),
  }),
};
