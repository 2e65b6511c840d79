/** A request head without a body behind it, and where it ends in what was read. */
export interface FastHead {
  readonly method: string;
  readonly target: string;
  /** As on the wire: `[name, value, …]`. */
  readonly fields: string[];
  readonly end: number;
}

const REQUEST_LINE = /(GET|HEAD) (\/[!-~]*) HTTP\/1\.1\r\n/y;
const FIELD_LINE = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t -~]*)\r\n/y;
/** Fields that say more about the message or the connection than "this is all, go on". */
const TELLS = 'proxy-connection|content-length|transfer-encoding|expect|upgrade|http2-settings|trailer';
/** node:http takes Proxy-Connection for Connection. */
const TELLING = new RegExp(`^(?:connection|${TELLS})$`, 'i');
/** What may still become a line of ours, or the end of a head; node's parser gives up some of the rest at once. */
const BEGUN_LINE = new RegExp(
  `^(?:(?!(?:${TELLS}):)[!#$%&'*+\\-.^_\`|~0-9A-Z]+(?::[\\t -~]*\\r?)?|\\r)?$`,
  'i',
);
const BEGUN_REQUEST = new RegExp(
  `^(?:GE?|HE?A?|(?:GET|HEAD)(?: (?:/[!-~]*(?: ${begunWord('HTTP/1.1\r')})?)?)?)?$`,
);

/**
 * Reads the request head that begins at `from` of `text` (latin1), where it is one that nobody could read
 * in another way: GET or HEAD, origin-form, HTTP/1.1, token names, visible ASCII values, no body, nothing
 * about the connection but that it is kept (RFC 9112 §3, §5). `more` where its end is not here yet;
 * undefined for everything else, lawful or not: that is node:http's to read.
 */
export function readFastHead(text: string, from: number): FastHead | 'more' | undefined {
  REQUEST_LINE.lastIndex = from;
  const line = REQUEST_LINE.exec(text);
  if (line === null) return begun(text, from, BEGUN_REQUEST);
  const fields: string[] = [];
  let at = REQUEST_LINE.lastIndex;
  while (text.charCodeAt(at) !== CR) {
    FIELD_LINE.lastIndex = at;
    const field = FIELD_LINE.exec(text);
    if (field === null) return begun(text, at, BEGUN_LINE);
    const name = field[1] as string;
    const value = withinBlanks(field[2] as string);
    if (TELLING.test(name) && !isKeepAlive(name, value)) return undefined;
    fields.push(name, value);
    at = FIELD_LINE.lastIndex;
  }
  if (text.charCodeAt(at + 1) !== LF) return begun(text, at, BEGUN_LINE);
  return { method: line[1] as string, target: line[2] as string, fields, end: at + 2 };
}

const CR = 13;
const LF = 10;

function begun(text: string, from: number, line: RegExp): 'more' | undefined {
  return line.test(text.slice(from)) ? 'more' : undefined;
}

/** A pattern of what a word, all of it printable but its end, may begin with. */
function begunWord(word: string): string {
  return [...word].reduceRight((rest, character) => `(?:[${character}]${rest})?`, '');
}

function isKeepAlive(name: string, value: string): boolean {
  return name.length === 'connection'.length && value.toLowerCase() === 'keep-alive';
}

/** Without the white space around the value (RFC 9110 §5.5); a regular expression would try each blank anew. */
function withinBlanks(value: string): string {
  let start = 0;
  while (isBlank(value.charCodeAt(start))) start++;
  let end = value.length;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
