/** Stands in a stream for a path that no other stream has. */
export const PLACE = '/s@@@@@@@@';

/** The paths that streams use below their own one. */
export const FIRST = `${PLACE}/first`;
/** Asked for only by bytes that no lawful reader takes for a request. */
export const CANARY = `${PLACE}/canary`;
/** Asked for by the request that is pipelined behind an odd one. */
export const BEHIND = `${PLACE}/behind`;

export const HOST = 'Host: a.test\r\n';

export const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\n${HOST}${more}\r\n`;

/** The stream of this number: every placeholder replaced, lengths kept. */
export const placed = (text: string, number: number): string =>
  text.replaceAll(PLACE, `/s${(Math.imul(number + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')}`);

/** All paths that a stream could be made to ask for. */
export const pathsOf = (text: string): ReadonlySet<string> =>
  new Set(text.match(/\/s[0-9a-f]{8}\/[a-z]+\d*/g) ?? []);
