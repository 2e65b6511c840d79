import type { IncomingHttpHeaders } from 'node:http';
import { namesLoopback } from './loopback.ts';
import { ProblemError } from './problem.ts';

/**
 * Keeps pages of other origins out that a browser on this host has open. Throws a 403.
 *
 * Browsers send Origin with every POST to another origin, older ones at least the Referer or, where they have
 * it, Sec-Fetch-Site; what does not come from a page has none of them.
 */
export function refuseForeign(method: string, headers: IncomingHttpHeaders): void {
  const { host = '', origin, referer } = headers;
  if (!namesLoopback(host)) {
    throw new ProblemError(403, 'This port is bound to loopback: call it as localhost, 127.0.0.1 or [::1].');
  }
  const own = `http://${host.toLowerCase()}`;
  const isForeign = origin !== undefined && origin.toLowerCase() !== own;
  if (isForeign || (method === 'POST' && isFromAfar(referer, headers['sec-fetch-site'], own))) {
    throw new ProblemError(403, 'A page of another origin may not call this port.');
  }
}

/** A link on another page may lead here, but nothing there may change anything. */
function isFromAfar(referer: string | undefined, site: string | string[] | undefined, own: string): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return referer !== undefined && !`${referer.toLowerCase()}/`.startsWith(`${own}/`);
}
