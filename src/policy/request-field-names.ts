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

/** Known to alter routing or identity at frameworks and gateways: never let through to a shared response. */
export const ROUTING: ReadonlySet<string> = new Set([
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
