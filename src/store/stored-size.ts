import { isResponse, isSearchRecord, type Stored, type StoredResponse } from '../policy/stored-response.ts';

/*
 * All of it is measured as resident memory of the built sidecar on Node 24, with 15,000 to 40,000 responses of 100 bytes
 * to 100 KB, with 4 and with 12 fields, before and after their first hit.
 */

/** What a stored response takes beside its strings and the bytes of its body, its place in the tier included. */
const OVERHEAD = 1050;

/** The same of a record, which has no body. */
const RECORD_OVERHEAD = 450;

/** Header of a V8 string, rounding, and its place in an array. */
const STRING_OVERHEAD = 28;

/** What the first hit adds: the fields as they go downstream, their names and values in one text. */
const PREPARED_OVERHEAD = 450;
const PREPARED_PER_STRING = 30;

/** Of the bytes of bodies, what stays unused between them once bodies of many sizes have come and gone. */
const UNUSED = 1 / 16;

/**
 * Bytes that one stored response or record takes in the memory tier. A character counts one byte: keys and
 * fields are Latin-1 as they come off the wire.
 */
export function sizeOf(key: string, stored: Stored): number {
  if (isSearchRecord(stored)) {
    const { text, names } = stored.searchRule;
    return RECORD_OVERHEAD + key.length + text.length + sizeOfStrings([...names]);
  }
  const strings = stored.search.length + stored.url.length + stored.route.length;
  const shared = strings + sizeOfStrings(stored.tags);
  if (!isResponse(stored)) return RECORD_OVERHEAD + shared + key.length + sizeOfStrings(stored.vary);
  const names = stored.key.length + stored.variant.length + stored.rule.length;
  const own = key === stored.key ? names : names + key.length;
  return OVERHEAD + shared + own + sizeOfFields(stored) + sizeOfBytes(stored.body) + sizeOfForms(stored);
}

/**
 * What a form takes beside the bytes of its body: Buffer and ArrayBuffer, and the stored response as it is shown in this
 * form, with fields of its own. With 20,000 forms of ten or eleven fields, Node 24 has 1,150 to 1,410 bytes of each on the
 * V8 heap, by the length of the fields; the rest is for what stands outside of that heap.
 */
const FORM_OVERHEAD = 1500;

function sizeOfForms({ coded }: StoredResponse): number {
  let size = 0;
  for (const { body } of coded?.forms ?? []) size += FORM_OVERHEAD + sizeOfBytes(body);
  return size;
}

/** As they came, and as they go downstream. */
function sizeOfFields({ fields }: StoredResponse): number {
  const prepared = PREPARED_OVERHEAD + (PREPARED_PER_STRING - STRING_OVERHEAD) * fields.length;
  return prepared + 2 * sizeOfStrings(fields);
}

function sizeOfBytes({ buffer }: Uint8Array): number {
  return Math.ceil(buffer.byteLength * (1 + UNUSED));
}

function sizeOfStrings(strings: readonly string[]): number {
  let size = strings.length * STRING_OVERHEAD;
  for (const string of strings) size += string.length;
  return size;
}
