import { OUTCOME_WORDS } from '../observe/outcome-word.ts';
import type { Advice, ExplainOrder, Explanation, Foreseen, Prediction, WordMeaning } from './explanation.ts';
import { EXPLAINED_REQUEST } from './openapi-explained-request.ts';
import { EXPLAINED_TIERS } from './openapi-explained-tiers.ts';
import { BREAKERS } from './openapi-figures.ts';
import {
  count,
  integer,
  list,
  MS,
  map,
  nullable,
  object,
  optional,
  ref,
  type Schema,
  TIME,
  text,
  word,
  yesNo,
} from './openapi-schema.ts';

/** What `/explain` takes and tells, by the names of components. */
export const EXPLANATION: Readonly<Record<string, Schema>> = {
  ExplainOrder: object<ExplainOrder>({
    url: text('`/path?query`, or `http(s)://host/path?query`'),
    host: optional(text('The `Host` of a path; without one the proxy’s own address')),
    method: optional({ ...text(), default: 'GET' }),
    headers: optional(map(text(), 'Further request fields')),
  }),
  Explanation: object<Explanation>({
    now: TIME,
    worker: nullable(count(), 'Whose view this is; null in a single process'),
    summary: text('Why, in a sentence or two'),
    request: ref('RequestView'),
    routes: list(ref('RouteTrial'), 'In order of trial, up to the one that matches'),
    lookup: nullable(ref('LookupView'), 'null: no route matches, or the request is refused'),
    key: nullable(ref('KeyView'), 'null: the request is not looked up'),
    memory: list(ref('MemoryView'), 'One for each process'),
    redis: nullable(ref('RedisView')),
    prediction: ref('Prediction'),
    upstream: nullable(ref('UpstreamView'), 'What the upstream last said; null: nothing is known of it'),
    advice: list(ref('Advice'), 'The first thing in the way first'),
  }),
  Prediction: object<Prediction>({
    kind: word(['served', 'forwarded', 'waits', 'turned-away', 'answered', 'refused']),
    cacheStatus: nullable(text('The `Cache-Status` of the answer, as far as it is known')),
    outcome: word(OUTCOME_WORDS),
    status: nullable(integer(), 'null: the upstream says'),
    trace: list(text()),
    reason: nullable(ref('WordMeaning')),
    detail: nullable(ref('WordMeaning')),
    subject: nullable(text('What `detail` speaks of')),
    renews: yesNo('A renewal in the background would be sent'),
    waitsFor: nullable(word(['turn', 'flight', 'replica'])),
    breaker: word(BREAKERS),
    probeIn: MS,
    uncacheableNow: yesNo(),
    coherence: object<Prediction['coherence']>({ trusted: yesNo(), beyondLease: yesNo() }),
    asLastTime: nullable(ref('Foreseen'), 'Should the upstream answer as it did last'),
    ifUpstreamFails: nullable(ref('Foreseen')),
  }),
  Foreseen: object<Foreseen>({
    cacheStatus: text(),
    outcome: word(OUTCOME_WORDS),
    status: integer(),
    stored: yesNo(),
    trace: list(text()),
  }),
  WordMeaning: object<WordMeaning>({
    word: text('Of `Cache-Status`'),
    meaning: text(),
    cure: nullable(text(), 'null where nothing is wrong'),
  }),
  Advice: object<Advice>({
    at: word(['configuration', 'upstream', 'client']),
    path: nullable(text(), 'Of the setting'),
    what: text(),
    why: text(),
    snippet: nullable(text(), 'YAML that loads'),
    warning: nullable(text()),
  }),
  ...EXPLAINED_REQUEST,
  ...EXPLAINED_TIERS,
};
