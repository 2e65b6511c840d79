import { type FieldLines, sameName } from './fields.ts';

/** How many tags an upstream may give to one response, and how many characters to one tag. */
export const MAX_TAGS = 1_000;
export const MAX_TAG_LENGTH = 1_024;

/**
 * The tags in these fields (lower-case names), over all lines. White space and commas separate them:
 * Surrogate-Key and xkey have the former, Cache-Tag the latter, and in none of them can a tag contain
 * either. Case counts. undefined beyond the bounds: were a tag left out, its purge would pass by.
 */
export function surrogateTags(fields: FieldLines, names: readonly string[]): readonly string[] | undefined {
  let tags: Set<string> | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    if (!isOneOf(fields[i] as string, names)) continue;
    tags ??= new Set();
    // Not \s: bytes of UTF-8 stand here as characters of their own, 0xA0 among them.
    for (const member of (fields[i + 1] as string).split(/[ \t,]+/)) {
      if (member.length > MAX_TAG_LENGTH) return undefined;
      if (member !== '') tags.add(fromUtf8(member));
      if (tags.size > MAX_TAGS) return undefined;
    }
  }
  return tags === undefined ? NONE : [...tags];
}

const NONE: readonly string[] = [];

function isOneOf(field: string, names: readonly string[]): boolean {
  for (let i = 0; i < names.length; i++) if (sameName(field, names[i] as string)) return true;
  return false;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What bytes beyond ASCII spell, as an operator would write it; left as they are where they are no UTF-8. */
function fromUtf8(text: string): string {
  if (!/[\x80-\xff]/.test(text)) return text;
  try {
    return UTF8.decode(Uint8Array.from(text, (char) => char.charCodeAt(0)));
  } catch {
    return text;
  }
}
