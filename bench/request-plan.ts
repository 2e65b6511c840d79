import { readFileSync, writeFileSync } from 'node:fs';

/**
 * What a load generator asks for: each path in turn, over and over. Where a path holds `{n}`, the
 * load's turn and a number stand there, so that nobody has asked for it before.
 */
export interface RequestPlan {
  readonly paths: readonly string[];
  /** Field lines of the request of this index, beside Host. */
  readonly fields?: (index: number) => readonly string[];
}

/** All servers are asked for the same host, whatever their port. */
export const HOST = 'shop.example';

/** A request as it is sent. */
export function renderRequest(path: string, fields: readonly string[] = []): string {
  return `${[`GET ${path} HTTP/1.1`, `Host: ${HOST}`, ...fields].join('\r\n')}\r\n\r\n`;
}

export function renderPlan({ paths, fields }: RequestPlan): string[] {
  return paths.map((path, index) => renderRequest(path, fields?.(index)));
}

/** No request holds it. */
const SEPARATOR = '\f';

/** Writes the requests where load.lua and the others read them. */
export function writeRequests(file: string, plan: RequestPlan): void {
  writeFileSync(file, renderPlan(plan).join(SEPARATOR), 'latin1');
}

export function readRequests(file: string): string[] {
  return readFileSync(file, 'latin1').split(SEPARATOR);
}

/** A function that gives the next request each time, `{n}` replaced. */
export function cycle(requests: readonly string[], turn: number): () => string {
  let asked = 0;
  return () => {
    const request = requests[asked++ % requests.length] ?? '';
    return request.includes('{n}') ? request.replace('{n}', `${turn}-${asked}`) : request;
  };
}
