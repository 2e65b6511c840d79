/** The content codings that a stored response may be kept in beside its identity (RFC 7932, RFC 8878, RFC 1952). */
export const CODINGS = ['br', 'zstd', 'gzip'] as const;

export type Coding = (typeof CODINGS)[number];

/** What a stored response can be sent as: in a coding, or as the upstream sent it. */
export type Form = Coding | 'identity';

const IDENTITY: readonly Form[] = ['identity'];

/** One member of Accept-Encoding (RFC 9110 §12.5.3): a coding, and its weight from 0 to 1 with up to three decimals. */
const MEMBER = /^([\w!#$%&'*+.^`|~-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;
const LEADING = /^[\w!#$%&'*+.^`|~-]+/;

/**
 * The forms that a client accepts by its Accept-Encoding (RFC 9110 §12.5.3), the one to send before all others first:
 * by the client's weights, of equal ones in the order of `offered`, and the identity behind those. Without the field it
 * is the identity alone, since few who leave it out can decode. Empty where the client refuses whatever there is.
 */
export function acceptedForms(accept: string | undefined, offered: readonly Coding[]): readonly Form[] {
  if (accept === undefined) return IDENTITY;
  let known = KNOWN.get(offered);
  if (known === undefined) {
    known = new Map();
    KNOWN.set(offered, known);
  }
  const before = known.get(accept);
  if (before !== undefined) return before;
  const forms = readForms(accept, offered);
  if (accept.length <= LONGEST) {
    if (known.size >= MOST) known.clear();
    // Characters put together anew: a part of a request head would keep the whole head.
    known.set([...accept].join(''), forms);
  }
  return forms;
}

/** What the few values that clients send came to. */
const KNOWN = new WeakMap<readonly Coding[], Map<string, readonly Form[]>>();
const MOST = 200;
const LONGEST = 100;

function readForms(accept: string, offered: readonly Coding[]): readonly Form[] {
  const weights = readWeights(accept);
  const others = weights.get('*');
  const wanted = offered
    .map((form): Weighed => ({ form, weight: weights.get(form) ?? others ?? 0 }))
    .filter(({ weight }) => weight > 0);
  const identity = weights.get('identity');
  if (identity !== 0 && (identity !== undefined || others !== 0)) {
    // Acceptable though nobody spoke of it, and for that behind all that was asked for.
    wanted.push({ form: 'identity', weight: identity ?? 0 });
  }
  return wanted.sort((a, b) => b.weight - a.weight).map(({ form }) => form);
}

interface Weighed {
  readonly form: Form;
  readonly weight: number;
}

/** Lower-case codings and their weights; the smaller where one occurs twice, 0 for a coding with a weight that cannot be read. */
function readWeights(accept: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const member of accept.split(',')) {
    const text = member.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, '').toLowerCase();
    const [whole, name, weight = '1'] = MEMBER.exec(text) ?? [];
    const coding = canonical(name ?? LEADING.exec(text)?.[0]);
    // What is said of the identity must be plain to refuse it.
    if (coding === undefined || (whole === undefined && (coding === 'identity' || coding === '*'))) continue;
    const read = whole === undefined ? 0 : Number(weight);
    weights.set(coding, Math.min(read, weights.get(coding) ?? 1));
  }
  return weights;
}

/** `x-gzip` is gzip (RFC 9110 §8.4.1.3). */
function canonical(name: string | undefined): string | undefined {
  return name === 'x-gzip' ? 'gzip' : name;
}
