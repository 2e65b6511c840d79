import { z } from 'zod';
import { fieldNames, token } from './field.ts';
import { parseExcluded, parseIncluded } from './query-name.ts';
import { ROUTE_DEFAULTS as D } from './route-default.ts';
import { count, list, scalar, section, word, yesNo } from './scalar.ts';
import { setting } from './setting.ts';

const queryRule = z.union(
  [
    word(['all', 'none']),
    section({
      include: setting(list(scalar(parseIncluded)), 'Only these parameters count.'),
      exclude: setting(
        list(scalar(parseExcluded, { examples: ['utm_*'] })),
        'All but these parameters count; `utm_*` takes every name that begins so.',
      ),
    }).refine((rule) => (rule.include === undefined) !== (rule.exclude === undefined), {
      error: 'takes either `include` or `exclude` – keep one of them',
      when: (payload) => payload.issues.length === 0,
    }),
  ],
  { error: 'expected `all`, `none`, `{include: [name]}` or `{exclude: [name]}` – write one of them' },
);

/** What of a request tells stored responses apart. */
export const keySettings = {
  key: setting(
    section({
      query: setting(
        queryRule,
        'Which query parameters count. On a cacheable request only these reach the upstream.',
        D.key.query,
      ),
      'sort-query': setting(
        yesNo,
        'Whether parameters are sorted by name, so that their order does not matter.',
        D.key['sort-query'],
      ),
      headers: setting(fieldNames, 'Request fields whose values are part of the key.', D.key.headers),
      cookies: setting(list(token), 'Cookies whose values are part of the key, digested.', D.key.cookies),
    }),
    'What makes up the cache key beside scheme, host and path.',
  ),
  vary: setting(
    section({
      limit: setting(
        count(0, 64),
        'How many request fields a Vary may name before the response counts as uncacheable.',
        D.vary.limit,
      ),
    }),
    "Bounds on the upstream's Vary.",
  ),
  'no-vary-search': setting(
    word(['respect', 'ignore']),
    "Whether the upstream's No-Vary-Search counts: a stored response then answers for every query that it calls equal.",
    D['no-vary-search'],
  ),
};
