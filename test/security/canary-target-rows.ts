import { get, type Row } from './canary-request-rows.ts';

const QUERIES: readonly Row[] = [
  ...[
    ...[
      'utm_source=canary',
      'utm_=canary',
      'fbclid=canary',
      'utm%5Fsource=canary',
      '%75tm_a=canary',
      'utm_a%5B%5D=canary',
    ],
    ...[
      'utm_a=1;id=canary',
      'utm_a=1%26id=canary',
      'utm_a&fbclid=canary&',
      'utm_a=canary?id=1',
      'utm_a=%canary',
      '&&utm_a=canary',
    ],
    ...[
      'fbcli%64=canary',
      'callback=canary&callback=canary',
      'utm_a.id=canary',
      'utm_source[id]=canary',
      'utm_a=canary/../x',
    ],
  ].map((query) => ({ id: `excluded: ${query}`, sends: get(`§?${query}`), reaches: false as const })),
  ...[
    ...[
      'UTM_source=canary',
      'utm%255Fsource=canary',
      'xutm_source=canary',
      'id=1;utm_a=canary',
      '+utm_a=canary',
      '%00utm_a=canary',
    ],
    ...[
      'FBCLID=canary',
      'fbclid%00=canary',
      'callback%5B%5D=canary',
      'id=canary',
      '=canary',
      '?utm_a=canary',
      'id=1?utm_a=canary',
    ],
    ...['callback%20=canary', '%FFutm_a=canary', 'id%3Dcanary'],
  ].map((query) => ({ id: `keyed: ${query}`, sends: get(`§?${query}`) })),
  ...[
    'ID=canary',
    'id%00=canary',
    'idx=canary',
    'a%2Bb=canary',
    'a;id=canary',
    '%69d%20=canary',
    'x=1;id=canary',
    'x=?id=canary',
  ].map((query) => ({
    id: `not included: ${query}`,
    sends: get(`/ttl/some§?${query}`),
    clean: '/ttl/some§',
    reaches: false as const,
  })),
  ...['i%64=canary', 'a+b=canary', 'a%20b=canary', 'id&id=canary', 'id=1;x=canary'].map((query) => ({
    id: `included: ${query}`,
    sends: get(`/ttl/some§?${query}`),
    clean: '/ttl/some§?id=1',
  })),
  { id: 'no query at all counts', sends: get('/ttl/none§?canary'), clean: '/ttl/none§', reaches: false },
  {
    id: 'nor a second question mark',
    sends: get('/ttl/none§??canary'),
    clean: '/ttl/none§?x',
    reaches: false,
  },
  { id: 'sorted: the other order', sends: get('§?b=canary&a=1&b=2'), clean: '§?b=2&a=1&b=1' },
  { id: 'a fragment', sends: get('§#canary'), status: 400, reaches: false },
  { id: 'a fragment in the query', sends: get('§?a#canary'), status: 400, reaches: false },
];

const HOSTS: readonly Row[] = [
  ...['canary.test', 'a.test:1', 'a.test.canary', 'canary.a.test', 'a.test:65535', '[::1]'].map((host) => ({
    id: `another host: ${host}`,
    sends: `GET §?canary HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    clean: '§?canar',
  })),
  ...[
    'a.test@canary',
    'canary@a.test',
    'a.test/canary',
    'a.test?canary',
    'a.test canary',
    'a.test:canary',
    'a.test, canary',
  ].map((host) => ({
    id: `no host: ${host}`,
    sends: `GET § HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    status: 400,
    reaches: false as const,
  })),
  { id: 'two hosts', sends: get('§', 'Host: canary\r\n'), status: 400, reaches: false },
  {
    id: 'absolute-form of another host',
    sends: 'GET http://canary§ HTTP/1.1\r\nHost: a.test\r\n\r\n',
    status: 400,
    reaches: false,
  },
  {
    id: 'user information in absolute-form',
    sends: 'GET http://canary@a.test§ HTTP/1.1\r\nHost: a.test\r\n\r\n',
    status: 400,
    reaches: false,
  },
];

/** Canaries in what a request is for. */
export const TARGET_ROWS: readonly Row[] = [...QUERIES, ...HOSTS];
