import { cacheControl } from './cache-control.ts';
import type { Coding } from './content-coding.ts';
import { isCodableTag } from './content-coding-tag.ts';
import { fieldLineValues, fieldValue, hasField } from './fields.ts';
import type { ResponseHead } from './request.ts';
import type { RouteRule } from './route-rule.ts';
import type { StoredResponse } from './stored-response.ts';
import { responseDirectives } from './targeted-fields.ts';

/** Below it, a coding saves less than the fields around it take; bytes. */
const LEAST = 1024;
/** Above it, it would take too long, and too much memory beside the tier's; bytes. */
const MOST = 8 * 2 ** 20;

const TYPES = new Set([
  ...['application/json', 'application/xml', 'application/javascript', 'application/x-javascript'],
  ...['application/ecmascript', 'application/wasm', 'application/ndjson', 'application/x-ndjson'],
  ...['application/jsonl', 'application/yaml', 'application/x-yaml', 'application/toml', 'application/sql'],
  ...['application/graphql', 'application/rtf', 'application/x-www-form-urlencoded', 'application/x-sh'],
  ...['application/vnd.ms-fontobject', 'font/ttf', 'font/otf', 'font/collection', 'application/x-font-ttf'],
  ...['image/bmp', 'image/x-icon', 'image/vnd.microsoft.icon', 'model/gltf-binary', 'model/obj', 'model/stl'],
]);
const SUFFIXED = /^[a-z]+\/[\w!#$&^.+-]+\+(?:json|xml|json-seq|yaml)$/;

/**
 * Tell of the very bytes that the upstream sent, or sign its fields: of a coded form they would be lies (RFC 9530 §3,
 * RFC 9421).
 */
const OF_BYTES = [
  ...['content-digest', 'repr-digest', 'digest', 'content-md5', 'signature', 'signature-input'],
  ...['content-encoding', 'content-range'],
];

/**
 * Whether forms in content codings may be made of this response: a 200 of a media type that shrinks, `length` bytes long
 * (undefined: not known yet), without a coding of its own, and neither forbidden by `no-transform` (RFC 9111 §5.2.2.6) nor
 * made a lie by another field. `targetedFields`: lower-case names of the rule's.
 */
export function isCodable(
  { status, fields }: ResponseHead,
  length: number | undefined,
  targetedFields: readonly string[],
): boolean {
  if (status !== 200 || (length !== undefined && (length < LEAST || length > MOST))) return false;
  if (!isCompressible(fieldValue(fields, 'content-type') ?? '')) return false;
  if (OF_BYTES.some((name) => hasField(fields, name))) return false;
  const tags = fieldLineValues(fields, 'etag');
  if (tags.length > 1 || tags.some((tag) => !isCodableTag(tag))) return false;
  return (
    !cacheControl(fields).has('no-transform') &&
    !responseDirectives(fields, targetedFields).directives.has('no-transform')
  );
}

/** True for media types whose bodies shrink; parameters do not count. */
function isCompressible(contentType: string): boolean {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  return type.startsWith('text/') || TYPES.has(type) || SUFFIXED.test(type);
}

/** Which codings a stored response is to be had in: those of the rule that stored it, while it is there. */
export function codingsOf(stored: StoredResponse, rules: readonly RouteRule[]): readonly Coding[] {
  const rule = rules.find(({ name, fingerprint }) => name === stored.route && fingerprint === stored.rule);
  if (rule === undefined || rule.compress.length === 0) return NONE;
  return isCodable(stored, stored.body.byteLength, rule.targetedFields) ? rule.compress : NONE;
}

const NONE: readonly Coding[] = [];
