/** What a request line or a URL names. */
export interface NamedTarget {
  /** Path and query; begins with `/`. */
  readonly target: string;
  /** Host and port in lower case, where they are named. */
  readonly authority: string | undefined;
}

const ABSOLUTE = /^https?:\/\/(?:[^/?#@]*@)?([^/?#]+)([^#]*)/i;

/** Reads `/path?query` or a URL of http or https; a fragment, which is never sent, is left out. undefined for anything else. */
export function namedTarget(text: string): NamedTarget | undefined {
  if (text.startsWith('/')) {
    const hash = text.indexOf('#');
    return { target: hash < 0 ? text : text.slice(0, hash), authority: undefined };
  }
  const parts = ABSOLUTE.exec(text);
  const [, authority, rest = ''] = parts ?? [];
  if (authority === undefined) return undefined;
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority: authority.toLowerCase() };
}

const METHOD = /^[A-Z][A-Z-]{0,31}$/;

/** True for what is written like a method of a request. */
export function isMethod(word: string): boolean {
  return METHOD.test(word);
}
