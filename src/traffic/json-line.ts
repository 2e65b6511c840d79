import { readCaddyLine } from './caddy-line.ts';
import { readCombinedLine } from './combined-line.ts';
import { firstOf, isObject, type JsonObject, numberOf, textOf } from './json-value.ts';
import { parseLogTime } from './log-time.ts';
import { isMethod, namedTarget } from './named-target.ts';
import { barely, type ReadLine, unreadable } from './traffic-request.ts';

/** Reads a line of JSON: Cacheside's own, Caddy's, or with the names that nginx, Envoy and Traefik logs mostly have. */
export function readJsonLine(line: string): ReadLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return unreadable('no JSON');
  }
  if (!isObject(value)) return unreadable('no object of JSON');
  if (value['msg'] === 'request' && 'outcome' in value) return readOwnLine(value);
  if (isObject(value['request'])) return readCaddyLine(value, value['request']);
  return readNamedLine(value);
}

/** Cacheside's access log (docs/cache-status.md). What the door refused has no method that was understood. */
function readOwnLine(line: JsonObject): ReadLine {
  const method = textOf(line, ['method']) ?? '';
  const named = namedTarget(textOf(line, ['path']) ?? '');
  if (!isMethod(method) || named === undefined) return unreadable('no request: it was refused unread');
  const authority = textOf(line, ['host'])?.toLowerCase() ?? named.authority;
  return {
    kind: 'request',
    format: 'json',
    request: barely({
      time: parseLogTime(line['time']),
      method,
      target: named.target,
      authority,
      status: numberOf(line, ['status']),
      bytes: numberOf(line, ['bytes']),
      duration: numberOf(line, ['duration']),
      // Told by Cacheside alone: only it says that there was an Authorization.
      hasUser: line['detail'] === 'authorization',
    }),
  };
}

const TIME = [
  ...['time', 'timestamp', '@timestamp', 'ts', 'msec', 'time_iso8601', 'time_local', 'datetime', 'date'],
  ...['start_time', 'StartUTC', 'time_msec'],
];
const METHOD = ['request_method', 'method', 'http_method', 'verb', 'RequestMethod'];
const TARGET = [
  ...['request_uri', 'uri', 'path', 'url', 'request_path', 'RequestPath', 'http_path', 'original_uri'],
];
const QUERY = ['args', 'query_string', 'query'];
const HOST = ['http_host', 'host', 'authority', 'server_name', 'vhost', 'RequestHost', 'RequestAddr'];
const STATUS = ['status', 'status_code', 'response_code', 'response_status', 'DownstreamStatus', 'code'];
const BYTES = [
  ...['body_bytes_sent', 'bytes_sent', 'bytes', 'size', 'response_size', 'DownstreamContentSize'],
];
const USER = ['remote_user', 'user', 'http_authorization', 'ClientUsername'];
const SECONDS = ['request_time', 'request_duration'];
const MILLISECONDS = ['duration', 'duration_ms', 'elapsed_ms'];
/** Such a line that names no target tells of the server itself. */
const OF_SERVER = ['msg', 'message', 'level', 'logger'];

function readNamedLine(line: JsonObject): ReadLine {
  const whole = textOf(line, ['request', 'request_line']);
  const [first = '', target = ''] = whole?.split(' ') ?? [];
  const method = textOf(line, METHOD) ?? first;
  const path = textOf(line, TARGET) ?? target;
  if (path === '' && OF_SERVER.some((name) => name in line)) {
    // Docker and journald wrap lines of other formats.
    const wrapped = textOf(line, ['log', 'message', 'msg']);
    return wrapped !== undefined && /\] "[A-Z]+ /.test(wrapped)
      ? readCombinedLine(wrapped.trimEnd())
      : { kind: 'skipped' };
  }
  const named = namedTarget(path);
  if (named === undefined) return unreadable(`names no path (looked for ${TARGET.slice(0, 4).join(', ')} …)`);
  if (!isMethod(method)) return unreadable(`names no method (looked for ${METHOD.slice(0, 3).join(', ')} …)`);
  const query = named.target.includes('?') ? '' : (textOf(line, QUERY) ?? '').replace(/^\?/, '');
  const user = textOf(line, USER);
  return {
    kind: 'request',
    format: 'json',
    request: barely({
      time: parseLogTime(firstOf(line, TIME)),
      method,
      target: query === '' || query === '-' ? named.target : `${named.target}?${query}`,
      authority: named.authority ?? textOf(line, HOST)?.toLowerCase(),
      status: numberOf(line, STATUS),
      bytes: numberOf(line, BYTES),
      duration: durationOf(line),
      hasUser: user !== undefined && user !== '-',
    }),
  };
}

function durationOf(line: JsonObject): number | undefined {
  const seconds = numberOf(line, SECONDS);
  return seconds === undefined ? numberOf(line, MILLISECONDS) : seconds * 1_000;
}
