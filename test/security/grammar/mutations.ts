import type { Random } from '../../faults/checker/random.ts';
import { CODINGS } from './codings.ts';
import { FIELD_LINES } from './field-lines.ts';
import { LENGTHS } from './lengths.ts';

/** What is done to a stream; it may do nothing where there is nothing to do it to. */
export type Mutation = (random: Random, text: string) => string;

/** Pieces of text that matter to some reader. */
const FRAGMENTS = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\n\n',
    '\n\r',
    '\r\r',
    ' ',
    '\t',
    '\x0b',
    '\x0c',
    '\0',
    '\x7f',
    '\x85',
    '\xa0',
  ],
  ...[
    '\xff',
    '\xe2\x80\xa8',
    ':',
    ';',
    ',',
    '=',
    '"',
    '+',
    '-',
    '_',
    '0',
    '0x',
    '/',
    '?',
    '#',
    '%',
    '\\',
    '@',
  ],
  ...[
    'HTTP/1.1',
    'HTTP/1.0',
    '0\r\n\r\n',
    '0\r\n',
    '5\r\n',
    'chunked',
    'GET ',
    'Host: b.test\r\n',
    'X-A: a\r\n',
  ],
  ...[
    'Content-Length: 5\r\n',
    'Content-Length: 0\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
  ],
];

const LINE_ENDS = [
  '\n',
  '\r',
  '\r\r\n',
  '\n\r',
  '\r\n ',
  '\r\n\t',
  '\r\n\r\n',
  '',
  '\0\r\n',
  ' \r\n',
  '\x0b\r\n',
  '\x85',
];
const COLONS = [':', ' : ', ' ', '', ':\0', '\t:', '::', '=', ':\r\n ', '\0: ', ':\x0b', ':\t', '\xa0: '];

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'one bit': (r, text) =>
    at(r, text, 1, (byte) => String.fromCharCode(byte.charCodeAt(0) ^ (1 << r.below(8)))),
  'one byte': (r, text) => at(r, text, 1, () => String.fromCharCode(r.below(256))),
  'put in': (r, text) => at(r, text, 0, () => r.pick(FRAGMENTS)),
  'put in place': (r, text) => at(r, text, 1 + r.below(4), () => r.pick(FRAGMENTS)),
  'taken out': (r, text) => at(r, text, 1 + r.below(r.chance(0.8) ? 4 : 60), () => ''),
  doubled: (r, text) => at(r, text, 1 + r.below(60), (span) => span + span),
  'a line end': (r, text) => inPlaceOf(r, text, '\r\n', r.pick(LINE_ENDS)),
  'a colon': (r, text) => inPlaceOf(r, text, ': ', r.pick(COLONS)),
  'a digit': (r, text) => inPlaceOf(r, text, r.pick([...'0123456789']), r.pick([...'0123456789af+-x _'])),
  'two lines swapped': (r, text) => {
    const lines = linesOf(text);
    const [a, b] = [r.below(lines.length), r.below(lines.length)];
    [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
    return lines.join('');
  },
  'a line twice': (r, text) => {
    const lines = linesOf(text);
    const line = r.pick(lines);
    lines.splice(r.below(lines.length + 1), 0, line);
    return lines.join('');
  },
  'a coding put in': (r, text) => withLine(r, text, r.pick(Object.values(CODINGS))),
  'a length put in': (r, text) => withLine(r, text, r.pick(Object.values(LENGTHS))(r.below(80))),
  'a field put in': (r, text) => withLine(r, text, r.pick(Object.values(FIELD_LINES))),
  'a line in other letters': (r, text) => {
    const lines = linesOf(text);
    const which = r.below(lines.length);
    const line = lines[which] ?? '';
    const isUpper = r.chance(0.5);
    lines[which] = line.replace(/[A-Za-z]+/g, (word) => (isUpper ? word.toUpperCase() : word.toLowerCase()));
    return lines.join('');
  },
  'cut off': (r, text) => text.slice(0, r.below(text.length + 1)),
};

const linesOf = (text: string): string[] => text.split(/(?<=\r\n)/);

function withLine(random: Random, text: string, line: string): string {
  const lines = linesOf(text);
  lines.splice(1 + random.below(lines.length), 0, line);
  return lines.join('');
}

function at(random: Random, text: string, length: number, by: (span: string) => string): string {
  const start = random.below(text.length + 1);
  const span = text.slice(start, start + length);
  return span === '' && length > 0 ? text : text.slice(0, start) + by(span) + text.slice(start + length);
}

function inPlaceOf(random: Random, text: string, old: string, fresh: string): string {
  const parts = text.split(old);
  if (parts.length < 2) return text;
  const which = 1 + random.below(parts.length - 1);
  return parts.slice(0, which).join(old) + fresh + parts.slice(which).join(old);
}
