import type { Explanation } from '../admin/explanation.ts';
import type { FieldView, KeyPart, KeyView, RouteTrial } from '../admin/explanation-request.ts';
import { columns, type Line } from './paint.ts';
import { indented, section, wrapped } from './section.ts';
import { visibleText } from './visible-text.ts';

/** How the request is understood: its routes, the lookup, the key, its fields. */
export function requestLines({ request, routes, lookup, key }: Explanation, width: number): Line[] {
  const refused =
    request.refused === null ? [] : wrapped(`${request.refused.status}: ${request.refused.why}`, width, '  ');
  const fields = request.fields.filter(({ fate }) => fate !== 'forwarded');
  const passed =
    lookup === null || lookup.kind === 'lookup'
      ? []
      : wrapped(
          `past the cache: ${[lookup.reason, lookup.detail, lookup.subject].filter((one) => one !== null).join(', ')}`,
          width,
          '  ',
        );
  return [
    ...section('Refused', refused),
    ...section('Routes', routes.length === 0 ? [] : indented(columns(routes.map(routeRow), new Set([0])))),
    ...section('Lookup', passed),
    ...section('Key', key === null ? [] : keyLines(key, width)),
    ...section(
      'Request fields',
      fields.length === 0 ? [] : indented(columns(fields.map(fieldRow), new Set())),
    ),
  ];
}

function routeRow({ index, name, match, line, matched, params, mismatch }: RouteTrial): Line {
  const where = line === null ? '' : ` (line ${line})`;
  return [
    String(index + 1),
    matched ? { text: visibleText(name), style: 'green' } : visibleText(name),
    visibleText(match) + where,
    matched
      ? `matches${captured(params)}`
      : mismatch === null
        ? 'does not match'
        : visibleText(mismatchOf(mismatch)),
  ];
}

function captured(params: RouteTrial['params']): string {
  const all = Object.entries(params ?? {});
  return all.length === 0
    ? ''
    : visibleText(`: ${all.map(([name, value]) => `${name}=${value}`).join(', ')}`);
}

function mismatchOf({ part, name, expected, actual }: NonNullable<RouteTrial['mismatch']>): string {
  const what = name === null ? part : `${part} ${name}`;
  return `its ${what} is not ${expected}: ${actual ?? 'there is none'}`;
}

function keyLines({ key, parts, variant, noVarySearch }: KeyView, width: number): Line[] {
  const counting = parts.map((part): Line => keyRow(part));
  const vary =
    variant === null ? [] : variant.vary.map((name) => `${name}: ${variant.values[name] ?? 'absent'}`);
  return [
    [`  ${visibleText(key)}`],
    ...indented(columns(counting, new Set())),
    ...(vary.length === 0 ? [] : wrapped(`variant, by its Vary: ${vary.join('; ')}`, width, '  ')),
    ...(noVarySearch === null ? [] : wrapped(`No-Vary-Search: ${noVarySearch}`, width, '  ')),
  ];
}

function keyRow({ part, name, value, counts, by }: KeyPart): Line {
  const text = visibleText(`${name === null ? part : `${part} ${name}`}`);
  return [
    counts ? text : { text, style: 'dim' },
    visibleText(value ?? '(none)'),
    { text: visibleText(counts ? by : `does not count: ${by}`), style: 'dim' },
  ];
}

function fieldRow({ name, value, fate, why, sent }: FieldView): Line {
  const how = sent === null ? fate : `${fate} to ${sent}`;
  return [
    visibleText(name),
    fate === 'bypasses' ? { text: how, style: 'red' } : visibleText(how),
    visibleText(value),
    { text: visibleText(why), style: 'dim' },
  ];
}
