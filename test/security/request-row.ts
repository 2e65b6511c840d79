/** What one client sends on a connection of its own, and what must come of it. */
export interface Row {
  readonly id: string;
  /** latin1. */
  readonly sends: string;
  /**
   * A status: one answer, the connection ends within a second, nothing complete reaches the upstream, nothing is stored.
   * A list: the requests that reach the upstream, as `METHOD target` and, behind a space, the body where there is one.
   */
  readonly expects: number | readonly string[];
}

export const HOST = 'Host: a.test\r\n';

export const get = (target: string, fields = '', method = 'GET'): string =>
  `${method} ${target} HTTP/1.1\r\n${HOST}${fields}\r\n`;

/** A POST with these fields, and what comes behind its head. */
export const post = (fields: string, behind = '', target = '/u'): string =>
  get(target, fields, 'POST') + behind;

export const chunked = (body: string, fields = ''): string =>
  post(`Transfer-Encoding: chunked\r\n${fields}`, body);

/** Control characters, one by one, with their names; those in `but` left out. */
export function controls(but = ''): readonly (readonly [name: string, character: string])[] {
  return Array.from({ length: 33 }, (_, i) => String.fromCharCode(i === 32 ? 0x7f : i))
    .filter((character) => !but.includes(character))
    .map((character) => [`0x${character.charCodeAt(0).toString(16).padStart(2, '0')}`, character] as const);
}

export const many = (count: number): string =>
  Array.from({ length: count }, (_, i) => `x${i}: 1\r\n`).join('');
