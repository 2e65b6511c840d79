import { type Parsed, shown } from './parsed.ts';
import type { ParsedMatch } from './route-match.ts';

/** A name that fits logs, metric labels and URLs. */
export function parseRouteName(text: string): Parsed<string> {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return { value: text };
  return {
    problem: `${shown(text)} is not a route name – use up to 64 letters, digits, \`.\`, \`_\` and \`-\``,
  };
}

/** The name of a route that has none: `GET /products/:id` is `get-products-id`, `/` is `root`, `*` is `any`. */
export function derivedName(match: ParsedMatch): string {
  const path = match.pattern
    .split('/')
    .map((segment) => segment.replaceAll('*', 'any').replace(/[^A-Za-z0-9._-]+/g, ''))
    .filter((segment) => segment !== '');
  const methods = match.methods.map((method) => method.toLowerCase());
  return [...methods, ...(path.length === 0 ? ['root'] : path)].join('-').slice(0, 64);
}
