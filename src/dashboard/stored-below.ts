import type { KeyListing } from '../admin/key-listing.ts';
import type { AdminPort } from './admin-port.ts';
import { element } from './element.ts';

const LISTED = 8;

/** Some of what memory holds below a path; undefined where that cannot be told, as with a token that may not read. */
export async function storedBelow(port: AdminPort, prefix: string): Promise<HTMLElement | undefined> {
  const listing = (await port
    .get(`keys?limit=${LISTED}&prefix=${encodeURIComponent(prefix)}`)
    .catch(() => undefined)) as KeyListing | undefined;
  const stored = listing?.stored ?? [];
  if (stored.length === 0) return undefined;
  return element(
    'div',
    {},
    element(
      'p',
      { class: 'muted' },
      listing?.truncated === true ? 'Among them, most used first:' : 'Most used first:',
    ),
    element('ul', { class: 'plain' }, ...stored.map(({ url }) => element('li', {}, url))),
  );
}
