import { alteredRequest, type RequestHead } from '../../../src/policy/request.ts';
import type { Flaw } from './doors.ts';

const withFields = (head: RequestHead, fields: readonly string[]): RequestHead =>
  alteredRequest(head, { fields });

/** Without the lines that this is so of. */
const without = (head: RequestHead, isDropped: (name: string, value: string, at: number) => boolean) =>
  withFields(
    head,
    head.fields.filter((_, i, all) => !isDropped(all[i & ~1] ?? '', all[i | 1] ?? '', i >> 1)),
  );

/** The fast door broken in one place each, as a mistake in it might, without a word about how it is made. */
export const FLAWS: Readonly<Record<string, Flaw>> = {
  'a bare LF ends a line': { reads: (bytes) => bytes.replace(/[^\r]\n(?=.)/g, '\r\n') },
  'a bare CR is white space': { reads: (bytes) => bytes.replace(/\r(?=[^\n])/g, ' ') },
  'a folded line goes on': { reads: (bytes) => bytes.replace(/\r\n(?=[ \t])/g, '  ') },
  'NUL is white space': { reads: (bytes) => bytes.replaceAll('\0', ' ') },
  'a control character is visible': {
    reads: (bytes) => bytes.replace(/(?![\r\n\t])[^ -\xff]|\x7f/g, '.'),
  },
  'white space may precede the colon': { reads: (bytes) => bytes.replace(/[ \t]:(?! )/g, '-:') },
  'HTTP/1.0 is HTTP/1.1': { reads: (bytes) => bytes.replaceAll('HTTP/1.0', 'HTTP/1.1') },
  'every method is GET': { reads: (bytes) => bytes.replaceAll('PUT /', 'GET /') },
  'a Content-Length is of no account': {
    reads: (bytes) => bytes.replace(/content-length(?=:)/gi, 'content-lengtx'),
  },
  'a coding is of no account': {
    reads: (bytes) => bytes.replace(/transfer-encoding(?=:)/gi, 'transfer-encodinx'),
  },
  'a Connection is of no account': { reads: (bytes) => bytes.replace(/connection(?=:)/gi, 'connectiox') },
  'a field is lost': { tells: (head) => without(head, (_name, _value, at) => at === 7) },
  'an empty field is lost': { tells: (head) => without(head, (_name, value) => value === '') },
  'a second field of a name is lost': {
    tells: (head) => {
      const names = head.fields.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
      return without(head, (name, _value, at) => names.indexOf(name.toLowerCase()) < at);
    },
  },
  'a value keeps its tab': {
    tells: (head) =>
      withFields(
        head,
        head.fields.map((text, i) => (i % 2 === 1 && text.includes(';') ? `${text}\t` : text)),
      ),
  },
  'names are in lower case': {
    tells: (head) =>
      withFields(
        head,
        head.fields.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text)),
      ),
  },
  'a query ends at a second ?': {
    tells: (head) => ({ ...alteredRequest(head, {}), query: head.query.replace(/\?.*/, '') }),
  },
  'HEAD is GET': { tells: (head) => alteredRequest(head, { method: 'GET' }) },
  'the authority keeps its case': {
    tells: (head) => ({ ...alteredRequest(head, {}), authority: head.authority.replace('a.test', 'A.test') }),
  },
  'the first byte handed on is lost': { handsOn: (bytes) => bytes.slice(1) },
  'the last byte handed on is lost': { handsOn: (bytes) => bytes.slice(0, -1) },
  'a byte of the request before is handed on': { handsOn: (bytes) => `\n${bytes}` },
  'what came in a second piece comes first': {
    handsOn: (bytes) => bytes.slice(bytes.length >> 1) + bytes.slice(0, bytes.length >> 1),
  },
};
