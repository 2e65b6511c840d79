/**
 * What holds where a route and `defaults` are silent, as it would be written. `cookies` and
 * `request-fields.unknown` are `ignore` on the one route of a configuration without routes and ttl.
 */
export const ROUTE_DEFAULTS = {
  cache: true,
  origin: 'respect',
  heuristic: 'off',
  'targeted-fields': ['cacheside-cache-control'],
  'unreadable-age': 'ignore',
  jitter: '0%',
  'eager-refresh': 'off',
  'status-ttl': {},
  key: { query: 'all', 'sort-query': false, headers: [], cookies: [] },
  vary: { limit: 8 },
  'no-vary-search': 'ignore',
  cookies: 'bypass',
  'request-fields': { strip: [], forward: [], normalise: [], unknown: 'bypass' },
  'request-cache-control': 'honour',
  tags: [],
  'surrogate-tags': { fields: ['surrogate-key', 'cache-tag', 'xkey'], forward: false },
  purge: [],
  post: false,
  range: 'whole',
  collapse: 'process',
  'collapse-timeout': '10s',
  compress: [],
  'beyond-lease': 'cap',
  'max-body': '8MiB',
  response: { set: {}, remove: [], 'cache-status-key': false },
  unsafe: {
    'store-private': false,
    'store-no-store': false,
    'store-authorized': false,
    'store-without-set-cookie': false,
    'store-with-set-cookie': false,
    'store-unproven-length': false,
  },
} as const;
