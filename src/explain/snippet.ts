import { stringify } from 'yaml';
import type { FieldCondition, RouteRule } from '../policy/route-rule.ts';
import { matchText } from './route-trials.ts';

/** Where a setting belongs: in the route with this index, or in `defaults` where the file lists no routes. */
export interface SettingPlace {
  readonly rule: RouteRule;
  readonly index: number;
  readonly isCatchAll: boolean;
}

/** A setting by its path in a route, such as `request-fields.forward`, and what it should be. */
export interface Setting {
  readonly name: string;
  readonly value: unknown;
}

/** `routes[2].request-fields.forward`. */
export function settingPath({ index, isCatchAll }: SettingPlace, { name }: Setting): string {
  return isCatchAll ? `defaults.${name}` : `routes[${index}].${name}`;
}

/** YAML that loads: the route by name and match, and these settings in it, of which no two are in one section. */
export function snippetOf({ rule, isCatchAll }: SettingPlace, settings: readonly Setting[]): string {
  const nested = Object.assign({}, ...settings.map(nest));
  if (isCatchAll) return stringify({ defaults: nested }, { lineWidth: 0 });
  const route = { name: rule.name, match: matchText(rule.match), ...whenOf(rule), ...nested };
  return stringify({ routes: [route] }, { lineWidth: 0 });
}

function whenOf({ match: { hosts, query, headers } }: RouteRule): Record<string, unknown> {
  if (hosts.length + query.length + headers.length === 0) return {};
  const when = {
    ...(hosts.length > 0 && { host: [...hosts] }),
    ...(query.length > 0 && { query: conditions(query) }),
    ...(headers.length > 0 && { headers: conditions(headers) }),
  };
  return { when };
}

function conditions(all: readonly FieldCondition[]): Record<string, unknown> {
  return Object.fromEntries(all.map(({ name, is }) => [name, typeof is === 'boolean' ? is : [...is]]));
}

function nest({ name, value }: Setting): unknown {
  return name.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}
