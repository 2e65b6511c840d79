import { type Random, randomFrom } from '../../faults/checker/random.ts';
import { CHUNKINGS } from './chunkings.ts';
import { CODINGS } from './codings.ts';
import { CORPUS } from './corpus.ts';
import { FIELD_LINES, LAWFUL_FIELD_LINES } from './field-lines.ts';
import { HOSTS } from './hosts.ts';
import { LENGTHS } from './lengths.ts';
import { MUTATIONS } from './mutations.ts';
import { CANARY, get, HOST, PLACE, placed } from './placeholders.ts';
import { REQUEST_LINES } from './request-lines.ts';
import type { Stream } from './stage.ts';

/** Chance that belongs to one stream, or to one batch of them. */
export const randomOf = (seed: number, number: number): Random =>
  randomFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));

/** Always the same for one seed and number: requests by the grammar, most of them mutated, in one piece or in several. */
export function streamOf(seed: number, number: number): Stream {
  const random = randomOf(seed, number);
  const requests = Array.from({ length: 1 + random.below(4) }, (_, i) => oneRequest(random, i));
  let text = placed(requests.join(''), Math.imul(seed, 0x2c1b3c6d) ^ number);
  const names: string[] = [];
  if (random.chance(0.45)) {
    for (let left = 1 + random.below(2); left > 0; left--) {
      const name = random.pick(Object.keys(MUTATIONS));
      text = MUTATIONS[name]?.(random, text) ?? text;
      names.push(name);
    }
  }
  return {
    id: `seed ${seed}, stream ${number}${names.map((name) => `, ${name}`).join('')}`,
    pieces: cut(random, text),
  };
}

function oneRequest(random: Random, number: number): string {
  if (random.chance(0.06)) return random.pick(CORPUS).sends;
  const path = `${PLACE}/${random.chance(0.3) ? 'kept' : 'asked'}${number}${random.chance(0.2) ? '?a=b' : ''}`;
  if (random.chance(0.3)) return get(path);
  const [lines, body] = random.pick(random.chance(0.7) ? PLAIN_FRAMINGS : FRAMINGS)(
    random,
    random.chance(0.7) ? get(CANARY) : bodyOf(random),
  );
  const host = random.chance(0.97) ? HOST : random.pick(Object.values(HOSTS));
  const method = random.pick(METHODS);
  const line = random.chance(0.97)
    ? `${method} ${path} HTTP/1.${random.chance(0.95) ? 1 : 0}\r\n`
    : random.pick(Object.values(REQUEST_LINES));
  const fields = Array.from({ length: random.below(4) }, () => fieldLine(random));
  const all = [host, ...fields];
  if (lines !== '') all.splice(random.below(all.length + 1), 0, lines);
  return `${line}${all.join('')}\r\n${body}`;
}

const METHODS = [
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'POST',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'QUERY',
];

const fieldLine = (random: Random): string =>
  random.chance(0.95)
    ? (FIELD_LINES[random.pick([...LAWFUL_FIELD_LINES])] ?? '')
    : random.pick(Object.values(FIELD_LINES));

const bodyOf = (random: Random): string =>
  Array.from({ length: random.below(40) }, () => String.fromCharCode(random.below(256))).join('');

const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const plainly = (data: string): string => (data === '' ? '' : `${data.length.toString(16)}\r\n${data}\r\n`);
const length = (n: number): string => `Content-Length: ${n}\r\n`;

/** The lines that frame a body, and the body. */
type Framing = (random: Random, data: string) => readonly [lines: string, body: string];

const PLAIN_FRAMINGS: readonly Framing[] = [
  () => ['', ''],
  (_, data) => [length(data.length), data],
  (_, data) => [CHUNKED, `${plainly(data)}0\r\n\r\n`],
];

const FRAMINGS: readonly Framing[] = [
  (r, data) => [CHUNKED, r.pick(Object.values(CHUNKINGS))(data)],
  (r, data) => [r.pick(Object.values(LENGTHS))(data.length), data],
  (r, data) => [r.pick(Object.values(CODINGS)), `${plainly(data)}0\r\n\r\n`],
  (r, data) => {
    const lines = [
      r.pick(Object.values(CODINGS)),
      r.pick([length, ...Object.values(LENGTHS)])(r.below(data.length + 9)),
    ];
    return [
      (r.chance(0.5) ? lines : lines.reverse()).join(''),
      `${r.pick([plainly(data), ''])}0\r\n\r\n${data}`,
    ];
  },
  (r, data) => [`Expect: 100-continue\r\n${r.chance(0.5) ? length(data.length) : ''}`, data],
];

/** Whole, in a few pieces, behind each line, or byte by byte. */
function cut(random: Random, text: string): readonly string[] {
  if (random.chance(0.5)) return [text];
  if (random.chance(0.02)) return text.length > 250 ? [text] : [...text];
  if (random.chance(0.1)) return text.split(/(?<=\n)/);
  const places = Array.from({ length: 1 + random.below(3) }, () => random.below(text.length + 1)).sort(
    (a, b) => a - b,
  );
  return [0, ...places]
    .map((place, i) => text.slice(place, places[i] ?? text.length))
    .filter((piece) => piece !== '');
}
