/**
 * The same text in memory of its own. A substring or a concatenation points at the strings it was made of,
 * so that one word of a request head, kept in the store, would keep the whole head.
 */
export function ownText(text: string): string {
  if (text.length < SHORTEST) return text;
  const encoding = BEYOND_LATIN1.test(text) ? 'utf16le' : 'latin1';
  return Buffer.from(text, encoding).toString(encoding);
}

/** V8 makes substrings and concatenations of fewer characters whole. */
const SHORTEST = 13;

// biome-ignore lint/suspicious/noControlCharactersInRegex: every character of one byte
const BEYOND_LATIN1 = /[^\x00-\xff]/;
