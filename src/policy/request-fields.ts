import { parseCookies } from './cache-key.ts';
import { type FieldLines, lowerName } from './fields.ts';
import { foldedName, HARMLESS, ROUTING } from './request-field-names.ts';
import type { RouteRule } from './route-rule.ts';

/**
 * The first request field that could colour a shared response without being part of its key, so that
 * the request must bypass the cache; undefined where there is none. Cookie and Authorization have
 * rules of their own (`decideLookup`).
 */
export function unkeyedField(fields: FieldLines, rule: RouteRule): string | undefined {
  if (rule.requestFields.unknown === 'ignore') return undefined;
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase();
    if (HARMLESS.has(name) || ROUTING.has(name) || name === 'cookie' || name === 'authorization') continue;
    if (rule.key.headers.includes(name)) continue;
    if (rule.requestFields.forward.has(name) || rule.requestFields.strip.has(name)) continue;
    return name;
  }
  return undefined;
}

/** Fields that belong to the client's own conditions and must not shape a response that is shared. */
const CONDITIONAL = new Set([
  ...['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'range'],
]);

/** True for a field by which a client asks for less than a whole response; `lowerCaseName`. */
export function isCondition(lowerCaseName: string): boolean {
  return CONDITIONAL.has(lowerCaseName);
}

/**
 * The fields to send on a fetch whose response may be stored: the client's conditions are left out (so that a
 * whole response comes back), and what the rule strips, routing fields, and names that an upstream may take for
 * a known one are removed. Lines of one field are sent as one, since that is how they are keyed (RFC 9110 §5.3).
 * `replaced`: lower-case names of others that are set anew.
 */
export function cacheableRequestFields(
  fields: FieldLines,
  rule: RouteRule,
  replaced: ReadonlySet<string> = NONE,
): string[] {
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const line = fields[i] as string;
    const name = lowerName(line);
    if (CONDITIONAL.has(name) || replaced.has(name) || rule.requestFields.strip.has(name)) continue;
    if (!isVouchedFor(name, rule) && (ROUTING.has(name) || isAlias(name, rule, replaced))) continue;
    if (name === 'cookie') {
      if (rule.cookies === 'ignore') kept.push(line, fields[i + 1] as string);
      continue;
    }
    const first = lineOf(kept, name);
    if (first < 0) kept.push(line, fields[i + 1] as string);
    else kept[first + 1] = `${kept[first + 1]}, ${fields[i + 1]}`;
  }
  if (rule.cookies !== 'ignore') {
    const cookie = keyedCookies(fields, rule);
    if (cookie !== '') kept.push('Cookie', cookie);
  }
  return kept;
}

function isVouchedFor(name: string, { requestFields, key }: RouteRule): boolean {
  return requestFields.forward.has(name) || key.headers.includes(name);
}

/** True for `X_Forwarded_Host`: what is known by another spelling, and would be read in its place or joined to it. */
function isAlias(name: string, rule: RouteRule, replaced: ReadonlySet<string>): boolean {
  const folded = foldedName(name);
  if (folded === name) return false;
  return (
    [HARMLESS, ROUTING, CONDITIONAL, HIDING, replaced, rule.requestFields.strip].some((names) =>
      names.has(folded),
    ) || isVouchedFor(folded, rule)
  );
}

/** Known, though on none of the lists: each has a rule of its own. */
const HIDING: ReadonlySet<string> = new Set([
  ...['content-type', 'transfer-encoding', 'proxy-authorization', 'proxy-connection', 'x-forwarded-for'],
]);

function lineOf(fields: FieldLines, lowerCaseName: string): number {
  for (let i = 0; i < fields.length; i += 2) if (lowerName(fields[i] as string) === lowerCaseName) return i;
  return -1;
}

const NONE: ReadonlySet<string> = new Set();

/** The client's own conditions, for a request whose answer is for nobody else. */
export function clientConditions(fields: FieldLines): string[] {
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (CONDITIONAL.has(name.toLowerCase())) kept.push(name, fields[i + 1] as string);
  }
  return kept;
}

/** The Cookie field reduced to the cookies that are part of the key. */
function keyedCookies(fields: FieldLines, rule: RouteRule): string {
  if (rule.key.cookies.length === 0) return '';
  const cookies = parseCookies(fields);
  return rule.key.cookies
    .flatMap((name) => (cookies.get(name) ?? []).map((value) => `${name}=${value}`))
    .join('; ');
}

/** True when the request carries a cookie that is not part of the key; one without a name never is. */
export function hasUnkeyedCookie(fields: FieldLines, rule: RouteRule): boolean {
  for (const name of parseCookies(fields).keys()) {
    if (!rule.key.cookies.includes(name)) return true;
  }
  return false;
}
