import type { Explanation } from '../admin/explanation.ts';
import { element } from './element.ts';
import { pairs } from './pairs.ts';
import { plainTable } from './plain-table.ts';

type Request = Explanation['request'];
type Trial = Explanation['routes'][number];
type Key = NonNullable<Explanation['key']>;

/** The routes in the order in which they were tried, and why those before the last did not match. */
export function routesView(routes: readonly Trial[]): HTMLElement {
  if (routes.length === 0) return element('p', { class: 'muted' }, 'No route was tried.');
  const rows = routes.map((trial) => [
    { text: trial.matched ? 'matches' : 'does not match', level: trial.matched ? 'good' : 'off' },
    trial.name,
    element('code', {}, trial.match),
    whyOf(trial),
    trial.line === null ? '' : `line ${trial.line}`,
  ]);
  return plainTable('Routes that were tried', ['Result', 'Route', 'Match', 'Why', 'In the file'], rows);
}

function whyOf({ mismatch, params }: Trial): string {
  if (mismatch !== null) {
    const { part, name, expected, actual } = mismatch;
    return `${name === null ? part : `${part} ${name}`}: ${expected} is wanted, ${actual ?? 'nothing'} is there`;
  }
  return Object.entries(params ?? {})
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ');
}

/** What tells stored responses apart, part by part. */
export function keyView({ key, url, parts, variant, noVarySearch }: Key): HTMLElement {
  const rows = parts.map(({ part, name, value, counts, by }) => [
    name === null ? part : `${part} ${name}`,
    value ?? 'none',
    { text: counts ? 'counts' : 'does not count', level: counts ? 'good' : 'off' },
    by,
  ]);
  const selects = Object.entries(variant?.values ?? {}).map(([name, value]) => `${name}: ${value ?? 'none'}`);
  return element(
    'div',
    {},
    pairs([
      ['URL', url],
      ['Key', element('code', {}, key)],
      ['Variant by', selects.join(', ')],
      ['No-Vary-Search', noVarySearch ?? undefined],
    ]),
    plainTable('Parts of the cache key', ['Part', 'Value', 'Counts', 'By'], rows),
  );
}

/** Levels of what becomes of a field. */
const FATES: Readonly<Record<Request['fields'][number]['fate'], string>> = {
  keyed: 'good',
  forwarded: 'off',
  removed: 'off',
  changed: 'off',
  added: 'off',
  bypasses: 'warn',
};

/** The request line, and what becomes of each field. */
export function fieldsView({
  method,
  scheme,
  authority,
  path,
  query,
  fields,
  upstreamTarget,
  refused,
}: Request): HTMLElement {
  const target = query === '' ? path : `${path}?${query}`;
  const rows = fields.map(({ name, value, fate, why, sent }) => [
    element('code', {}, name),
    value,
    { text: fate, level: FATES[fate] },
    sent === null ? why : `${why} Sent: ${sent}`,
  ]);
  return element(
    'div',
    {},
    pairs([
      ['Request', element('code', {}, `${method} ${scheme}://${authority}${target}`)],
      ['Refused', refused === null ? undefined : `${refused.status}: ${refused.why}`],
      ['Asked of the upstream', upstreamTarget === null ? undefined : element('code', {}, upstreamTarget)],
    ]),
    rows.length > 0 && plainTable('Request fields', ['Field', 'Value', 'Fate', 'Why'], rows),
  );
}
