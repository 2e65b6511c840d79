import { parseCookies } from './cache-key.ts';
import type { FieldLines } from './fields.ts';
import type { RouteRule } from './route-rule.ts';

/**
 * Known and harmless: forwarded without being part of the key. An upstream whose answer depends on
 * one of them says so by Vary.
 */
const HARMLESS = new Set([
  ...['accept', 'accept-charset', 'accept-encoding', 'accept-language', 'user-agent', 'host', 'referer'],
  ...['origin', 'from', 'date', 'via', 'max-forwards', 'dnt', 'priority', 'content-length', 'cdn-loop'],
  ...['cache-control', 'pragma', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'],
  ...['if-range', 'range', 'upgrade-insecure-requests', 'save-data', 'purpose', 'x-purpose', 'x-moz'],
  // tracing and request identity
  ...['traceparent', 'tracestate', 'baggage', 'b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid'],
  ...['x-b3-sampled', 'x-b3-flags', 'x-request-id', 'x-correlation-id', 'x-amzn-trace-id', 'uber-trace-id'],
  ...['x-cloud-trace-context', 'x-datadog-trace-id', 'x-datadog-parent-id', 'x-datadog-sampling-priority'],
  ...['x-datadog-origin', 'x-datadog-tags', 'sentry-trace', 'newrelic', 'x-ot-span-context', 'request-id'],
  // who the client is on the network: set anew by the proxy, and no response that varies by it is stored
  'x-forwarded-for',
  // client hints and fetch metadata
  ...['device-memory', 'downlink', 'dpr', 'ect', 'rtt', 'viewport-width', 'width'],
  ...['sec-ch-ua', 'sec-ch-ua-mobile', 'sec-ch-ua-platform', 'sec-ch-ua-arch', 'sec-ch-ua-bitness'],
  ...['sec-ch-ua-full-version', 'sec-ch-ua-full-version-list', 'sec-ch-ua-model', 'sec-ch-ua-wow64'],
  ...['sec-ch-ua-form-factors', 'sec-ch-device-memory', 'sec-ch-dpr', 'sec-ch-width'],
  ...['sec-ch-viewport-width', 'sec-ch-viewport-height', 'sec-ch-prefers-reduced-transparency'],
  ...['sec-ch-ua-platform-version', 'sec-ch-prefers-color-scheme', 'sec-ch-prefers-reduced-motion'],
  ...['sec-fetch-dest', 'sec-fetch-mode', 'sec-fetch-site', 'sec-fetch-user', 'sec-gpc', 'sec-purpose'],
  'sec-fetch-storage-access',
]);

/** Known to alter routing or identity at frameworks and gateways: never let through to a shared response. */
const ROUTING = new Set([
  ...['forwarded', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-forwarded-prefix'],
  ...['x-forwarded-scheme', 'x-forwarded-server', 'x-forwarded-ssl', 'x-forwarded-path', 'x-forwarded-uri'],
  ...['x-forwarded-by', 'x-forwarded-protocol', 'x-forwarded-url', 'x-forwarded', 'forwarded-for'],
  ...[
    'x-host',
    'x-http-host-override',
    'x-original-host',
    'x-original-url',
    'x-rewrite-url',
    'x-override-url',
  ],
  ...[
    'x-backend-host',
    'x-http-destinationurl',
    'x-original-uri',
    'x-proxy-url',
    'x-wap-profile',
    'x-url-scheme',
  ],
  ...['x-http-method-override', 'x-http-method', 'x-method-override', 'x-http-path-override'],
  ...['front-end-https', 'proxy', 'destination', 'x-envoy-original-path', 'x-envoy-external-address'],
  ...['client-ip', 'true-client-ip', 'x-client-ip', 'x-cluster-client-ip', 'cf-connecting-ip', 'x-remote-ip'],
  'x-real-ip',
  ...['x-remote-addr', 'x-originating-ip', 'x-custom-ip-authorization'],
]);

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

/**
 * The fields to send on a fetch whose response may be stored: the client's conditions are left out
 * (so that a whole response comes back), and what the rule strips or routing fields are removed.
 */
export function cacheableRequestFields(fields: FieldLines, rule: RouteRule): string[] {
  const strict = rule.requestFields.unknown === 'bypass';
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const line = fields[i] as string;
    const name = line.toLowerCase();
    if (CONDITIONAL.has(name) || rule.requestFields.strip.has(name)) continue;
    if (
      strict &&
      ROUTING.has(name) &&
      !rule.requestFields.forward.has(name) &&
      !rule.key.headers.includes(name)
    )
      continue;
    if (name === 'cookie' && rule.cookies !== 'ignore') continue;
    kept.push(line, fields[i + 1] as string);
  }
  if (rule.cookies !== 'ignore') {
    const cookie = keyedCookies(fields, rule);
    if (cookie !== '') kept.push('Cookie', cookie);
  }
  return kept;
}

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
