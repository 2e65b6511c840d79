import type { z } from 'zod';
import { isLoopback } from '../address.ts';
import type { Path } from './problems.ts';

/** Parts of the admin section, of a token in it, and of an address, before anything is known of them. */
interface Parts {
  readonly listen?: unknown;
  readonly host?: unknown;
  readonly token?: unknown;
  readonly tokens?: unknown;
  readonly name?: unknown;
  readonly scopes?: unknown;
}

/**
 * What no single value of the admin section shows. It is asked of a section with problems, too, so that
 * they hide nothing: any part may be absent or not what it should be.
 */
export function checkAdmin(admin: unknown, context: z.RefinementCtx): void {
  if (!isSection(admin)) return;
  const report = (path: Path, message: string, part: 'key' | 'value' = 'value') =>
    context.addIssue({ code: 'custom', message, path: [...path], params: { part } });
  const { listen, token, tokens } = admin;
  if (token !== undefined && tokens !== undefined) {
    report(['token'], 'stands beside `tokens` – keep one of them', 'key');
  }
  const sections = Array.isArray(tokens) ? tokens.map((one: unknown) => (isSection(one) ? one : {})) : [];
  for (const [i, one] of sections.entries()) {
    // The inner part first: of what stands inside a reported part nothing more is said.
    if (Array.isArray(one.scopes) && one.scopes.length === 0)
      report(['tokens', i, 'scopes'], 'may do nothing – give it `read`, `purge`, or both');
    const first = sections.findIndex(
      (other) => isSame(other.name, one.name) || isSame(other.token, one.token),
    );
    if (first >= 0 && first < i)
      report(['tokens', i], `has the name or the token of tokens[${first}] – choose its own`);
  }
  const isOpen =
    token === undefined && (tokens === undefined || (Array.isArray(tokens) && tokens.length === 0));
  if (isOpen && isSection(listen) && typeof listen.host === 'string' && !isLoopback(listen.host)) {
    report(
      ['listen'],
      'anybody who reaches this address could purge – give `token` (or CACHESIDE_ADMIN_TOKEN), or listen on 127.0.0.1',
    );
  }
}

function isSection(value: unknown): value is Parts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSame(one: unknown, other: unknown): boolean {
  return typeof one === 'string' && one === other;
}
