/** A request target in origin-form, taken apart and normalised. */
export interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/** What RFC 3986 §3.3 lets stand in a path. */
const PLAIN_PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/;
const PLAIN_QUERY = /^[!-~]*$/;
const SIMPLE = /^\/[A-Za-z0-9\-_~/]*$/;

/**
 * `.` or `..` between separators, as any upstream might read it: the slash or backslash encoded
 * (`/a%2F..`), what some cut off behind it or drop (`/..;x`, `/..%20`, `/.%0A.`), or all of it encoded more than once
 * (`/%252E%252E/`), or in forms that some fold into ASCII (U+FF0E, U+FF0F, U+FF3C).
 */
const SLASH = '(?:/|%(?:25)*(?:2F|5C)|%EF%BC%8F|%EF%BC%BC)';
const DOT = '(?:\\.|%(?:25)+2E|%EF%BC%8E)';
const BLANK = '(?:%(?:25)*(?:20|7F|[01][0-9A-F]))';
const DOT_SEGMENT = new RegExp(
  `${SLASH}${BLANK}*${DOT}(?:${BLANK}*${DOT})?(?:${BLANK}|${SLASH}|;|%(?:25)*(?:3B|3F|23)|$)`,
  'i',
);

/** ASCII in more bytes than it takes, which no UTF-8 has and some upstreams decode (RFC 3629 §3). */
const OVERLONG = /%(?:25)*(?:C[01]%(?:25)*[89AB]|E0%(?:25)*[89][0-9A-F]%|F0%(?:25)*8[0-9A-F]%)/i;

/**
 * Takes apart an origin-form target, so that what is matched is what is keyed is what is sent.
 * Percent-encoded unreserved characters are decoded and the remaining triplets put in upper case
 * (RFC 3986 §6.2.2); everything else stays as it came: `//`, `;x` and `%2F` are not touched.
 * undefined, and so a 400, for dot segments however spelt, broken triplets, overlong forms, a fragment, `\`,
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
  if (path.includes('%') && (path.includes('%00') || OVERLONG.test(path))) return undefined;
  if (DOT_SEGMENT.test(path)) return undefined;
  return { path, query };
}

function normaliseTriplet(triplet: string): string {
  const char = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
  return /[A-Za-z0-9\-._~]/.test(char) ? char : triplet.toUpperCase();
}
