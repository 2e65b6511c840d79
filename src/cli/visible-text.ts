/** Control characters and those that turn the direction of text: a terminal acts on them, and who reads them cannot see it. */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text that others wrote – a URL, a tag, a name – fit for a terminal: on one line, what is hidden written out. */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}
