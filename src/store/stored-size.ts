import { isResponse, isSearchRecord, type Stored, type StoredResponse } from '../policy/stored-response.ts';

/**
 * Bytes that a stored response takes beside its strings and its body: the object, its boxed times,
 * Buffer and ArrayBuffer, lru-cache's arrays and its map, our slot. Measured on Node 20 with 100,000
 * of them: 760 on the V8 heap, 1,100–1,200 of resident memory.
 */
const OVERHEAD = 1100;

/** Header of a V8 string, rounding, and its place in an array; measured likewise: 26–28. */
const STRING_OVERHEAD = 28;

/**
 * Bytes that one stored response or record takes in the memory tier. A character counts one byte: keys and
 * fields are Latin-1 as they come off the wire.
 */
export function sizeOf(key: string, stored: Stored): number {
  if (isSearchRecord(stored)) {
    const { text, names } = stored.searchRule;
    return OVERHEAD + key.length + text.length + sizeOfStrings([...names]);
  }
  const strings = stored.search.length + stored.url.length + stored.route.length;
  const shared = OVERHEAD + strings + sizeOfStrings(stored.tags);
  if (!isResponse(stored)) return shared + key.length + sizeOfStrings(stored.vary);
  const names = stored.key.length + stored.variant.length + stored.rule.length;
  const own = key === stored.key ? names : names + key.length;
  return shared + own + sizeOfStrings(stored.fields) + stored.body.buffer.byteLength + sizeOfForms(stored);
}

/**
 * What a form takes beside its body: Buffer and ArrayBuffer, and the stored response as it is shown in this form, with its
 * fields. Measured on Node 24 with 20,000 of ten fields: 1,150 on the V8 heap.
 */
const FORM_OVERHEAD = 1500;

function sizeOfForms({ coded }: StoredResponse): number {
  let size = 0;
  for (const { body } of coded?.forms ?? []) size += FORM_OVERHEAD + body.buffer.byteLength;
  return size;
}

function sizeOfStrings(strings: readonly string[]): number {
  let size = strings.length * STRING_OVERHEAD;
  for (const string of strings) size += string.length;
  return size;
}
