import { type Dictionary, type List, parseDictionary, parseList } from 'structured-headers';

export type { BareItem } from 'structured-headers';

/** The value of a field as a Dictionary (RFC 9651 §4.2.2); undefined, and so as if absent, where it is none. */
export function readDictionary(value: string): Dictionary | undefined {
  return orUndefined(parseDictionary, value);
}

/** The value of a field as a List (RFC 9651 §4.2.1); undefined, and so as if absent, where it is none. */
export function readList(value: string): List | undefined {
  return orUndefined(parseList, value);
}

function orUndefined<T>(parse: (value: string) => T, value: string): T | undefined {
  try {
    return parse(value);
  } catch {
    return undefined;
  }
}
