import { type Parsed, shown } from './parsed.ts';
import { list, scalar, word } from './scalar.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** A name as HTTP fields and cookies have it (RFC 9110 §5.6.2), unchanged. */
function parseToken(text: string): Parsed<string> {
  if (TOKEN.test(text)) return { value: text };
  return { problem: `${shown(text)} is not a name as HTTP knows it – use letters, digits and dashes` };
}

/** A field name, in lower case. */
export function parseFieldName(text: string): Parsed<string> {
  const parsed = parseToken(text);
  return 'value' in parsed ? { value: parsed.value.toLowerCase() } : parsed;
}

/** A field value (RFC 9110 §5.5): nothing that could end the line. */
function parseFieldValue(text: string): Parsed<string> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) {
    return {
      problem: `${shown(text)} holds a line break or control character, which no header can carry – remove it`,
    };
  }
  if (/[\u0100-\uffff]/.test(text)) {
    return {
      problem: `${shown(text)} holds characters beyond Latin-1, which no header can carry – encode them`,
    };
  }
  return { value: text.trim() };
}

const fieldName = scalar(parseFieldName, { examples: ['accept-language'] });
export const fieldNames = list(fieldName);
export const fieldValue = scalar(parseFieldValue);
export const token = scalar(parseToken, { examples: ['session'] });

/** Fields that frame a message or that Cacheside writes itself: a rule can't edit them. */
export const OWN_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'age',
  'cache-status',
]);

export const scope = word(['read', 'purge']);
