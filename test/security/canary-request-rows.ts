/** What one client sends, and what the next one asks for. */
export interface Row {
  readonly id: string;
  /** One request as it is sent; `§` stands for a path of the row's own. Several are sent on a connection each, in turn. */
  readonly sends: string | readonly string[];
  /** What is asked for afterwards; `§` where this says nothing. */
  readonly clean?: string;
  readonly fields?: Readonly<Record<string, string>>;
  /** The status of the first answer; 200 where this says nothing. */
  readonly status?: number;
  /** Whether what was sent may reach the upstream with its canary; where it must not, `false`. */
  readonly reaches?: false;
}

/** A GET of a target, with fields and a body as they stand on the wire. */
export const get = (target: string, fields = '', body = '') =>
  `GET ${target} HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n${body}`;
const sent = (method: string, fields = '', body = '') =>
  `${method} § HTTP/1.1\r\nHost: a.test\r\nX-Original-URL: /canary\r\n${fields}\r\n${body}`;
const FAT = 'Content-Length: 6\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

const BODIES: readonly Row[] = [
  { id: 'a fat GET', sends: get('§', FAT, 'canary') },
  { id: 'a fat GET in chunks', sends: get('§', CHUNKED, '6\r\ncanary\r\n0\r\n\r\n') },
  {
    id: 'a fat GET that says how to read it',
    sends: get('§', `X-HTTP-Method-Override: POST\r\n${FAT}`, 'canary'),
  },
  {
    id: 'a fat GET of a form',
    sends: get('§', `Content-Type: application/x-www-form-urlencoded\r\n${FAT}`, 'canary'),
  },
  { id: 'an empty body in chunks', sends: get('§', `${CHUNKED}X-Original-URL: /canary\r\n`, '0\r\n\r\n') },
  {
    id: 'a length of 0',
    sends: get('§', 'Content-Length: 0\r\nX-Original-URL: /canary\r\n'),
    reaches: false,
  },
  { id: 'a fat HEAD', sends: `HEAD § HTTP/1.1\r\nHost: a.test\r\n${FAT}\r\ncanary` },
  {
    id: 'a trailer',
    sends: get('§', `${CHUNKED}Trailer: X-T\r\n`, '1\r\na\r\n0\r\nX-T: canary\r\n\r\n'),
    reaches: false,
  },
  { id: '100-continue', sends: get('§', `Expect: 100-continue\r\n${FAT}`, 'canary') },
];

const METHODS: readonly Row[] = [
  ...['OPTIONS', 'PROPFIND', 'REPORT', 'POST', 'PUT', 'PATCH', 'DELETE', 'PURGE', 'MKCOL'].map((method) => ({
    id: `${method} with a canary`,
    sends: sent(method, FAT, 'canary'),
  })),
  { id: 'HEAD, then GET', sends: sent('HEAD'), reaches: false },
  { id: 'HEAD with an unknown field, then GET', sends: sent('HEAD', 'X-Theme: canary\r\n') },
  { id: 'a method in the query', sends: get('§?_method=canary'), clean: '§' },
  { id: 'a method by its field', sends: get('§', 'X-HTTP-Method-Override: canary\r\n'), reaches: false },
  {
    id: 'a POST that leaves its answer',
    sends: sent('POST', `Content-Location: §\r\n${FAT}`, 'canary'),
    clean: '/post§',
  },
];

const FIELDS: readonly Row[] = [
  { id: 'a range', sends: get('§', 'Range: canary=0-1\r\n'), reaches: false },
  {
    id: 'a range asked for by itself',
    sends: get('/ttl/part§', 'Range: bytes=0-1\r\nX-Host: canary\r\n'),
    clean: '/ttl/part§',
  },
  {
    id: 'conditions',
    sends: get('§', 'If-None-Match: "canary"\r\nIf-Modified-Since: canary\r\nIf-Range: "canary"\r\n'),
    reaches: false,
  },
  { id: 'a condition for the origin', sends: get('§', 'If-Match: "canary"\r\n') },
  {
    id: 'a field of the connection',
    sends: get('§', 'Connection: X-Theme\r\nX-Theme: canary\r\n'),
    reaches: false,
  },
  {
    id: 'a protocol to switch to',
    sends: get('§', 'Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: canary\r\n'),
    reaches: false,
  },
  { id: 'TE', sends: get('§', 'Connection: TE\r\nTE: canary\r\n'), reaches: false },
  { id: 'Keep-Alive', sends: get('§', 'Keep-Alive: canary\r\nProxy-Connection: canary\r\n'), reaches: false },
  { id: 'credentials for a proxy', sends: get('§', 'Proxy-Authorization: canary\r\n'), reaches: false },
  { id: 'credentials', sends: get('§', 'Authorization: canary\r\n') },
  { id: 'a cookie', sends: get('§', 'Cookie: a=canary\r\n') },
  {
    id: 'a stripped cookie',
    sends: get('/ttl/stripped§', 'Cookie: a=canary\r\n'),
    clean: '/ttl/stripped§',
    reaches: false,
  },
  {
    id: 'a cookie beside a keyed one',
    sends: get('/ttl/keyed§', 'Cookie: lang=de; a=canary\r\n'),
    clean: '/ttl/keyed§',
    fields: { cookie: 'lang=de' },
  },
  {
    id: 'a keyed cookie, twice',
    sends: get('/ttl/keyed§', 'Cookie: lang=de; lang=canary\r\n'),
    clean: '/ttl/keyed§',
    fields: { cookie: 'lang=de' },
  },
  {
    id: 'a keyed cookie, twice, the other order',
    sends: get('/ttl/keyed§', 'Cookie: lang=canary; lang=de\r\n'),
    clean: '/ttl/keyed§',
    fields: { cookie: 'lang=de' },
  },
  {
    id: 'a keyed cookie on two lines',
    sends: get('/ttl/keyed§', 'Cookie: lang=de\r\nCookie: lang=canary\r\n'),
    clean: '/ttl/keyed§',
    fields: { cookie: 'lang=de' },
  },
  {
    id: 'a keyed cookie in quotes',
    sends: get('/ttl/keyed§', 'Cookie: lang="de; lang=canary"\r\n'),
    clean: '/ttl/keyed§',
    fields: { cookie: 'lang=de' },
  },
  {
    id: 'a keyed cookie by another case',
    sends: get('/ttl/keyed§', 'Cookie: lang=de; Lang=canary\r\n'),
    clean: '/ttl/keyed§',
    fields: { cookie: 'lang=de' },
  },
  {
    id: 'a keyed field, twice',
    sends: get('/ttl/keyed§', 'X-Tenant: a\r\nX-Tenant: canary\r\n'),
    clean: '/ttl/keyed§',
    fields: { 'x-tenant': 'a' },
  },
  {
    id: 'a keyed field, in capitals and twice',
    sends: get('/ttl/keyed§', 'X-TENANT: canary\r\nx-tenant: a\r\n'),
    clean: '/ttl/keyed§',
    fields: { 'x-tenant': 'a' },
  },
  {
    id: 'a keyed field beside what CGI takes for it',
    sends: get('/ttl/keyed§', 'X-Tenant: a\r\nX_Tenant: canary\r\n'),
    clean: '/ttl/keyed§',
    fields: { 'x-tenant': 'a' },
  },
  {
    id: 'a keyed field that the connection has',
    sends: get('/ttl/keyed§', 'X-Tenant: canary\r\nConnection: x-tenant\r\n'),
    clean: '/ttl/keyed§',
    reaches: false,
  },
  {
    id: 'HTTP/1.0',
    sends: 'GET § HTTP/1.0\r\nHost: a.test\r\nX-Forwarded-Host: canary\r\n\r\n',
    reaches: false,
  },
];

/** Canaries in bodies, methods and what belongs to the connection or to one client. */
export const ROWS: readonly Row[] = [...BODIES, ...METHODS, ...FIELDS];
