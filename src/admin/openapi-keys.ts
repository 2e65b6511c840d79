import type { HotKey, KeyListing, MissedUrl, StoredKey } from './key-listing.ts';
import {
  BYTES,
  count,
  list,
  type Members,
  MS,
  map,
  nullable,
  object,
  optional,
  ref,
  type Schema,
  TIME,
  text,
  yesNo,
} from './openapi-schema.ts';

const stored: Members<StoredKey> = {
  key: text('The cache key'),
  variant: text('What selects it among the variants of its key; empty where there are none'),
  url: text('Of the request that fetched it; secrets redacted'),
  route: text(),
  status: count(),
  bytes: { ...BYTES, description: 'Its body, as the upstream sent it' },
  memory: { ...BYTES, description: 'What it takes of the memory tier’s limit' },
  age: MS,
  ttl: { ...MS, description: 'ms of remaining freshness; 0 or less: stale' },
  tags: list(text()),
  uses: count('An estimate'),
};

/** Of what memory has no more, everything but these is null. */
const KEPT = ['key', 'variant', 'uses'];
const hot = Object.fromEntries(
  Object.entries<Schema>(stored).map(([name, schema]) => [
    name,
    KEPT.includes(name) ? schema : nullable(schema),
  ]),
) as Members<HotKey>;

/** What `/keys` tells, by the names of components. */
export const KEYS: Readonly<Record<string, Schema>> = {
  StoredKey: object<StoredKey>(stored),
  HotKey: object<HotKey>(hot),
  MissedUrl: object<MissedUrl>({
    url: text('Secrets redacted'),
    route: nullable(text(), 'null: no route matched'),
    misses: count('At least so many'),
    why: map(count(), 'How many by the `detail` of Cache-Status, or its forward reason'),
    at: { ...TIME, description: 'The latest; ms since the epoch' },
  }),
  KeyListing: object<KeyListing>({
    since: { ...TIME, description: 'Uses and misses are of the time since then; ms since the epoch' },
    hottest: list(ref('HotKey'), 'Most used first'),
    missed: list(ref('MissedUrl'), 'Most missed first'),
    stored: optional(list(ref('StoredKey'), 'With `prefix` alone')),
    truncated: optional(yesNo('With `prefix` alone: there is more than is told')),
  }),
};
