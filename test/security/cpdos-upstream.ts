import type { IncomingMessage } from 'node:http';
import type { OriginHandler } from '../fixtures/origin.ts';

/** What an upstream of this kind fails over; its answer says which. */
function failure(req: IncomingMessage): readonly [status: number, over: string] | undefined {
  const { headers, rawHeaders, method = '', url = '' } = req;
  const { te } = headers;
  const size = rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);
  // Of what a request alone may have: by the path, since servers differ (Apache 400, node 431, others 413, 500, 502).
  const own = Number(/\/f(\d{3})\//.exec(url)?.[1] ?? 400);
  const overridden = ['x-http-method-override', 'x-http-method', 'x-method-override', 'x-original-method'];
  if (size > 1_600) return [own, 'size'];
  if (rawHeaders.length / 2 > 44) return [own, 'count'];
  if (rawHeaders.some((text) => /[^\t -~]/.test(text))) return [own, 'bytes'];
  if (overridden.some((name) => headers[name] !== undefined)) return [method === 'GET' ? 405 : 501, 'method'];
  if (
    ['x-original-url', 'x-rewrite-url', 'x-host', 'x-forwarded-prefix'].some(
      (name) => headers[name] !== undefined,
    )
  ) {
    return [404, 'elsewhere'];
  }
  if (headers['x-http-version'] !== undefined) return [505, 'version'];
  if (headers['x-middleware-subrequest'] !== undefined) return [401, 'middleware'];
  if (headers['x-forwarded-scheme'] === 'http') return [301, 'scheme'];
  if (headers.expect !== undefined) return [417, 'expect'];
  if (headers.range !== undefined) return [416, 'range'];
  if (headers['if-match'] !== undefined || headers['if-unmodified-since'] !== undefined)
    return [412, 'condition'];
  if (/odd/.test(String(headers['if-modified-since'] ?? headers['if-none-match'] ?? '')))
    return [own, 'condition'];
  if (headers.upgrade !== undefined || te !== undefined) return [426, 'upgrade'];
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined)
    return [413, 'body'];
  if (/odd/.test(String(headers.accept ?? headers['accept-language'] ?? headers['accept-charset'] ?? '')))
    return [406, 'accept'];
  if (/odd/.test(String(headers['accept-encoding'] ?? ''))) return [415, 'coding'];
  if (/odd/.test(String(headers.origin ?? headers.referer ?? headers['user-agent'] ?? '')))
    return [403, 'robot'];
  // A filter in front of an application looks for its patterns wherever it pleases.
  const attack = rawHeaders.findIndex((text) => /<script|' or 1=1|\$\{jndi/.test(text));
  return attack < 0 ? undefined : [own, `an attack in ${rawHeaders[attack - 1]}`];
}

/** Fails over much, and lets failures be cached as long as what it should have answered. */
export const touchy: OriginHandler = (req, res) => {
  const [status, over] = failure(req) ?? [200, ''];
  res.sendDate = false;
  res.statusCode = status;
  // Under `ruled` and `ignored` the rule says how long.
  if (!/^\/(?:ruled|ignored)\//.test(req.url ?? '')) res.setHeader('Cache-Control', 'max-age=60');
  if (status === 301) res.setHeader('Location', '/');
  req.resume();
  res.end(over === '' ? 'fine' : `failed over ${over}`);
};
