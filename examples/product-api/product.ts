/** What a client sends to describe a product. */
export interface ProductInput {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly description: string;
  /** Whole cents. */
  readonly priceCents: number;
  readonly stock: number;
}

/** A product as clients see it. Times are ISO 8601, UTC. */
export interface Product extends ProductInput {
  readonly id: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** One thing wrong with one place of a request; `pointer` is a JSON Pointer fragment or a query parameter. */
export interface FieldProblem {
  readonly pointer: string;
  readonly detail: string;
}

export type Validated<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] };

/** What the service itself sets; a client that sends back what it read is not refused for it. */
const READ_ONLY = new Set(['id', 'createdAt', 'updatedAt']);

const FIELDS: Readonly<Record<keyof ProductInput, (value: unknown) => string | undefined>> = {
  sku: matching(/^[A-Z0-9][A-Z0-9-]{2,31}$/, 'must be 3 to 32 capital letters, digits and hyphens'),
  name: text(1, 120),
  category: matching(/^[a-z][a-z0-9-]{0,39}$/, 'must be a lower-case word such as "kitchen"'),
  description: text(0, 2_000),
  priceCents: wholeNumber(0, 100_000_00),
  stock: wholeNumber(0, 1_000_000),
};

/** Checks a product that was sent whole and tells everything that is wrong with it at once. */
export function validateProduct(sent: unknown): Validated<ProductInput> {
  if (!isObject(sent)) return invalid([{ pointer: '#', detail: 'must be a JSON object' }]);
  const given: Record<string, unknown> = { description: '', ...sent };
  const problems: FieldProblem[] = [];
  for (const [field, check] of Object.entries(FIELDS)) {
    const detail = given[field] === undefined ? 'is required' : check(given[field]);
    if (detail !== undefined) problems.push({ pointer: `#/${field}`, detail });
  }
  for (const field of Object.keys(sent)) {
    if (Object.hasOwn(FIELDS, field) || READ_ONLY.has(field)) continue;
    const escaped = field.replaceAll('~', '~0').replaceAll('/', '~1');
    problems.push({ pointer: `#/${escaped}`, detail: 'is not a field of a product' });
  }
  if (problems.length > 0) return invalid(problems);
  const { sku, name, category, description, priceCents, stock } = given as unknown as ProductInput;
  return { kind: 'valid', value: { sku, name, category, description, priceCents, stock } };
}

/** Applies a JSON Merge Patch (RFC 7396) to a product and checks the result. */
export function patchProduct(product: Product, patch: unknown): Validated<ProductInput> {
  if (!isObject(patch)) return invalid([{ pointer: '#', detail: 'must be a JSON object' }]);
  const kept = Object.entries({ ...product, ...patch }).filter(([, value]) => value !== null);
  return validateProduct(Object.fromEntries(kept));
}

/** Which part of the catalogue a list shows. */
export interface ListQuery {
  readonly category: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Reads `category`, `limit` (1–100, default 20) and `offset`; other parameters are none of its business. */
export function readListQuery(query: URLSearchParams): Validated<ListQuery> {
  const problems: FieldProblem[] = [];
  const numberOf = (name: string, fallback: number, least: number, most: number): number => {
    const sent = query.get(name);
    if (sent === null) return fallback;
    const value = /^\d{1,9}$/.test(sent) ? Number(sent) : Number.NaN;
    if (value >= least && value <= most) return value;
    problems.push({ pointer: name, detail: `must be a whole number from ${least} to ${most}` });
    return fallback;
  };
  const value = {
    category: query.get('category') ?? undefined,
    limit: numberOf('limit', 20, 1, 100),
    offset: numberOf('offset', 0, 0, 999_999_999),
  };
  return problems.length > 0 ? invalid(problems) : { kind: 'valid', value };
}

function invalid(problems: readonly FieldProblem[]): { kind: 'invalid'; problems: readonly FieldProblem[] } {
  return { kind: 'invalid', problems };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(least: number, most: number) {
  return (value: unknown) => {
    const length = typeof value === 'string' ? value.trim().length : -1;
    return length >= least && length <= most ? undefined : `must be a text of ${least} to ${most} characters`;
  };
}

function matching(pattern: RegExp, detail: string) {
  return (value: unknown) => (typeof value === 'string' && pattern.test(value) ? undefined : detail);
}

function wholeNumber(least: number, most: number) {
  return (value: unknown) =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `must be a whole number from ${least} to ${most}`;
}
