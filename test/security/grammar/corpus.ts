import { CHUNKINGS, ENDLESS_CHUNKINGS, LAWFUL_CHUNKINGS } from './chunkings.ts';
import { CODINGS, LAWFUL_CODINGS, NO_CODINGS } from './codings.ts';
import { FIELD_LINES, LAWFUL_FIELD_LINES } from './field-lines.ts';
import { HOSTS, LAWFUL_HOSTS } from './hosts.ts';
import { ENDLESS_LENGTHS, LAWFUL_LENGTHS, LENGTHS } from './lengths.ts';
import { HALF_LAWFUL_PASSAGES, LAWFUL_PASSAGES, PASSAGES } from './passages.ts';
import { BEHIND, CANARY, FIRST, get, HOST } from './placeholders.ts';
import { LAWFUL_REQUEST_LINES, REQUEST_LINES } from './request-lines.ts';

/** One client's bytes, and what must come of them. */
export interface Row {
  readonly id: string;
  /** The class of bad input that it belongs to. */
  readonly line: string;
  /** latin1, with placeholders for its paths. */
  readonly sends: string;
  /** `refused`: its first request and all behind it; `read`: as far as the strict reader reads. */
  readonly expects: 'refused' | 'passed' | 'read';
}

const canary = get(CANARY);
const behind = get(BEHIND);
const chunked = `${canary.length.toString(16)}\r\n${canary}\r\n0\r\n\r\n`;

const post = (lines: string, body: string, method = 'POST'): string =>
  `${method} ${FIRST} HTTP/1.1\r\n${HOST}${lines}\r\n${body}${behind}`;

const length = (n: number): string => `Content-Length: ${n}\r\n`;

/** A row for each of a table. */
function rows<T>(
  line: string,
  table: Readonly<Record<string, T>>,
  sends: (value: T) => string,
  expects: (name: string) => Row['expects'],
): Row[] {
  return Object.entries(table).map(([name, value]) => ({
    id: `${line}: ${name}`,
    line,
    sends: sends(value),
    expects: expects(name),
  }));
}

const passedIf =
  (lawful: ReadonlySet<string>, halfLawful?: ReadonlySet<string>) =>
  (name: string): Row['expects'] =>
    halfLawful?.has(name) ? 'read' : lawful.has(name) ? 'passed' : 'refused';

const shorter = `0\r\n\r\n${canary}`;

export const CORPUS: readonly Row[] = [
  ...rows(
    'the length before the coding (CL.TE)',
    CODINGS,
    (coding) => post(length(shorter.length) + coding, shorter),
    passedIf(NO_CODINGS),
  ),
  ...rows(
    'the coding before the length (TE.CL)',
    CODINGS,
    (coding) => post(coding + length(chunked.indexOf('\n') + 1), chunked),
    (name) => (NO_CODINGS.has(name) ? 'read' : 'refused'),
  ),
  ...rows(
    'a coding alone (TE.0, TE.TE)',
    CODINGS,
    (coding) => post(coding, chunked),
    (name) => (NO_CODINGS.has(name) ? 'read' : passedIf(LAWFUL_CODINGS)(name)),
  ),
  ...rows(
    'a coding of nothing',
    CODINGS,
    (coding) => post(coding, '0\r\n\r\n', 'GET'),
    (name) => (NO_CODINGS.has(name) ? 'read' : passedIf(LAWFUL_CODINGS)(name)),
  ),
  ...rows(
    'a length',
    LENGTHS,
    (line) => post(line(canary.length), canary),
    passedIf(LAWFUL_LENGTHS, ENDLESS_LENGTHS),
  ),
  ...rows(
    'a length of a GET (0.CL)',
    LENGTHS,
    (line) => post(line(canary.length), canary, 'GET'),
    passedIf(LAWFUL_LENGTHS, ENDLESS_LENGTHS),
  ),
  ...rows(
    'a length and a coding',
    LENGTHS,
    (line) => post(`Transfer-Encoding: chunked\r\n${line(3)}`, chunked),
    (name) => (name === 'no hyphen' ? 'passed' : 'refused'),
  ),
  ...rows(
    'chunks',
    CHUNKINGS,
    (chunking) => post('Transfer-Encoding: chunked\r\n', chunking(canary)),
    passedIf(LAWFUL_CHUNKINGS, ENDLESS_CHUNKINGS),
  ),
  ...rows(
    'a request line',
    REQUEST_LINES,
    (line) => `${line}${HOST}\r\n${behind}`,
    passedIf(LAWFUL_REQUEST_LINES),
  ),
  ...rows('a Host', HOSTS, (line) => `GET ${FIRST} HTTP/1.1\r\n${line}\r\n${behind}`, passedIf(LAWFUL_HOSTS)),
  ...rows('a field', FIELD_LINES, (line) => get(FIRST, line) + behind, passedIf(LAWFUL_FIELD_LINES)),
  ...rows(
    'a field before the length',
    FIELD_LINES,
    (line) => post(line + length(canary.length), canary),
    (name) => (/^(?:two|an) offers? of h2c/.test(name) ? 'read' : passedIf(LAWFUL_FIELD_LINES)(name)),
  ),
  ...rows('a passage', PASSAGES, (text) => text, passedIf(LAWFUL_PASSAGES, HALF_LAWFUL_PASSAGES)),
];
