import { redactTarget } from '../observe/redact.ts';
import type { HotKey, KeyListing } from './key-listing.ts';
import type { AdminParts } from './ports.ts';
import { ProblemError } from './problem.ts';
import type { Endpoint } from './router.ts';
import { prefixOf } from './selectors.ts';
import { wholeNumber } from './whole-number.ts';

const LIMIT = { least: 1, most: 1_000, otherwise: 20 };

/** Characters of a key or URL that are shown. */
const SHOWN = 1_024;

/** `GET /keys`: what is used most, what is missed most and why, and what memory holds below a path. */
export function keysEndpoint({ keys }: AdminParts): Endpoint {
  return {
    path: '/keys',
    method: 'GET',
    scope: 'read',
    query: ['limit', 'prefix'],
    async handle({ query }) {
      const limit = wholeNumber(query, 'limit', LIMIT);
      const given = query.get('prefix');
      if (given === '') throw new ProblemError(400, '"prefix" is empty; "/" stands for everything.');
      const found = await keys({ limit, prefix: given === null ? undefined : prefixOf(given, 'prefix') });
      const body: KeyListing = {
        ...found,
        hottest: found.hottest.map(shown),
        ...(found.stored && { stored: found.stored.map(shown) }),
      };
      return { status: 200, body };
    },
  };
}

/** Whoever may read this need not be a client: values that suggest a secret are left out, as in the log. */
function shown<Key extends HotKey>(found: Key): Key {
  const { key, variant, url, tags } = found;
  return {
    ...found,
    key: text(key),
    variant: text(variant),
    url: url && text(url),
    tags: tags?.map(text) ?? null,
  };
}

function text(value: string): string {
  const redacted = redactTarget(value);
  return redacted.length > SHOWN ? `${redacted.slice(0, SHOWN)}…` : redacted;
}
