import type { Explanation } from '../admin/explanation.ts';
import { element } from './element.ts';
import { ago, span } from './figures.ts';
import { pairs } from './pairs.ts';
import { plainTable } from './plain-table.ts';
import { prose } from './prose.ts';

type Upstream = NonNullable<Explanation['upstream']>;

const FROM: Readonly<Record<Upstream['from'], string>> = {
  memory: 'as it is stored in memory',
  redis: 'as it is stored in Redis',
  unstored: 'remembered, though it was not stored',
};

const EFFECTS: Readonly<
  Record<Upstream['directives'][number]['effect'], { readonly text: string; readonly level: string }>
> = {
  allows: { text: 'allows', level: 'good' },
  forbids: { text: 'forbids', level: 'bad' },
  limits: { text: 'limits', level: 'warn' },
  none: { text: 'no effect', level: 'off' },
  overridden: { text: 'overridden', level: 'off' },
};

/** The last answer of the upstream, directive by directive. `now` in ms since the epoch. */
export function upstreamView(upstream: Upstream | null, now: number): HTMLElement {
  if (upstream === null)
    return element('p', { class: 'muted' }, 'Nothing is known of its answers to this URL.');
  const { at, status, from, directives, verdict, fields } = upstream;
  const rows = directives.map(({ field, text, effect, means, by, rfc }) => [
    element('code', {}, field === 'status' || field === 'framing' ? text : `${field}: ${text}`),
    EFFECTS[effect],
    element('span', {}, ...prose(by === null ? means : `${means} Overridden by ${by}.`)),
    rfc ?? '',
  ]);
  return element(
    'div',
    {},
    pairs([
      ['Last answer', `${status}, ${ago(at, now)}, ${FROM[from]}`],
      ['Verdict', verdictText(verdict)],
      ['What had a say', verdict.reasons.join(', ')],
    ]),
    rows.length > 0 && plainTable('What its words mean here', ['Word', 'Effect', 'Means', 'Where'], rows),
    fields.length > 0 &&
      element(
        'pre',
        { tabindex: 0, 'aria-label': 'Its fields' },
        fields.map(([name, value]) => `${name}: ${value}`).join('\n'),
      ),
  );
}

function verdictText({ kind, detail, subject, lifetime }: Upstream['verdict']): string {
  if (kind === 'store') return lifetime === null ? 'stored' : `stored, fresh for ${span(lifetime)}`;
  return ['not stored', detail ?? '', subject ?? ''].filter((word) => word !== '').join(' ');
}
