import type { Mismatch, RouteTrial } from '../admin/explanation-request.ts';
import { redactTarget } from '../observe/redact.ts';
import { fieldValue } from '../policy/fields.ts';
import type { RequestHead } from '../policy/request.ts';
import type { FieldCondition, RouteMatch } from '../policy/route-rule.ts';
import { isSecret } from '../policy/secret.ts';
import type { Misfit, RouteTable } from '../proxy/route-table.ts';

/** Which routes are tried for a request, and why each but the last does not take it. `lines`: see Config. */
export function routeTrials(
  request: RequestHead,
  routes: RouteTable,
  lines: readonly number[],
): RouteTrial[] {
  return routes.trials(request).map(({ rule, params, misfit }, index) => ({
    index,
    name: rule.name,
    match: matchText(rule.match),
    line: lines[index] ?? null,
    matched: misfit === undefined,
    params: misfit === undefined ? { ...params } : null,
    mismatch: misfit === undefined ? null : mismatchOf(misfit, request, rule.match),
  }));
}

/** `match` as it stands in the file. */
export function matchText({ methods, pattern }: RouteMatch): string {
  return methods.length === 0 ? pattern : `${methods.join('|')} ${pattern}`;
}

function mismatchOf(misfit: Misfit, request: RequestHead, match: RouteMatch): Mismatch {
  switch (misfit) {
    case 'path':
      return { part: 'path', name: null, expected: match.pattern, actual: request.path };
    case 'method':
      return { part: 'method', name: null, expected: match.methods.join('|'), actual: request.method };
    case 'host':
      return { part: 'host', name: null, expected: match.hosts.join(', '), actual: request.authority };
    default:
      return ofCondition(misfit, request, match);
  }
}

function ofCondition(condition: FieldCondition, request: RequestHead, match: RouteMatch): Mismatch {
  const { name, is } = condition;
  const expected = typeof is === 'boolean' ? (is ? 'present' : 'absent') : is.join(', ');
  if (match.query.includes(condition)) {
    const value = new URLSearchParams(request.query).get(name);
    return { part: 'query', name, expected, actual: value === null ? null : shownParameter(name, value) };
  }
  const value = fieldValue(request.fields, name);
  return { part: 'header', name, expected, actual: value === undefined ? null : shownField(name, value) };
}

/** The value of a query parameter as it may be told. */
export function shownParameter(name: string, value: string): string {
  const pair = `${encodeURIComponent(name)}=`;
  return redactTarget(`/?${pair}${value}`).slice(2 + pair.length);
}

export const REDACTED = '[redacted]';

/** The value of a request field as it may be told. */
export function shownField(name: string, value: string): string {
  return isSecret(name.toLowerCase()) ? REDACTED : value;
}
