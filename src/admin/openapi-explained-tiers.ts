import { OUTCOME_WORDS } from '../observe/outcome-word.ts';
import type {
  MemoryView,
  PurgedBy,
  RedisView,
  StoredView,
  TierView,
  VariantListed,
} from './explanation-tiers.ts';
import type { DirectiveMeaning, UpstreamView } from './explanation-upstream.ts';
import { REDIS_STATES } from './openapi-figures.ts';
import {
  BYTES,
  count,
  integer,
  list,
  type Members,
  MS,
  nullable,
  object,
  ref,
  type Schema,
  TIME,
  text,
  word,
  yesNo,
} from './openapi-schema.ts';

const tier: Members<TierView> = {
  found: word(['stored', 'other-variants', 'absent', 'unavailable']),
  stored: nullable(ref('StoredView')),
  vary: nullable(list(text()), 'Which fields select a variant'),
  variants: list(ref('VariantListed')),
};

/** What is stored of an explained request, and what the upstream said, by the names of components. */
export const EXPLAINED_TIERS: Readonly<Record<string, Schema>> = {
  MemoryView: object<MemoryView>({
    ...tier,
    worker: nullable(count()),
    cacheStatus: nullable(text('What this process would do')),
    outcome: word(OUTCOME_WORDS),
  }),
  RedisView: object<RedisView>({
    ...tier,
    state: word(REDIS_STATES),
    trusted: yesNo(),
    lock: nullable(word(['free', 'held', 'marked', 'unavailable'])),
  }),
  VariantListed: object<VariantListed>({
    variant: text(),
    selected: yesNo(),
    status: integer(),
    ttl: MS,
    bytes: BYTES,
  }),
  StoredView: object<StoredView>({
    status: integer(),
    url: text(),
    route: text(),
    ruleChanged: yesNo('Stored under rules that have changed since'),
    age: MS,
    lifetime: MS,
    ttl: MS,
    storedAt: TIME,
    freshUntil: TIME,
    stage: word(['fresh', 'while-revalidate', 'if-error', 'validate', 'useless']),
    staleWhileRevalidate: MS,
    staleIfError: MS,
    mustRevalidate: yesNo(),
    alwaysValidate: yesNo(),
    etag: nullable(text()),
    lastModified: nullable(text()),
    tags: list(text()),
    variant: text(),
    asOf: integer('Position of the purge log applied when it was asked for'),
    purged: nullable(ref('PurgedBy')),
    bytes: { ...BYTES, description: 'Its body' },
    size: { ...BYTES, description: 'What it takes in memory' },
    forms: list(object({ coding: text(), bytes: BYTES })),
    use: word(['serve', 'serve-stale', 'validate', 'unusable']),
    detail: nullable(text()),
  }),
  PurgedBy: object<PurgedBy>({
    kind: word(['hard', 'soft']),
    selector: nullable(text()),
    position: nullable(integer()),
  }),
  UpstreamView: object<UpstreamView>({
    from: word(['memory', 'redis', 'unstored']),
    at: TIME,
    status: integer(),
    fields: list({ type: 'array', prefixItems: [text('Name'), text('Value')], minItems: 2, items: false }),
    directives: list(ref('DirectiveMeaning')),
    verdict: object<UpstreamView['verdict']>({
      kind: word(['store', 'pass']),
      detail: nullable(text()),
      subject: nullable(text()),
      lifetime: nullable(MS),
      reasons: list(text()),
    }),
  }),
  DirectiveMeaning: object<DirectiveMeaning>({
    field: text('`status`, `framing`, or a field’s name'),
    text: text('As it was written'),
    means: text(),
    rfc: nullable(text()),
    effect: word(['allows', 'forbids', 'limits', 'none', 'overridden']),
    by: nullable(text('By which setting or field it is overridden')),
  }),
};
