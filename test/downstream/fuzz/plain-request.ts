import { HARMLESS, ROUTING } from '../../../src/policy/request-field-names.ts';
import type { Random } from '../../faults/checker/random.ts';

const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const VISIBLE = String.fromCharCode(...Array.from({ length: 94 }, (_, i) => 33 + i));
const HEX = '0123456789abcdef';

export const textOf = (random: Random, characters: string, most: number, least = 0): string => {
  let text = '';
  for (let left = least + random.below(most - least + 1); left > 0; left--)
    text += characters[random.below(characters.length)];
  return text;
};

/** Names and what clients say under them. */
const REALISTIC: readonly (readonly [string, (random: Random) => string])[] = [
  [
    'Accept',
    (r) => r.pick(['*/*', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', 'application/json', '']),
  ],
  ['Accept-Encoding', (r) => r.pick(['gzip, deflate, br', 'identity', 'gzip;q=1.0, *;q=0'])],
  ['Accept-Language', (r) => r.pick(['de', 'en-GB,en;q=0.7', '*'])],
  ['User-Agent', () => 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0'],
  ['Cookie', (r) => `session=${textOf(r, HEX, 32)}; theme=dark`],
  ['Authorization', (r) => `Bearer ${textOf(r, TOKEN, 40)}`],
  ['traceparent', (r) => `00-${textOf(r, HEX, 32, 32)}-${textOf(r, HEX, 16, 16)}-01`],
  ['If-None-Match', (r) => r.pick(['*', '"a"', 'W/"a", "b"'])],
  ['If-Modified-Since', () => 'Mon, 23 Nov 2026 03:42:56 GMT'],
  ['Range', (r) => r.pick(['bytes=0-1', 'bytes=-5', 'lines=1'])],
  ['Cache-Control', (r) => r.pick(['no-cache', 'max-age=0', 'only-if-cached, max-stale'])],
  ['Pragma', () => 'no-cache'],
  ['X-Request-Id', (r) => r.pick(['mine', textOf(r, HEX, 20), 'two words'])],
  ['X-Forwarded-For', () => '192.0.2.1, 192.0.2.2'],
  ['Referer', () => 'https://a.test/products?page=2'],
  ['Via', () => '1.1 a, 1.0 b'],
  ['TE', (r) => r.pick(['trailers', 'gzip'])],
  ['Keep-Alive', () => 'timeout=5'],
  ['__proto__', () => 'x'],
  ['constructor', () => ''],
];

const PATHS = [
  '/',
  '/a',
  '/products/17',
  '/a/b.css',
  '/a%20b',
  '/a;x=1',
  '/a%C3%A9',
  '/%7Ea',
  "/a'b(c)",
  '/a:b@c',
];
const QUERIES = ['', '', '?', '?a=1', '?a=1&b=2&a=3', '?a=/../b', '?q=%2F%2f', '?a?b', '?a={"b":[1]}|c'];

/** What says nothing but how the client is, and so the fast door need not look at. */
const SAYS_LITTLE = [...HARMLESS, ...ROUTING].filter((name) => !/^(?:host|content-length)$/.test(name));

/** One that the fast door is for; now and then with a target that both doors refuse. */
export function plainRequest(random: Random): string {
  const method = random.chance(0.85) ? 'GET' : 'HEAD';
  const field = random.chance(0.4) ? littleLine : fieldLine;
  const lines = Array.from({ length: random.below(random.chance(0.1) ? 30 : 7) }, () => field(random));
  lines.splice(random.chance(0.8) ? 0 : random.below(lines.length + 1), 0, hostLine(random));
  return `${method} ${plainTarget(random)} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

export function plainTarget(random: Random): string {
  if (random.chance(0.05)) return `/${textOf(random, VISIBLE, random.chance(0.1) ? 9_000 : 20)}`;
  return random.pick(PATHS) + random.pick(QUERIES);
}

export const hostLine = (random: Random): string =>
  line(random, 'Host', random.pick(['a.test', 'a.test', 'A.Test:8080', '127.0.0.1', '[::1]:80', 'b_c.test']));

export const littleLine = (random: Random): string =>
  random.chance(0.1)
    ? line(random, 'Connection', 'keep-alive')
    : line(random, random.pick(SAYS_LITTLE), random.chance(0.5) ? anyValue(random) : 'x');

export function fieldLine(random: Random): string {
  if (random.chance(0.08)) return line(random, 'Connection', random.pick(['keep-alive', 'Keep-Alive']));
  if (random.chance(0.15)) return line(random, textOf(random, TOKEN, 12, 1), anyValue(random));
  const [name, value] = random.pick(REALISTIC);
  return line(random, name, random.chance(0.1) ? anyValue(random) : value(random));
}

const anyValue = (random: Random): string =>
  textOf(random, `${VISIBLE} \t`, random.chance(0.01) ? 9_000 : 24);

/** With a name in some case and white space as some client has it. */
export function line(random: Random, name: string, value: string): string {
  const cased = random.chance(0.7)
    ? name
    : random.pick([name.toLowerCase(), name.toUpperCase(), mixed(random, name)]);
  const [before, behind] = random.chance(0.75) ? [' ', ''] : [blanks(random), blanks(random)];
  return `${cased}:${before}${value}${behind}\r\n`;
}

const blanks = (random: Random): string => random.pick(['', ' ', '\t', '  ', ' \t ']);

const mixed = (random: Random, name: string): string =>
  [...name].map((letter) => (random.chance(0.5) ? letter.toUpperCase() : letter.toLowerCase())).join('');
