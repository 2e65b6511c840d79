/**
 * What holds where a route and `defaults` are silent, as it would be written. `cookies` and
 * `request-fields.unknown` are `ignore` on the one route of a configuration without routes and ttl.
 */
export const ROUTE_DEFAULTS = {
  cache: true,
  origin: 'respect',
  jitter: '0%',
  'eager-refresh': 'off',
  'status-ttl': {},
  key: { query: 'all', 'sort-query': false, headers: [], cookies: [] },
  vary: { limit: 8 },
  cookies: 'bypass',
  'request-fields': { strip: [], forward: [], unknown: 'bypass' },
  'request-cache-control': 'honour',
  tags: [],
  purge: [],
  collapse: 'process',
  'collapse-timeout': '10s',
  'max-body': '8MiB',
  response: { set: {}, remove: [] },
  unsafe: {
    'store-private': false,
    'store-no-store': false,
    'store-authorized': false,
    'store-without-set-cookie': false,
  },
} as const;
