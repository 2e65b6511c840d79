/** A request target in origin-form, taken apart and normalised. */
export interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/** Visible ASCII but `"`, `#`, `<`, `>`, `\`, `^`, `` ` ``, `{`, `|`, `}`: what RFC 3986 lets stand in a path. */
const PLAIN_PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/;
const PLAIN_QUERY = /^[!-~]*$/;
const SIMPLE = /^\/[A-Za-z0-9\-_~/]*$/;

/**
 * Takes apart an origin-form target, so that what is matched is what is keyed is what is sent.
 * Percent-encoded unreserved characters are decoded and the remaining triplets put in upper case
 * (RFC 3986 §6.2.2); everything else stays as it came: `//`, `;x` and `%2F` are not touched.
 * undefined, and so a 400, for dot segments however spelt, broken triplets, a fragment, `\`,
 * control characters and bytes beyond ASCII.
 */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  const question = target.indexOf('?');
  const rawPath = question < 0 ? target : target.slice(0, question);
  const query = question < 0 ? '' : target.slice(question + 1);
  if (query !== '' && (!PLAIN_QUERY.test(query) || query.includes('#'))) return undefined;
  if (SIMPLE.test(rawPath)) return { path: rawPath, query };
  if (!PLAIN_PATH.test(rawPath)) return undefined;
  const path = rawPath.includes('%') ? rawPath.replace(/%[0-9A-Fa-f]{2}/g, normaliseTriplet) : rawPath;
  if (path.includes('%00') || hasDotSegment(path)) return undefined;
  return { path, query };
}

function normaliseTriplet(triplet: string): string {
  const char = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
  return /[A-Za-z0-9\-._~]/.test(char) ? char : triplet.toUpperCase();
}

/** `/.` and `/..`, also in front of a path parameter (`/..;x`) or an encoded slash (`/..%2F`). */
function hasDotSegment(path: string): boolean {
  return path.includes('/.') && /\/\.\.?(?:\/|;|%2F|%5C|$)/.test(path);
}
