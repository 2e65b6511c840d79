import type { KeyPart, KeyView, VariantView } from '../admin/explanation-request.ts';
import { redactTarget } from '../observe/redact.ts';
import { component, parseCookies, selectQuery } from '../policy/cache-key.ts';
import { fieldValue } from '../policy/fields.ts';
import { parseNoVarySearch } from '../policy/no-vary-search.ts';
import type { RequestHead } from '../policy/request.ts';
import type { KeyRule, RouteRule } from '../policy/route-rule.ts';
import { type Digest, isSecret } from '../policy/secret.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { variantKey } from '../policy/vary.ts';
import { asKeyed, type Identifying, identify } from '../proxy/settle.ts';
import { shownParameter } from './route-trials.ts';

/** The key of a request that is looked up. `vary`: what selects among variants, as far as that is known. */
export function keyView(
  request: RequestHead,
  rule: RouteRule,
  identifying: Identifying,
  known: { readonly vary: readonly string[] | undefined; readonly stored: StoredResponse | undefined },
): KeyView {
  const { url, key } = identify(request, rule, identifying);
  const keyed = asKeyed(request, rule);
  const { digest } = identifying;
  const parts: KeyPart[] = [
    always('scheme', request.scheme),
    always('host', request.authority),
    always('path', request.path),
    ...queryParts(request.query, rule.key),
    ...rule.key.headers.map((name): KeyPart => {
      const value = fieldValue(keyed.fields, name);
      return { part: 'header', name, value: toldValue(name, value, digest), counts: true, by: 'key.headers' };
    }),
    ...cookieParts(keyed, rule, digest),
    ...forwardedParts(request, rule, identifying, key),
  ];
  const search = known.stored && parseNoVarySearch(known.stored.fields);
  return {
    key: redactTarget(url) + key.slice(url.length),
    url: redactTarget(url),
    parts,
    variant: known.vary === undefined ? null : variantView(known.vary, keyed, digest),
    noVarySearch:
      search === undefined || rule.noVarySearch === 'ignore'
        ? null
        : (fieldValue(known.stored?.fields ?? [], 'no-vary-search') ?? null),
  };
}

function always(part: KeyPart['part'], value: string): KeyPart {
  return { part, name: null, value, counts: true, by: 'always' };
}

function queryParts(query: string, key: KeyRule): KeyPart[] {
  return query
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter): KeyPart => {
      const [, name = parameter, value = ''] = /^([^=]*)(?:=(.*))?$/s.exec(parameter) ?? [];
      const counts = selectQuery(parameter, key) !== '';
      const by = decidedBy(parameter, key, counts);
      return { part: 'query', name: decoded(name), value: shownParameter(name, value), counts, by };
    });
}

/** The setting by which a parameter counts, or does not. */
function decidedBy(parameter: string, key: KeyRule, counts: boolean): string {
  const sorted = key.sort && counts ? ', sorted (key.sort-query)' : '';
  if (typeof key.include === 'string' && key.exclude.length === 0)
    return `key.query: ${key.include}${sorted}`;
  if (typeof key.include !== 'string') return `key.query.include${sorted}`;
  const pattern = key.exclude.find(
    (one) => selectQuery(parameter, { ...key, include: 'all', exclude: [one] }) === '',
  );
  return pattern === undefined ? `key.query.exclude${sorted}` : `key.query.exclude: ${pattern}`;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

function cookieParts({ fields }: RequestHead, { key, cookies }: RouteRule, digest: Digest): KeyPart[] {
  const given = parseCookies(fields);
  const named = key.cookies.map((name): KeyPart => {
    const values = given.get(name);
    const value = values === undefined ? null : `digest:${digest(values.join(';'))}`;
    return { part: 'cookie', name, value, counts: true, by: 'key.cookies' };
  });
  const others = [...given.keys()].filter((name) => !key.cookies.includes(name));
  return [
    ...named,
    ...others.map(
      (name): KeyPart => ({ part: 'cookie', name, value: null, counts: false, by: `cookies: ${cookies}` }),
    ),
  ];
}

/** What a client that is trusted says of host and scheme. */
function forwardedParts(
  request: RequestHead,
  rule: RouteRule,
  { digest }: Identifying,
  key: string,
): KeyPart[] {
  const told = key.slice(identify(request, rule, { digest, trustForwarded: false }).key.length);
  return ['x-forwarded-host', 'x-forwarded-proto'].flatMap((name): KeyPart[] => {
    const value = fieldValue(request.fields, name);
    if (value === undefined || !told.includes(component(name, value))) return [];
    return [{ part: 'forwarded', name, value, counts: true, by: 'clients.trust-forwarded' }];
  });
}

function toldValue(name: string, value: string | undefined, digest: Digest): string | null {
  if (value === undefined) return null;
  return isSecret(name) ? `digest:${digest(value)}` : value;
}

function variantView(vary: readonly string[], { fields }: RequestHead, digest: Digest): VariantView {
  const values = vary.map((name) => {
    // `name=LENGTH:VALUE;`, or `name-;` where the request has no such field.
    const text = variantKey([name], fields, digest).slice(name.length, -1);
    const value = text === '-' ? null : text.slice(text.indexOf(':') + 1);
    return [name, value === null || !isSecret(name) ? value : `digest:${value}`] as const;
  });
  return { vary, values: Object.fromEntries(values) };
}
