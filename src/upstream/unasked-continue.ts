import type { Reading } from './reading.ts';

const NOTHING = Buffer.alloc(0);
const LONGEST_HEAD = 64 * 1024;
/** Whoever sends more of them does nothing else, and undici may end the connection; bytes. */
const MOST = 1024 * 1024;
const STATUS_LINE = 'HTTP/1.1 100'.length;
const INTERIM = /^HTTP\/1\.[01] 1\d\d$/;
/** What may still become the beginning of an interim response. */
const BEGUN = /^H(?:T(?:T(?:P(?:\/(?:1(?:\.(?:[01](?: (?:1\d?)?)?)?)?)?)?)?)?)?$/;
const VERSION = /^HTTP\/(1\.[01]) /;

/**
 * What of it is undici's to read; null while that cannot be told. Each `100 Continue` is taken out: nobody asked for one, a
 * client has to take it all the same (RFC 9110 §15.2), and undici ends the connection before any handler hears of it.
 * Only where a response is to begin is anything looked at; and there its version is noted, of which undici tells
 * nothing, and knows some that are none.
 */
export function withoutContinue(reading: Reading, chunk: Buffer): Buffer | null {
  let rest = reading.held.length === 0 ? chunk : Buffer.concat([reading.held, chunk]);
  const passed: Buffer[] = [];
  while (rest.length > 0) {
    const start = rest.toString('latin1', 0, STATUS_LINE);
    const end = INTERIM.test(start) ? rest.indexOf('\r\n\r\n') : -1;
    if (end >= 0) {
      if (start.endsWith('100') && reading.takenOut <= MOST) reading.takenOut += end + 4;
      else passed.push(rest.subarray(0, end + 4));
      rest = rest.subarray(end + 4);
    } else if ((INTERIM.test(start) && rest.length <= LONGEST_HEAD) || BEGUN.test(start)) {
      break;
    } else {
      passed.push(rest);
      rest = NOTHING;
      reading.awaitsHead = false;
      reading.version = VERSION.exec(start)?.[1] as Reading['version'];
    }
  }
  reading.held = rest;
  if (passed.length <= 1) return passed[0] ?? null;
  return Buffer.concat(passed);
}
