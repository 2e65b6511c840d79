/**
 * Known and harmless: forwarded without being part of the key. An upstream whose answer depends on
 * one of them says so by Vary.
 */
export const HARMLESS: ReadonlySet<string> = new Set([
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

/**
 * Known to alter routing, the method or identity at frameworks, gateways and servers: never let through to a shared
 * response.
 */
export const ROUTING: ReadonlySet<string> = new Set([
  ...['forwarded', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-forwarded-prefix'],
  ...['x-forwarded-scheme', 'x-forwarded-server', 'x-forwarded-ssl', 'x-forwarded-path', 'x-forwarded-uri'],
  ...['x-forwarded-by', 'x-forwarded-protocol', 'x-forwarded-url', 'x-forwarded', 'forwarded-for'],
  ...[
    'x-forwarded-https',
    'x-forwarded-origin',
    'x-forwarded-method',
    'x-forwarded-pathbase',
    'x-forwarded-base',
  ],
  ...['x-forwarded-context', 'x-forwarded-request-uri', 'x-forwarded-original-url', 'x-forwarded-query'],
  ...['forwarded-host'],
  ...['forwarded-proto', 'x-forward-for', 'x-forward-host', 'x-forward-proto', 'x-forwarder-for'],
  // where to, and by which name
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
  ...['x-host-override', 'x-real-host', 'x-original-path', 'x-rewrite-uri', 'x-rewrite-path'],
  ...['x-http-url', 'x-proxy-host', 'x-proxy-uri'],
  ...['x-scheme', 'x-http-scheme'],
  ...['x-remote-host', 'x-origin-host'],
  ...['x-original-scheme', 'x-original-proto', 'x-original-port', 'x-original-prefix', 'x-original-query'],
  ...['x-ms-original-url', 'x-iis-original-url', 'x-waws-unencoded-url', 'x-arr-ssl'],
  ...['x-invoke-path', 'x-invoke-query', 'x-invoke-output', 'x-invoke-status', 'x-invoke-error'],
  ...['x-middleware-subrequest', 'x-middleware-rewrite', 'x-middleware-next', 'x-middleware-invoke'],
  ...[
    'x-matched-path',
    'x-now-route-matches',
    'x-nextjs-rewrite',
    'x-envoy-original-path',
    'x-envoy-original-host',
  ],
  ...['x-envoy-original-dst-host', 'x-envoy-external-address'],
  ...['destination', 'proxy', 'front-end-https'],
  // by which method and version
  ...[
    'x-http-method-override',
    'x-http-method',
    'x-method-override',
    'x-http-path-override',
    'x-original-method',
  ],
  ...[
    'http-method-override',
    'method-override',
    'x-rest-method',
    'x-http-version',
    'x-http-status-code-override',
  ],
  // who the client is said to be
  ...['client-ip', 'true-client-ip', 'x-client-ip', 'x-cluster-client-ip', 'cf-connecting-ip', 'x-remote-ip'],
  ...['x-real-ip', 'x-remote-addr', 'x-originating-ip', 'x-custom-ip-authorization', 'fastly-client-ip'],
  ...[
    'x-azure-clientip',
    'x-azure-socketip',
    'x-appengine-user-ip',
    'x-original-forwarded-for',
    'x-original-remote-addr',
  ],
  ...['x-source-ip', 'x-true-ip', 'remote-addr', 'http-client-ip', 'x-original-ip', 'cf-connecting-ipv6'],
  ...[
    'cf-pseudo-ipv4',
    'x-vercel-forwarded-for',
    'x-nf-client-connection-ip',
    'fly-client-ip',
    'do-connecting-ip',
  ],
]);

/** A name as CGI and its kin read it, which make one character of all but letters and digits (RFC 3875 §4.1.18). */
export function foldedName(lowerCaseName: string): string {
  return PLAIN_NAME.test(lowerCaseName) ? lowerCaseName : lowerCaseName.replace(/[^a-z0-9]/g, '-');
}

const PLAIN_NAME = /^[a-z0-9-]*$/;
