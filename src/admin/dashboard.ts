import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ProblemError } from './problem.ts';
import type { AdminAnswer, Endpoint } from './router.ts';

/** What is built of `src/dashboard`; as far from here in `src` as in `dist`. */
const BUILT = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));
/** Of the plotting library, what the page loads. */
const OF_UPLOT = ['uPlot.esm.js', 'uPlot.min.css'];

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/**
 * Nothing but what lies here runs, looks, or is called; no text ever becomes markup, and no page can frame
 * this one, in which somebody may purge.
 */
const PAGE_FIELDS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
};

interface Asset {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly etag: string;
}

/** Read once a process, when the first admin port is made: an upgrade on disk does not mix two versions. */
let kept: ReadonlyMap<string, Asset> | undefined;

/**
 * `GET /` and `GET /dashboard/…`: the live dashboard. Its files hold nothing secret, and are there without a
 * token; all that they show is fetched with one.
 */
export function dashboardEndpoints(): Endpoint[] {
  kept ??= readAssets();
  const assets = kept;
  const page = assets.get('index.html');
  if (page === undefined) {
    // From a checkout: built later, it is found by the next process.
    kept = undefined;
    return [serve('/', () => notBuilt())];
  }
  const files = [...assets].filter(([name]) => name !== 'index.html');
  return [
    serve('/', (headers) => answerWith(page, headers)),
    ...files.map(([name, asset]) => serve(`/dashboard/${name}`, (headers) => answerWith(asset, headers))),
  ];
}

function serve(path: string, answer: (headers: IncomingHttpHeaders) => AdminAnswer): Endpoint {
  return { path, method: 'GET', scope: undefined, handle: ({ headers }) => answer(headers) };
}

function answerWith({ bytes, contentType, etag }: Asset, headers: IncomingHttpHeaders): AdminAnswer {
  const fields = { ...PAGE_FIELDS, etag };
  const known = headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known?.includes(etag)) return { status: 304, body: '', contentType, headers: fields };
  return { status: 200, body: bytes, contentType, headers: fields };
}

function notBuilt(): never {
  throw new ProblemError(503, 'The dashboard is not built: run `npm run build`, and start Cacheside anew.');
}

/** Empty where any of them is missing: a sidecar is not to fail for want of its page. */
function readAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  try {
    for (const name of readdirSync(BUILT)) add(BUILT, name);
    const library = dirname(createRequire(import.meta.url).resolve('uplot'));
    for (const name of OF_UPLOT) add(library, name);
  } catch {
    return new Map();
  }
  return assets;

  function add(folder: string, name: string): void {
    const contentType = CONTENT_TYPES[name.split('.').at(-1) ?? ''];
    if (contentType === undefined) return;
    const bytes = readFileSync(join(folder, name));
    const digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
    assets.set(name, { bytes, contentType, etag: `"${digest}"` });
  }
}
