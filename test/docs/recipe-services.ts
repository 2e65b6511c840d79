import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { OriginHandler } from '../fixtures/origin.ts';

/** The service behind each recipe of docs/recipes.md, by the recipe's slug; made anew for each run. */
export type Services = Readonly<Record<string, () => OriginHandler>>;

type Fields = Readonly<Record<string, string>>;

/** A Date would be the system's, and the clock of these tests is another. */
function answer(
  res: ServerResponse,
  status: number,
  fields: Fields = {},
  body: string | Buffer = '{}',
): void {
  res.sendDate = false;
  const bytes = Buffer.from(body);
  const length = status === 204 || status === 304 ? {} : { 'content-length': String(bytes.length) };
  res.writeHead(status, { 'content-type': 'application/json', ...length, ...fields });
  res.end(status === 204 || status === 304 ? undefined : bytes);
}

/** Answers everything alike. */
const plain =
  (fields: Fields = {}): (() => OriginHandler) =>
  () =>
  (req, res) =>
    answer(res, req.method === 'DELETE' ? 204 : 200, fields);

/** Entity tags by path, and 304 to who has them. */
const tagged = (): OriginHandler => (req, res) => {
  const etag = `"${req.url?.split('/').at(-1)}-1"`;
  answer(res, req.headers['if-none-match'] === etag ? 304 : 200, { etag });
};

/** Products that are there once they were put. */
function catalogue(): OriginHandler {
  const there = new Set<string>();
  return ({ method, url = '' }, res) => {
    if (method === 'PUT') there.add(url);
    answer(res, there.has(url) ? 200 : 404);
  };
}

/** A report takes as long as it takes the others to ask for it; ms. */
const SLOW = 300;

const reports = (): OriginHandler => (_req, res) => void setTimeout(() => answer(res, 200), SLOW);

const files = (): OriginHandler => (_req, res) =>
  answer(res, 200, { 'content-type': 'image/png', etag: '"a"' }, Buffer.alloc(5_000, 'x'));

function streams(): OriginHandler {
  return (req, res) => {
    const { 'sec-websocket-key': key } = req.headers;
    if (key !== undefined) {
      const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
      const accept = createHash('sha1').update(`${key}${guid}`).digest('base64');
      const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
      return void req.socket.end(head);
    }
    res.sendDate = false;
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: first\n\n');
    setImmediate(() => res.end('data: second\n\n'));
  };
}

/** The header that it takes the tenant from comes back. */
const tenants = (): OriginHandler => (req, res) => {
  const { 'x-tenant': tenant } = req.headers;
  answer(res, 200, typeof tenant === 'string' ? { 'x-tenant': tenant } : {});
};

const groups = (): OriginHandler => (req, res) =>
  answer(res, 200, /\bab=/.test(req.headers.cookie ?? '') ? {} : { 'set-cookie': 'ab=blue' });

const profiles = (): OriginHandler => (req, res) =>
  answer(res, 200, req.url === '/api/profile' ? { 'cache-control': 'private' } : {});

export const services: Services = {
  'a-rest-api-with-writes': plain(),
  'negative-caching': catalogue,
  'graphql-over-get': plain(),
  'one-response-per-language': plain(),
  'one-response-per-currency': plain(),
  'one-response-per-tenant': tenants,
  'a-shared-catalogue-behind-authorisation': plain(),
  'behind-nginx': plain(),
  'a-cdn-in-front': plain({ 'cache-control': 'max-age=3600', 'surrogate-key': 'article-7 articles' }),
  'several-replicas-with-one-redis': plain(),
  'stale-while-the-service-is-down': plain(),
  'a-slow-service-and-a-crowd': reports,
  'images-and-large-bodies': files,
  'events-and-websockets-beside-cached-routes': streams,
  'search-and-query-parameters': plain(),
  'pages-of-a-list': plain(),
  'feature-flags-and-ab-tests': groups,
  'conditional-requests': tagged,
  'compressed-answers': () => (_req, res) =>
    answer(res, 200, {}, JSON.stringify('ab '.repeat(6_667)).slice(0, 20_001)),
  'warm-after-a-deploy': plain(),
  'black-box-debugging': profiles,
};
