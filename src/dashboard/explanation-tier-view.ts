import type { Explanation } from '../admin/explanation.ts';
import { element } from './element.ts';
import { bytes, clockTime, span } from './figures.ts';
import { pairs } from './pairs.ts';
import { plainTable } from './plain-table.ts';

type Memory = Explanation['memory'][number];
type Redis = NonNullable<Explanation['redis']>;
type Stored = NonNullable<Memory['stored']>;

const FOUND: Readonly<Record<Memory['found'], string>> = {
  stored: 'A stored response that this request selects.',
  'other-variants': 'Other variants alone.',
  absent: 'Nothing.',
  unavailable: 'It cannot be asked.',
};

const STAGES: Readonly<Record<Stored['stage'], string>> = {
  fresh: 'fresh',
  'while-revalidate': 'stale, and served while it is renewed',
  'if-error': 'stale, and served should the upstream fail',
  validate: 'stale, and good for asking whether it still holds',
  useless: 'stale, and of no use',
};

const USES: Readonly<Record<Stored['use'], string>> = {
  serve: 'served',
  'serve-stale': 'served stale',
  validate: 'the upstream is asked whether it is still good',
  unusable: 'not used',
};

/** What a tier has for the key. `now` in ms since the epoch. */
export function tierView(view: Memory | Redis, now: number): HTMLElement {
  const { found, stored, vary, variants } = view;
  const rows = variants.map(({ variant, selected, status, ttl, bytes: size }) => [
    element('code', {}, variant),
    { text: selected ? 'selected' : 'another', level: selected ? 'good' : 'off' },
    String(status),
    freshness(ttl),
    bytes(size),
  ]);
  return element(
    'div',
    {},
    pairs([
      ['Found', FOUND[found]],
      ...('state' in view ? redisPairs(view) : []),
      ['Varies by', vary?.join(', ')],
      ...(stored === null ? [] : storedPairs(stored, now)),
    ]),
    rows.length > 0 &&
      plainTable('Variants', ['Variant', 'This request', 'Status', 'Fresh for', 'Body'], rows),
  );
}

function redisPairs({ state, trusted, lock }: Redis): readonly (readonly [string, string | undefined])[] {
  return [
    ['Redis is', trusted ? state : `${state}, and not read: purges may have been missed`],
    ['Lock of the key', lock ?? undefined],
  ];
}

function storedPairs(stored: Stored, now: number): readonly (readonly [string, string | undefined])[] {
  const { purged, forms, staleWhileRevalidate, staleIfError, tags, variant, etag, lastModified } = stored;
  const windows = [
    staleWhileRevalidate > 0 ? `${span(staleWhileRevalidate)} while it is renewed` : '',
    staleIfError > 0 ? `${span(staleIfError)} on errors` : '',
  ].filter((window) => window !== '');
  return [
    ['For this request', stored.detail === null ? USES[stored.use] : `${USES[stored.use]}: ${stored.detail}`],
    ['Status', String(stored.status)],
    ['URL', stored.url],
    ['Route', stored.ruleChanged ? `${stored.route}, whose rule has changed since` : stored.route],
    ['Age', `${span(stored.age)} of ${span(stored.lifetime)}`],
    ['Freshness', `${freshness(stored.ttl)}: ${STAGES[stored.stage]}`],
    ['Stored', clockTime(stored.storedAt, now)],
    ['Stale windows', windows.join(', ') || 'none'],
    ['Validators', [etag ?? '', lastModified ?? ''].filter((one) => one !== '').join(', ') || 'none'],
    ['Always validated', stored.alwaysValidate ? 'yes (no-cache)' : undefined],
    ['Must be validated once stale', stored.mustRevalidate ? 'yes' : undefined],
    ['Tags', tags.join(', ') || 'none'],
    ['Variant', variant],
    ['Purged', purged === null ? undefined : purgedText(purged)],
    ['Size', `${bytes(stored.bytes)}, ${bytes(stored.size)} with all that belongs to it`],
    ['Coded forms', forms.map(({ coding, bytes: size }) => `${coding} ${bytes(size)}`).join(', ')],
    ['As of position', String(stored.asOf)],
  ];
}

function purgedText({ kind, selector, position }: NonNullable<Stored['purged']>): string {
  const at = position === null ? 'not in the log yet' : `position ${position}`;
  return `${kind === 'soft' ? 'softly' : 'hard'}, by ${selector ?? 'a purge that is no longer told apart'} (${at})`;
}

function freshness(ttl: number): string {
  return ttl > 0 ? span(ttl) : `stale for ${span(-ttl)}`;
}
