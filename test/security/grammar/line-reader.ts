import type { Leniency } from './leniencies.ts';

/** Name and value of one line. */
export type FieldLine = readonly [name: string, value: string];

/** The lines of a head, or of trailers behind an empty `first`. */
export interface Lines {
  readonly first: string;
  readonly fields: readonly FieldLine[];
  /** Behind the empty line. */
  readonly end: number;
}

const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t -~\x80-\xff]*)$/;
const LOOSE_FIELD = /^([^:]+):(.*)$/s;

/** `first`: given for trailers, which have no first line. */
export function readLines(
  text: string,
  from: number,
  how: Leniency,
  first?: string,
): Lines | 'more' | 'wrong' {
  const lines: string[] = first === undefined ? [] : [first];
  let at = from;
  for (;;) {
    const end = endOfLine(text, at, how);
    if (typeof end === 'string') return end;
    const line = text.slice(at, end.at);
    at = end.next;
    if (line === '' && lines.length > 0) break;
    if (/^[ \t]/.test(line) && lines.length > 1 && how.folded !== undefined) {
      if (how.folded === 'joined') lines.push(`${lines.pop()} ${line.trim()}`);
    } else lines.push(line);
  }
  const fields = lines.slice(1).map((line) => readField(line, how));
  if (fields.includes('wrong')) return 'wrong';
  const read = fields.filter((field) => typeof field === 'object');
  return { first: lines[0] ?? '', fields: read, end: at };
}

/** Where a line ends, and where the next one begins. */
export function endOfLine(
  text: string,
  from: number,
  { lineEnds }: Leniency,
): { readonly at: number; readonly next: number } | 'more' | 'wrong' {
  for (let at = from; at < text.length; at++) {
    const byte = text[at];
    if (byte === '\n') return lineEnds === 'lf' ? { at, next: at + 1 } : 'wrong';
    if (byte !== '\r') continue;
    if (text[at + 1] === '\n') return { at, next: at + 2 };
    if (lineEnds === 'cr') return { at, next: at + 1 };
    if (at + 1 === text.length) return 'more';
    if (lineEnds === undefined) return 'wrong';
  }
  return 'more';
}

function readField(whole: string, how: Leniency): FieldLine | 'wrong' | undefined {
  const line = how.stopsAtNul ? whole.replace(/\0.*$/s, '') : whole;
  const strict = FIELD.exec(line);
  if (strict !== null) return [named(strict[1] ?? '', how), (strict[2] ?? '').replace(/[ \t]+$/, '')];
  const loose = LOOSE_FIELD.exec(line);
  const trim = how.trims ? odd : blanks;
  const [name, value] = [loose?.[1] ?? '', trim(loose?.[2] ?? '')];
  const isName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
  const cut = how.trims ? odd(name) : how.blankNames ? name.replace(/[ \t]+$/, '') : name;
  if (isName.test(cut) && (how.trims || how.stopsAtNul || /^[\t -~\x80-\xff]*$/.test(value)))
    return [named(cut, how), value];
  return how.skipsNonsense ? undefined : 'wrong';
}

const named = (name: string, { underscores }: Leniency): string =>
  underscores ? name.replaceAll('_', '-') : name;

const blanks = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '');
const odd = (text: string): string => text.replace(/^[^!-~]+|[^!-~]+$/g, '');
