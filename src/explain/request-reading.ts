import type { ExplainOrder } from '../admin/explanation.ts';
import { type HeadLimits, readRequestHead } from '../downstream/request-head.ts';
import type { FieldLines } from '../policy/fields.ts';
import type { RequestHead } from '../policy/request.ts';

/** What a door would make of a request. */
export type ReadOrder =
  | {
      readonly kind: 'head';
      readonly head: RequestHead;
      readonly hasBody: boolean;
      /** Of a request that wants to switch protocols. */
      readonly isUpgrade: boolean;
      /** As the client sends them, Host and what belongs to the connection included. */
      readonly fields: FieldLines;
    }
  | { readonly kind: 'refused'; readonly status: number; readonly why: string; readonly fields: FieldLines };

const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const METHOD = /^[A-Z][A-Z-]*$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/is;

/** Bounds of a head; `maxHead` in bytes. */
export interface DoorLimits extends HeadLimits {
  readonly maxHead: number;
}

/** Reads a request as the door does. `ownAuthority`: the Host where none is named. */
export function readOrder(order: ExplainOrder, limits: DoorLimits, ownAuthority: string): ReadOrder {
  const { method = 'GET', headers = {} } = order;
  const [, authority, rest = ''] = ABSOLUTE.exec(order.url) ?? [];
  const target = authority === undefined ? order.url : rest.startsWith('/') ? rest : `/${rest}`;
  const given = Object.entries(headers).map(([name, value]) => [name, value.trim()] as const);
  const hasHost = given.some(([name]) => name.toLowerCase() === 'host');
  const host = order.host ?? authority ?? (hasHost ? undefined : ownAuthority);
  const fields = [...(host === undefined ? [] : ['Host', host]), ...given.flat()];
  const refused = (status: number, why: string): ReadOrder => ({ kind: 'refused', status, why, fields });

  const isReadable =
    METHOD.test(method) && given.every(([name, value]) => NAME.test(name) && VALUE.test(value));
  if (!isReadable || /\s/.test(target)) return refused(400, 'the request could not be read');
  const size = fields.reduce((sum, text) => sum + text.length + 2, method.length + target.length);
  if (size > limits.maxHead) return refused(431, 'the request head is too large');
  const read = readRequestHead({ method, target, version: '1.1', fields, scheme: 'http' }, limits);
  if (read.kind === 'refused') return { ...read, fields };
  return { ...read, isUpgrade: isUpgrade(given), fields };
}

/** As node:http takes it: an Upgrade that Connection names. */
function isUpgrade(given: readonly (readonly [string, string])[]): boolean {
  const has = (wanted: string, pattern: RegExp) =>
    given.some(([name, value]) => name.toLowerCase() === wanted && pattern.test(value));
  return has('upgrade', /./) && has('connection', /\bupgrade\b/i) && !has('upgrade', /^h2c\b/i);
}
