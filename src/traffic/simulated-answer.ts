import { ownText } from '../own-text.ts';
import { storedSearch } from '../policy/no-vary-search.ts';
import type { RequestHead } from '../policy/request.ts';
import { decideStorage } from '../policy/storability.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { surrogateTags } from '../policy/surrogate-tags.ts';
import { expandTags } from '../policy/tags.ts';
import { variantKey } from '../policy/vary.ts';
import type { MatchedRoute } from '../proxy/route-table.ts';
import type { Identity } from '../proxy/settle.ts';
import type { PurgeIndex } from '../purge/purge-index.ts';
import type { AssumedResponse } from './assumed-response.ts';
import type { Answer } from './simulated-memory.ts';
import { createSizedBodies } from './sized-body.ts';

/** What the upstream's response is stored as, fetched and complete at `now` (ms since the epoch); why it is not. */
export type Answers = (
  request: RequestHead,
  route: MatchedRoute,
  identity: Identity,
  response: AssumedResponse,
  now: number,
) => Answer;

/** `position`: of the log of purges. */
export function createAnswers(purges: PurgeIndex, position: () => number): Answers {
  const sizedBody = createSizedBodies();
  const random = createChance();
  const kept = createKeptFields();
  return (request, { rule, params }, { key, url }, { head, size }, now) => {
    const times = { requestTime: now, responseTime: now, random: random() };
    const storage = decideStorage(request, head, rule, times);
    if (storage.kind === 'pass') return { kind: 'not-stored', why: storage.detail };
    if (size > rule.maxBody) return { kind: 'not-stored', why: 'too-large' };
    const { vary, ...terms } = storage.terms;
    const own = ownText(key);
    const tags = expandTags(rule.tags, { params, query: request.query, response: terms.fields });
    const given = surrogateTags(terms.fields, rule.surrogateTags.fields) ?? [];
    const all = given.length === 0 ? tags : [...new Set([...tags, ...given])];
    const stored: StoredResponse = {
      ...terms,
      fields: kept(terms.fields),
      key: own,
      variant: vary.length === 0 ? '' : variantKey(vary, request.fields, (secret) => secret),
      search: storedSearch(terms.fields, own, rule),
      url: url === key ? own : ownText(url),
      route: rule.name,
      rule: rule.fingerprint,
      tags: all.map(ownText),
      body: sizedBody(size),
      asOf: position(),
      heard: purges.heardNow(),
    };
    return { kind: 'stored', stored, vary };
  };
}

const MOST_KEPT = 1_000;

/** Most responses of a simulation have the same fields, but for a Date of one length behind them: one copy of them is kept. */
function createKeptFields(): (fields: readonly string[]) => readonly string[] {
  const kept = new Map<string, readonly string[]>();
  return (fields) => {
    const name = (fields.at(-2) === 'Date' ? fields.slice(0, -1) : fields).join('\n');
    const known = kept.get(name);
    if (known !== undefined) return known;
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(name, fields);
    return fields;
  };
}

/** Numbers in [0, 1), the same in each run: what jitter makes of one does not differ from the next. */
function createChance(): () => number {
  let state = 0x2545f491;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
