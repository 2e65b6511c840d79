import type { Explanation } from '../admin/explanation.ts';
import type { StoredView, TierView } from '../admin/explanation-tiers.ts';
import { countOf, formatBytes, formatSpan } from './amounts.ts';
import { flow } from './flow.ts';
import type { Line, Style } from './paint.ts';
import { section } from './section.ts';
import { visibleText } from './visible-text.ts';

/** What both tiers have. */
export function tierLines({ memory, redis }: Explanation, width: number): Line[] {
  const inMemory = memory.flatMap((view) => {
    const of = view.worker === null ? 'memory' : `worker ${view.worker}`;
    return tier(of, view, view.worker === null ? [] : [[`outcome ${view.outcome}`]], width);
  });
  const notes: Line[] =
    redis === null
      ? []
      : [
          ...(redis.state === 'ready' ? [] : [[{ text: redis.state, style: 'red' as const }]]),
          ...(redis.trusted
            ? []
            : [[{ text: 'not read: purges may have been missed', style: 'yellow' as const }]]),
          ...(redis.lock === null ? [] : [[`lock ${redis.lock}`]]),
        ];
  return section('Stored', [...inMemory, ...(redis === null ? [] : tier('redis', redis, notes, width))]);
}

const FOUND: Readonly<Record<Exclude<TierView['found'], 'stored'>, string>> = {
  'other-variants': 'other variants alone',
  absent: 'nothing',
  unavailable: 'cannot be asked',
};

function tier(label: string, view: TierView, notes: readonly Line[], width: number): Line[] {
  const { found, stored, vary, variants } = view;
  const pieces: Line[] = [
    ...(stored === null ? [[found === 'stored' ? 'stored' : FOUND[found]]] : storedPieces(stored)),
    ...(vary === null ? [] : [[`Vary: ${visibleText(vary.join(', '))}`]]),
    ...(variants.length === 0 ? [] : [[countOf(variants.length, 'variant')]]),
    ...notes,
  ];
  const listed = variants.map(
    ({ variant, selected, status, ttl, bytes }): Line => [
      `    ${selected ? '* ' : '  '}${visibleText(variant)}  ${status}  ${freshness(ttl)}  ${formatBytes(bytes)}`,
    ],
  );
  return [...flow({ label: `  ${label}`, pieces }, width), ...listed];
}

const USES: Readonly<Record<StoredView['use'], readonly [text: string, style: Style]>> = {
  serve: ['served', 'green'],
  'serve-stale': ['served stale', 'yellow'],
  validate: ['validated first', 'yellow'],
  unusable: ['not usable', 'red'],
};

function storedPieces(stored: StoredView): Line[] {
  const { status, use, detail, age, lifetime, ttl, staleWhileRevalidate, staleIfError, purged, tags, forms } =
    stored;
  const [text, style] = USES[use];
  return [
    [{ text: detail === null ? text : `${text}: ${detail}`, style }],
    [`status ${status}`],
    [freshness(ttl)],
    [`age ${formatSpan(age)} of ${formatSpan(lifetime)}`],
    ...(staleWhileRevalidate > 0 ? [[`stale-while-revalidate ${formatSpan(staleWhileRevalidate)}`]] : []),
    ...(staleIfError > 0 ? [[`stale-if-error ${formatSpan(staleIfError)}`]] : []),
    ...(stored.mustRevalidate ? [['must-revalidate']] : []),
    ...(stored.alwaysValidate ? [['no-cache']] : []),
    ...(stored.ruleChanged ? [[{ text: 'its rule has changed since', style: 'yellow' as const }]] : []),
    ...(purged === null
      ? []
      : [
          [
            {
              text: `purged (${purged.kind}) by ${visibleText(purged.selector ?? 'a purge not told apart any more')}`,
              style: 'yellow' as const,
            },
          ],
        ]),
    [`route ${visibleText(stored.route)}`],
    ...(stored.etag === null ? [] : [[`ETag ${visibleText(stored.etag)}`]]),
    ...(stored.lastModified === null ? [] : [[`Last-Modified ${visibleText(stored.lastModified)}`]]),
    [formatBytes(stored.bytes)],
    ...forms.map(({ coding, bytes }): Line => [`${coding} ${formatBytes(bytes)}`]),
    ...(tags.length === 0 ? [] : [[`tags ${visibleText(tags.join(' '))}`]]),
    [`as of position ${stored.asOf}`],
  ];
}

/** `ttl` in ms. */
function freshness(ttl: number): string {
  return ttl > 0 ? `fresh for ${formatSpan(ttl)}` : `stale for ${formatSpan(-ttl)}`;
}
