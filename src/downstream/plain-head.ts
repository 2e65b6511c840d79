import { endToEnd, type FieldLines } from '../policy/fields.ts';
import type { RequestHead } from '../policy/request.ts';
import { HARMLESS, ROUTING } from '../policy/request-field-names.ts';
import { readFastHead } from './fast-head.ts';
import { namePattern } from './name-pattern.ts';
import { createPlaces, type Place } from './places.ts';
import { type HeadLimits, readRequestHead } from './request-head.ts';
import { REQUEST_ID } from './request-id.ts';

/** By these a client asks for more than the first look at what is stored, or names its request. */
const ASKING = ['cache-control', 'pragma', 'if-none-match', 'if-modified-since', 'x-request-id'];

/** Known, but to be read by whoever reads all fields: of the framing, for the origin, or allowed only once. */
const NOT_PLAIN = new Set([
  ...['host', 'content-length', 'range', 'if-range', 'if-match', 'if-unmodified-since', ...ASKING],
]);
const PLAIN = [...HARMLESS, ...ROUTING].filter((name) => !NOT_PLAIN.has(name));

/** Most places that are remembered, twice. A request to another costs what reading its Host and target costs. */
const PLACES = 16_384;

/**
 * A request head with Host and such fields alone as change neither where a request leads nor whether it is looked
 * up. A class, with its fields read when somebody asks for them: a hit does not.
 */
export class PlainHead implements RequestHead {
  readonly scheme = 'http';
  readonly method: string;
  readonly place: Place;
  readonly asksNothing: boolean;
  /** The X-Request-Id that counts, where one was read on the way. */
  readonly id: string | undefined;
  /** Where it ends in what was read. */
  readonly end: number;
  readonly #text: string;
  readonly #start: number;
  #fields: FieldLines | undefined = undefined;

  constructor(
    { method, place, asksNothing, id }: Pick<PlainHead, 'method' | 'place' | 'asksNothing' | 'id'>,
    text: string,
    start: number,
    end: number,
  ) {
    this.method = method;
    this.place = place;
    this.asksNothing = asksNothing;
    this.id = id;
    this.end = end;
    this.#text = text;
    this.#start = start;
  }

  get authority(): string {
    return this.place.authority;
  }

  get path(): string {
    return this.place.path;
  }

  get query(): string {
    return this.place.query;
  }

  get fields(): FieldLines {
    if (this.#fields === undefined) {
      const head = readFastHead(this.#text, this.#start);
      this.#fields = typeof head === 'object' ? endToEnd(head.fields) : [];
    }
    return this.#fields;
  }
}

/** Reads the plain head that begins at `from` of `text` (latin1); undefined for anything else, which may be whole or not. */
export type ReadPlainHead = (text: string, from: number) => PlainHead | undefined;

/**
 * A reader of plain heads, which takes no other head than `readFastHead` and `readRequestHead` take within these
 * limits, and reads it as they do, in one regular expression. Host and target are read by them, once.
 */
export function createPlainHeads(limits: HeadLimits): ReadPlainHead {
  // Host, and an id and what is asked before and behind it, are five lines.
  if (limits.maxFields < 5) return () => undefined;
  const places = createPlaces(PLACES);
  const head = plainHead(limits.maxFields);
  const readPlace = (host: string, target: string): Place | undefined => {
    const fields = ['Host', host];
    const read = readRequestHead({ method: 'GET', target, version: '1.1', fields, scheme: 'http' }, limits);
    return read.kind === 'head' ? places.add(host, target, read.head) : undefined;
  };
  return (text, from) => {
    head.lastIndex = from;
    const match = head.exec(text);
    if (match === null || match[3] !== 'HTTP/1.1') return undefined;
    const method = match[1] as string;
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    const target = match[2] as string;
    const host = match[6] as string;
    const id = match[4] ?? match[7];
    // Two of them are none that counts.
    if (match[4] !== undefined && match[7] !== undefined) return undefined;
    const place = places.get(host, target) ?? readPlace(host, target);
    if (place === undefined) return undefined;
    const asksNothing = match[5] === undefined && match[8] === undefined;
    return new PlainHead({ method, place, asksNothing, id }, text, from, head.lastIndex);
  };
}

/**
 * Request line, version, the id and what is asked before Host, Host, and those behind it. Names are compared without
 * regard to case, and so are method and version, which their reader looks at again. No line can be read as another
 * kind of line, so that it is linear.
 */
function plainHead(maxFields: number): RegExp {
  const value = ':[\\t -~]*\\r\\n';
  const plain = `${namePattern(PLAIN)}${value}|connection:[\\t ]*keep-alive[\\t ]*\\r\\n`;
  const asking = `${namePattern(ASKING)}${value}`;
  // Six runs of lines, four lines that begin a run, and Host.
  const most = `{0,${Math.floor((maxFields - 5) / 6)}}`;
  const run = `(?:${plain})${most}`;
  const id = `x-request-id:[\\t ]*(${REQUEST_ID})[\\t ]*\\r\\n`;
  const lines = `${run}(?:${id}${run})?((?:${asking})(?:${plain}|${asking})${most})?`;
  const host = 'host:[\\t ]*([!-~]+)[\\t ]*\\r\\n';
  return new RegExp(`(GET|HEAD) (/[!-~]*) (HTTP/1\\.1)\\r\\n${lines}${host}${lines}\\r\\n`, 'iy');
}
