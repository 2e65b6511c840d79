import type { Explanation } from '../admin/explanation.ts';
import type { DirectiveMeaning, UpstreamView } from '../admin/explanation-upstream.ts';
import { formatSpan } from './amounts.ts';
import type { Line, Style } from './paint.ts';
import { section, wrapped } from './section.ts';
import { visibleText } from './visible-text.ts';

const FROM: Readonly<Record<UpstreamView['from'], string>> = {
  memory: 'as it is stored in memory',
  redis: 'as it is stored in Redis',
  unstored: 'remembered, though it was not stored',
};

const EFFECTS: Readonly<
  Record<DirectiveMeaning['effect'], readonly [text: string, style: Style | undefined]>
> = {
  allows: ['allows', 'green'],
  forbids: ['forbids', 'red'],
  limits: ['limits', 'yellow'],
  none: ['no effect', 'dim'],
  overridden: ['does not count', 'dim'],
};

/** What the upstream said last, word by word. */
export function upstreamLines({ upstream, now }: Explanation, width: number): Line[] {
  if (upstream === null) return [];
  const { from, at, status, fields, directives, verdict } = upstream;
  const heading = `The upstream’s last answer, ${FROM[from]}: ${status}, ${formatSpan(Math.max(0, now - at))} ago`;
  const { kind, detail, subject, lifetime, reasons } = verdict;
  const why = [detail, subject].filter((one) => one !== null).join(', ');
  const decided =
    kind === 'store'
      ? `${from === 'unstored' ? 'may be stored' : 'stored'}, and fresh for ${formatSpan(lifetime ?? 0)}`
      : `not stored${why === '' ? '' : `: ${why}`}`;
  return section(heading, [
    ...fields
      .filter(
        ([name, value]) => !directives.some(({ field, text }) => field === name && text.endsWith(value)),
      )
      .map(([name, value]): Line => [`  ${visibleText(name)}: ${visibleText(value)}`]),
    ...directives.flatMap((one) => directiveLines(one, width)),
    ...wrapped(
      `decided: ${decided}${reasons.length === 0 ? '' : ` (by ${reasons.join(', ')})`}`,
      width,
      '  ',
    ),
  ]);
}

function directiveLines({ field, text, means, rfc, effect, by }: DirectiveMeaning, width: number): Line[] {
  const [how, style] = EFFECTS[effect];
  const told = `${how}${by === null ? '' : ` (${by})`}`;
  const said = field === 'status' || field === 'framing' ? text : `${field}: ${text}`;
  return [
    [`  ${visibleText(said)}  `, style === undefined ? told : { text: visibleText(told), style }],
    ...wrapped(`${means}${rfc === null ? '' : ` (${rfc})`}`, width, '    '),
  ];
}
