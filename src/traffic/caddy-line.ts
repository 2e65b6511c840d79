import type { FieldLines } from '../policy/fields.ts';
import { isObject, type JsonObject, numberOf, textOf } from './json-value.ts';
import { parseLogTime } from './log-time.ts';
import { isMethod, namedTarget } from './named-target.ts';
import { barely, type ReadLine, unreadable } from './traffic-request.ts';

/**
 * Reads a line of Caddy's JSON access log. It is the only one with the fields of both sides: what decides for or
 * against a shared response is then known, not assumed.
 */
export function readCaddyLine(line: JsonObject, request: JsonObject): ReadLine {
  const method = textOf(request, ['method']) ?? '';
  const named = namedTarget(textOf(request, ['uri']) ?? '');
  if (named === undefined || !isMethod(method)) return unreadable('`request` has no `method` and `uri`');
  const seconds = numberOf(line, ['duration']);
  const fields = fieldsOf(request['headers']) ?? [];
  return {
    kind: 'request',
    format: 'json',
    request: barely({
      time: parseLogTime(line['ts']),
      method,
      target: named.target,
      authority: (textOf(request, ['host']) ?? named.authority)?.toLowerCase(),
      status: numberOf(line, ['status']),
      bytes: numberOf(line, ['size']),
      duration: seconds === undefined ? undefined : seconds * 1_000,
      hasUser: textOf(line, ['user_id']) !== undefined,
      fields,
      responseFields: fieldsOf(line['resp_headers']),
    }),
  };
}

/** Of the connection, or of the message as it went over it: the proxy in between sees others. */
const NOT_END_TO_END = new Set(['connection', 'transfer-encoding', 'content-length', 'keep-alive', 'host']);

/** `{ "Name": ["value", …] }`, one line a value; undefined where there are none. */
function fieldsOf(value: unknown): FieldLines | undefined {
  if (!isObject(value)) return undefined;
  const lines: string[] = [];
  for (const [name, values] of Object.entries(value)) {
    if (NOT_END_TO_END.has(name.toLowerCase()) || !Array.isArray(values)) continue;
    for (const one of values) if (typeof one === 'string') lines.push(name, one);
  }
  return lines;
}
