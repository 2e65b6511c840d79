import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { refuseForeign } from './foreign.ts';
import type { AdminToken, Scope } from './ports.ts';
import { ProblemError } from './problem.ts';
import type { Refusals } from './refusals.ts';

/** Who is calling: the token's name, or `local` where no tokens are configured. */
export type Caller = string;

/** A call, as far as it tells who makes it. */
export interface Call {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Of the other end of the connection. */
  readonly address: string;
}

/** Who may do what at the admin port. */
export interface Access {
  /**
   * Who calls, or a thrown ProblemError: 403 for a foreign Host or Origin and for a missing scope,
   * 401 without a valid token, 429 where that came too often from this address. `scope` undefined: anybody
   * who may reach the port.
   */
  authorise(call: Call, scope: Scope | undefined): Caller;
}

/**
 * Tokens of at least this many characters are compared however often somebody failed: they are not found by
 * guessing, at whatever rate, and whoever has one is kept out by nobody else's failures at the same address.
 */
const UNGUESSABLE = 32;

/**
 * `loopback`: the port is bound to a loopback address. Without tokens only loopback is open; anywhere
 * else every scope is refused.
 */
export function createAccess(tokens: readonly AdminToken[], loopback: boolean, refusals: Refusals): Access {
  // Digests of equal length compare in constant time, and under a key of this process they tell nothing.
  const key = randomBytes(32);
  const digest = (token: string) => createHmac('sha256', key).update(token).digest();
  const known = tokens.map((entry) => ({ entry, digest: digest(entry.token) }));

  const find = (presented: string): AdminToken | undefined => {
    const candidate = digest(presented);
    let found: AdminToken | undefined;
    // No early exit: how long this takes does not tell which token came close.
    for (const one of known) if (timingSafeEqual(one.digest, candidate)) found = one.entry;
    return found;
  };

  return {
    authorise({ method, headers, address }, scope) {
      if (loopback) refuseForeign(method, headers);
      if (scope === undefined) return 'anybody';
      if (tokens.length === 0 && loopback) return 'local';
      const presented = /^bearer +([^\s]+) *$/i.exec(headers.authorization ?? '')?.[1];
      const wait = refusals.wait(address);
      const isLooked = presented !== undefined && (wait === 0 || presented.length >= UNGUESSABLE);
      const token = isLooked ? find(presented) : undefined;
      if (token === undefined) {
        refusals.failed(address);
        throw wait > 0 ? tooMany(wait) : unauthorised(presented);
      }
      if (!token.scopes.includes(scope)) throw lacking(token, scope);
      return token.name;
    },
  };
}

function unauthorised(presented: string | undefined): ProblemError {
  const detail = presented === undefined ? 'Send `Authorization: Bearer TOKEN`.' : 'This token is not known.';
  return new ProblemError(401, detail, {}, { 'www-authenticate': 'Bearer realm="cacheside"' });
}

/** The same whether it was compared or not. `wait` in ms. */
function tooMany(wait: number): ProblemError {
  return new ProblemError(
    429,
    'Too many calls without a valid token came from this address.',
    {},
    { 'retry-after': String(Math.ceil(wait / 1_000)) },
  );
}

function lacking({ name }: AdminToken, scope: Scope): ProblemError {
  const challenge = `Bearer realm="cacheside", error="insufficient_scope", scope="${scope}"`;
  return new ProblemError(
    403,
    `The token "${name}" lacks the scope "${scope}".`,
    {},
    { 'www-authenticate': challenge },
    name,
  );
}
