const REDACTED = '[redacted]';

/** Anywhere in a name these give it away. */
const TELLING = /token|secret|passw|passphrase|signature|credential|api-?_?key|jwt|session|oauth/;
/** As a whole word of a name; `keyword` and `author` are none of them. */
const TELLING_WORDS = new Set([
  'key',
  'auth',
  'authorization',
  'sig',
  'pass',
  'pwd',
  'sid',
  'otp',
  'bearer',
  'hmac',
]);

/**
 * A request target fit for a log: the values of query parameters whose name suggests a secret are
 * replaced, user information of an absolute-form target too, and C1 control characters are
 * percent-encoded (those below U+0020 are left to JSON, which escapes them).
 */
export function redactTarget(target: string): string {
  let out = target;
  if (!out.startsWith('/')) out = out.replace(/^([^/?#]*:\/\/)[^/?#]*@/, `$1${REDACTED}@`);
  const question = out.indexOf('?');
  if (question >= 0) out = out.slice(0, question + 1) + redactQuery(out.slice(question + 1));
  return C1.test(out) ? out.replace(C1_ALL, percentEncode) : out;
}

/** Terminals act on C1 characters, and JSON lets them pass. */
const C1 = /[\x7f-\x9f]/;
const C1_ALL = /[\x7f-\x9f]/g;

function percentEncode(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Without one of these a query names no secret: every telling name has one in it, unless it is percent-encoded. */
const SUSPECT = /%|key|auth|sig|pass|pwd|sid|otp|bearer|hmac|token|secret|credential|jwt|session/i;

function redactQuery(query: string): string {
  if (!SUSPECT.test(query)) return query;
  return query.replace(/([^&;=]+)=([^&;]*)/g, (pair, name: string, value: string) =>
    value !== '' && suggestsSecret(name) ? `${name}=${REDACTED}` : pair,
  );
}

/** True when a parameter's name, percent-encoded or not, suggests that its value is a secret. */
function suggestsSecret(name: string): boolean {
  const plain = decode(name);
  if (TELLING.test(plain.toLowerCase())) return true;
  const words = plain
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => TELLING_WORDS.has(word));
}

function decode(name: string): string {
  if (!name.includes('%')) return name;
  return name.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
