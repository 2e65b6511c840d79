import { ownText } from '../own-text.ts';
import type { Detail } from '../policy/cache-status.ts';
import { type FieldLines, lowerName } from '../policy/fields.ts';
import type { RequestHead } from '../policy/request.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { Exchange } from './exchange.ts';
import type { Framing, UpstreamHead } from './ports.ts';

/** What the upstream said last of a URL, in an answer that was not stored. */
export interface UnstoredAnswer {
  readonly status: number;
  /** Those that decide about storing; names in lower case, of each Set-Cookie the cookie's name alone. */
  readonly fields: FieldLines;
  readonly framing: Framing;
  /** Bytes, where framed by it. */
  readonly length: number | undefined;
  /** When it arrived; ms since the epoch. */
  readonly at: number;
  /** Why it was not stored, or not looked up. */
  readonly detail: Detail | undefined;
}

/** The last answers that were not stored, so that it can be told why: bounded in number and in bytes. */
export interface LastAnswers {
  /** `at` in ms since the epoch. */
  note(x: Exchange, head: UpstreamHead, at: number): void;
  /** By the effective URL, or else by the URL as the client named it. */
  find(method: string, urls: readonly string[]): UnstoredAnswer | undefined;
}

/** What is kept of one: all fields in one text, since many small ones would have to be copied one by one. */
interface Kept extends Omit<UnstoredAnswer, 'fields'> {
  readonly text: string;
}

const MOST = 1_000;
/** An answer of the same URL within so many ms of the last, and with the same status, adds nothing; ms. */
const AGAIN_AFTER = 1_000;
/** Noted within each second: an upstream that answers thousands otherwise pays for none that would be forgotten in the same second. */
const MOST_A_SECOND = 250;
/** Characters of all texts and keys together. */
const MOST_CHARACTERS = 1024 * 1024;
/** A longer value is left out: of what decides, tags alone get that long. */
const LONGEST_VALUE = 4 * 1024;
const LONGEST_KEY = 4 * 1024;

/** Fields that decide about storing. */
export const DECIDING: ReadonlySet<string> = new Set([
  ...['cache-control', 'pragma', 'expires', 'date', 'age', 'vary', 'etag', 'last-modified', 'set-cookie'],
  ...['content-type', 'content-encoding', 'content-range', 'content-location', 'no-vary-search'],
  ...['cache-groups', 'access-control-allow-origin', 'timing-allow-origin', 'surrogate-control'],
]);

/** Of those that were noted last; the oldest go first. */
export function createLastAnswers(most = MOST, mostCharacters = MOST_CHARACTERS): LastAnswers {
  const answers = new Map<string, Kept>();
  let characters = 0;
  let second = 0;
  let notedInSecond = 0;
  const isDue = (at: number): boolean => {
    const now = Math.floor(at / 1000);
    if (now !== second) {
      second = now;
      notedInSecond = 0;
    }
    return notedInSecond++ < MOST_A_SECOND;
  };
  const forget = (key: string, { text }: Kept): void => {
    answers.delete(key);
    characters -= key.length + text.length;
  };
  return {
    note(x, head, at) {
      const key = keyOf(x.request.method, x.url === '' ? urlOf(x.request) : x.url);
      if (key.length > LONGEST_KEY) return;
      const { status, framing, length } = head;
      const before = answers.get(key);
      if (before !== undefined && before.status === status && isWithin(at - before.at)) return;
      if (!isDue(at)) return;
      if (before !== undefined) forget(key, before);
      const text = ownText(decidingText(head.fields, x.route?.rule));
      answers.set(ownText(key), { status, framing, length, at, detail: x.cache.detail, text });
      characters += key.length + text.length;
      for (const [oldest, kept] of answers) {
        if (answers.size <= most && characters <= mostCharacters) break;
        forget(oldest, kept);
      }
    },
    find(method, urls) {
      for (const url of urls) {
        const kept = answers.get(keyOf(method, url));
        if (kept === undefined) continue;
        const { text, ...answer } = kept;
        return { ...answer, fields: text === '' ? [] : text.split('\n') };
      }
      return undefined;
    },
  };
}

/** A clock that was set back is no second. */
function isWithin(passed: number): boolean {
  return passed >= 0 && passed < AGAIN_AFTER;
}

function keyOf(method: string, url: string): string {
  return method === 'GET' ? url : `${method} ${url}`;
}

/** As the client named it. */
export function urlOf({ scheme, authority, path, query }: RequestHead): string {
  return query === '' ? `${scheme}://${authority}${path}` : `${scheme}://${authority}${path}?${query}`;
}

/** Names and values, line by line: neither has a line break in it. */
function decidingText(fields: FieldLines, rule: RouteRule | undefined): string {
  let text = '';
  for (let i = 0; i < fields.length; i += 2) {
    const name = lowerName(fields[i] as string);
    if (!DECIDING.has(name) && !isOfRule(name, rule)) continue;
    const value = fields[i + 1] as string;
    if (value.length > LONGEST_VALUE) continue;
    const told = name === 'set-cookie' ? cookieName(value) : value;
    text += text === '' ? `${name}\n${told}` : `\n${name}\n${told}`;
  }
  return text;
}

function isOfRule(name: string, rule: RouteRule | undefined): boolean {
  if (rule === undefined) return false;
  return rule.targetedFields.includes(name) || rule.surrogateTags.fields.includes(name);
}

function cookieName(value: string): string {
  const end = value.search(/[=;]/);
  return end < 0 ? '' : value.slice(0, end).trim();
}
