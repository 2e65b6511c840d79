import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Random, randomFrom } from './random.ts';

/** Products whose versions only grow. */
export interface Shop {
  /** By product, as the upstream has them now. */
  readonly versions: readonly number[];
  /** Changes a product behind the caches' back; returns its new version. */
  change(id: number): number;
  /**
   * Answers GET and PUT. A response says the version at which it was read, and leaves when it leaves:
   * late, perhaps after a purge that came in between.
   */
  readonly handler: (req: IncomingMessage, res: ServerResponse) => void;
  /** Replaces chance: ms before the version is read, and between that and the answer's leaving. */
  delays: (id: number) => { readonly before: number; readonly after: number };
  readonly requests: number;
}

export const PRODUCTS = 24;
/** The first ones are asked for most. */
export const HOT = 6;
/** Each on a route of its own. */
export const SHELVES = 4;
export const HOST = 'shop.test';

/** `/products/SHELF/ID` */
export function pathOf(id: number): string {
  return `/products/${id % SHELVES}/${id}`;
}

export function createShop(seed: number): Shop {
  const versions = Array.from({ length: PRODUCTS }, () => 1);
  const random = randomFrom(seed);
  let requests = 0;
  const shop: Shop = {
    versions,
    change(id: number) {
      const version = (versions[id] ?? 0) + 1;
      versions[id] = version;
      return version;
    },
    delays: (_id) => ({ before: random.below(4), after: Math.floor(random.next() ** 3 * 40) }),
    handler(req: IncomingMessage, res: ServerResponse) {
      requests++;
      const id = Number(/^\/products\/\d+\/(\d+)$/.exec(req.url ?? '')?.[1]);
      const { before, after } = shop.delays(id);
      later(before, () => {
        if (req.method === 'PUT') shop.change(id);
        const version = versions[id] ?? 0;
        later(after, () => answer(req, res, id, version));
      });
    },
    get requests() {
      return requests;
    },
  };
  return shop;
}

function later(ms: number, act: () => void): void {
  if (ms === 0) act();
  else setTimeout(act, ms);
}

function answer(req: IncomingMessage, res: ServerResponse, id: number, version: number): void {
  res.sendDate = false;
  if (req.method === 'PUT') return void res.writeHead(204).end();
  const etag = `"${id}.${version}"`;
  res.setHeader('etag', etag);
  if (id % 3 === 1) res.setHeader('vary', 'accept-language');
  if (req.headers['if-none-match'] === etag) return void res.writeHead(304).end();
  // Twice, so that half of it tells as much.
  res.end(digits(version).repeat(2));
}

const WIDTH = 8;

function digits(version: number): string {
  return String(version).padStart(WIDTH, '0');
}

/** What a GET asks for beside the product. */
export function randomFields(random: Random, id: number, known: number): Record<string, string> {
  const fields = { host: HOST, 'accept-language': random.pick(['de', 'en', 'fr']) };
  const kind = random.below(10);
  if (kind === 0) return { ...fields, 'if-none-match': `"${id}.${known}"` };
  if (kind === 1) return { ...fields, range: random.pick([`bytes=0-${WIDTH - 1}`, `bytes=-${WIDTH}`]) };
  return fields;
}

/** The version that an answer tells, whole, in part or by its entity tag alone; undefined: it is none of the shop's. */
export function versionIn(answer: {
  readonly status: number;
  readonly text: string;
  readonly headers: { readonly etag?: string | string[] | undefined };
}): number | undefined {
  const { status, text } = answer;
  const { etag = '' } = answer.headers;
  const [, tagged] = /^"\d+\.(\d+)"$/.exec(String(etag)) ?? [];
  if (tagged === undefined) return undefined;
  const version = Number(tagged);
  if (status === 304) return text === '' ? version : undefined;
  const expected = status === 200 ? digits(version).repeat(2) : status === 206 ? digits(version) : undefined;
  return text === expected ? version : undefined;
}
