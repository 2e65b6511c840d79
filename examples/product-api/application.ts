import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, empty, json, problem, Refusal } from './answer.ts';
import type { Catalogue } from './catalogue.ts';
import {
  changeProduct,
  createProduct,
  listProducts,
  readProduct,
  removeProduct,
  replaceProduct,
} from './product-handlers.ts';

export interface ApplicationOptions {
  /** Artificial work before each answer except `/health`, ms. */
  readonly latency: number;
  /** Cache-Control of successful reads; undefined: none is sent. */
  readonly cacheControl: string | undefined;
}

type Handler = () => Answer | Promise<Answer>;

/** The methods a resource knows; HEAD is answered from GET. */
type Resource = Readonly<Record<string, Handler>>;

/** The service as a listener for `http.createServer`. */
export function createApplication(catalogue: Catalogue, options: ApplicationOptions): RequestListener {
  return async (req, res) => {
    try {
      const url = new URL(req.url ?? '/', 'http://service');
      if (options.latency > 0 && url.pathname !== '/health') await delay(options.latency);
      const answer = await answerTo(catalogue, req, url).catch(refused);
      const cacheable = options.cacheControl !== undefined && isRead(req) && answer.status < 400;
      write(req, res, cacheable ? withCacheControl(answer, options.cacheControl ?? '') : answer);
    } catch (error) {
      console.error(error);
      if (!res.headersSent) write(req, res, problem(500, 'Internal server error'));
    }
  };
}

async function answerTo(catalogue: Catalogue, req: IncomingMessage, url: URL): Promise<Answer> {
  const resource = findResource(catalogue, req, url);
  if (resource === undefined)
    return problem(404, 'No such resource', { detail: `nothing is at ${url.pathname}` });
  const handler = resource[req.method === 'HEAD' ? 'GET' : (req.method ?? '')];
  if (handler !== undefined) return handler();
  const allow = Object.keys(resource).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  if (req.method === 'OPTIONS') return empty(204, { allow: [...allow, 'OPTIONS'].join(', ') });
  return problem(405, 'Method not allowed', { headers: { allow: [...allow, 'OPTIONS'].join(', ') } });
}

function findResource(catalogue: Catalogue, req: IncomingMessage, url: URL): Resource | undefined {
  if (url.pathname === '/health') {
    return {
      GET: () => json(200, { status: 'ok', products: catalogue.count() }, { 'cache-control': 'no-store' }),
    };
  }
  if (url.pathname === '/products') {
    return {
      GET: () => listProducts(catalogue, req, url.searchParams),
      POST: () => createProduct(catalogue, req),
    };
  }
  const id = /^\/products\/([1-9]\d{0,8})$/.exec(url.pathname)?.[1];
  if (id === undefined) return undefined;
  return {
    GET: () => readProduct(catalogue, req, Number(id)),
    PUT: () => replaceProduct(catalogue, req, Number(id)),
    PATCH: () => changeProduct(catalogue, req, Number(id)),
    DELETE: () => removeProduct(catalogue, req, Number(id)),
  };
}

function refused(error: unknown): Answer {
  if (error instanceof Refusal) return error.answer;
  throw error;
}

function isRead(req: IncomingMessage): boolean {
  return req.method === 'GET' || req.method === 'HEAD';
}

function withCacheControl(answer: Answer, value: string): Answer {
  return { ...answer, headers: { 'cache-control': value, ...answer.headers } };
}

function write(req: IncomingMessage, res: ServerResponse, { status, headers, body }: Answer): void {
  if (status === 204 || status === 304) {
    res.writeHead(status, headers).end();
    return;
  }
  const bytes = Buffer.from(body);
  res.writeHead(status, { ...headers, 'content-length': bytes.length });
  res.end(req.method === 'HEAD' ? undefined : bytes);
}
