import { type Random, randomFrom } from '../../faults/checker/random.ts';
import { oddRequest, replaceOne } from './odd-request.ts';
import { plainRequest } from './plain-request.ts';

/** What one client sends, as latin1, and the pieces in which it comes. */
export interface Stream {
  readonly pieces: readonly string[];
  /** How many requests it was made of, before anything was done to it. */
  readonly requests: number;
  /** The client ends its side once it has all that it is answered. */
  readonly ends: boolean;
}

/** Always the same for one seed and number. */
export function streamOf(seed: number, number: number): Stream {
  const random = randomOf(seed, number);
  const requests = Array.from({ length: 1 + random.below(5) }, () =>
    random.chance(0.87) ? plainRequest(random) : oddRequest(random),
  );
  let text = requests.join('');
  if (random.chance(0.35)) {
    for (let left = 1 + random.below(3); left > 0; left--) text = random.pick(MUTATIONS)(random, text);
  }
  return { pieces: cut(random, text), requests: requests.length, ends: random.chance(0.2) };
}

/** Chance that belongs to one stream. */
export const randomOf = (seed: number, number: number): Random =>
  randomFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));

/** Pieces of text that matter to some reader. */
const FRAGMENTS = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\n\n',
  ' ',
  '\t',
  ':',
  '\0',
  '\x7f',
  '\x80',
  '\xff',
  ',',
  '/',
  '?',
  '#',
  'HTTP/1.1',
  'GET / HTTP/1.1\r\n',
  'Host: b.test\r\n',
  'Content-Length: 7\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  '0\r\n\r\n',
  '%00',
  'a',
];

const MUTATIONS: readonly ((random: Random, text: string) => string)[] = [
  // One bit, or one byte.
  (r, text) => at(r, text, 1, (byte) => String.fromCharCode(byte.charCodeAt(0) ^ (1 << r.below(8)))),
  (r, text) => at(r, text, 1, () => String.fromCharCode(r.below(256))),
  // Put in, in place of something, taken out, doubled.
  (r, text) => at(r, text, 0, () => r.pick(FRAGMENTS)),
  (r, text) => at(r, text, 1 + r.below(4), () => r.pick(FRAGMENTS)),
  (r, text) => at(r, text, 1 + r.below(r.chance(0.8) ? 4 : 60), () => ''),
  (r, text) => at(r, text, 1 + r.below(60), (span) => span + span),
  (r, text) => replaceOne(r, text, '\r\n', r.pick(['\n', '\r', '\r\n ', '\r\n\r\n', ''])),
  (r, text) => replaceOne(r, text, ': ', r.pick([':', ' : ', ' ', '', ':\0'])),
  swapLines,
  // Of two streams.
  (r, text) => at(r, text, 0, () => plainRequest(r)),
  (r, text) => text.slice(0, r.below(text.length + 1)) + oddRequest(r),
  (r, text) => {
    const other = plainRequest(r);
    return text.slice(0, r.below(text.length + 1)) + other.slice(r.below(other.length));
  },
  (r, text) => text.slice(0, r.below(text.length + 1)),
];

function at(random: Random, text: string, length: number, by: (span: string) => string): string {
  const start = random.below(text.length + 1);
  const span = text.slice(start, start + length);
  return span === '' && length > 0 ? text : text.slice(0, start) + by(span) + text.slice(start + length);
}

function swapLines(random: Random, text: string): string {
  const lines = text.split(/(?<=\r\n)/);
  const [a, b] = [random.below(lines.length), random.below(lines.length)];
  [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
  return lines.join('');
}

/** At any byte: whole, in a few pieces, behind each line, or byte by byte. */
function cut(random: Random, text: string): readonly string[] {
  if (random.chance(0.35)) return [text];
  if (random.chance(0.06)) return text.length > 4_000 ? [text] : [...text];
  if (random.chance(0.1)) return text.split(/(?<=\n)/);
  const places = Array.from({ length: 1 + random.below(5) }, () => random.below(text.length + 1)).sort(
    (a, b) => a - b,
  );
  return [0, ...places]
    .map((place, i) => text.slice(place, places[i] ?? text.length))
    .filter((piece) => piece !== '');
}
