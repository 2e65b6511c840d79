import { ProblemError } from './problem.ts';

/** A whole number of a query, `otherwise` where it has none. Throws a 400 for anything beyond `least` and `most`. */
export function wholeNumber(
  query: URLSearchParams,
  name: string,
  { least, most, otherwise }: { readonly least: number; readonly most: number; readonly otherwise: number },
): number {
  const value = query.get(name);
  if (value === null) return otherwise;
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new ProblemError(
    400,
    `"${name}" must be a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}.`,
  );
}
