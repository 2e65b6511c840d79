const DEFAULT_PORT = { http: /:0*80$/, https: /:0*443$/ };

/**
 * The origin of a URI as `scheme://host:port`, a default port left out (RFC 9110 §4.2.3, §4.3.1): two
 * spellings of one origin give one text. `authority` in lower case.
 */
export function originOf(scheme: 'http' | 'https', authority: string): string {
  return `${scheme}://${authority.replace(DEFAULT_PORT[scheme], '')}`;
}

/** A URL whose scheme and authority are these, with its origin as `originOf` spells it. */
export function withOrigin(url: string, scheme: 'http' | 'https', authority: string): string {
  const origin = originOf(scheme, authority);
  const named = scheme.length + 3 + authority.length;
  return origin.length === named ? url : origin + url.slice(named);
}
