import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { namesLoopback } from './loopback.ts';
import type { AdminToken, Scope } from './ports.ts';
import { ProblemError } from './problem.ts';

/** Who is calling: the token's name, or `local` where no tokens are configured. */
export type Caller = string;

export interface Gate {
  /**
   * Who calls, or a thrown ProblemError: 403 for a foreign Host or Origin and for a missing scope,
   * 401 without a valid token. `scope` undefined: anybody who may reach the port.
   */
  authorise(headers: IncomingHttpHeaders, scope: Scope | undefined): Caller;
}

/**
 * `loopback`: the port is bound to a loopback address. Without tokens only loopback is open; anywhere
 * else every scope is refused.
 */
export function createGate(tokens: readonly AdminToken[], loopback: boolean): Gate {
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
    authorise(headers, scope) {
      if (loopback) refuseForeign(headers);
      if (scope === undefined) return 'anybody';
      if (tokens.length === 0 && loopback) return 'local';
      const presented = /^bearer +([^\s]+) *$/i.exec(headers.authorization ?? '')?.[1];
      const token = presented === undefined ? undefined : find(presented);
      if (token === undefined) {
        const detail =
          presented === undefined ? 'Send `Authorization: Bearer TOKEN`.' : 'This token is not known.';
        throw new ProblemError(401, detail, {}, { 'www-authenticate': 'Bearer realm="cacheside"' });
      }
      if (!token.scopes.includes(scope)) {
        throw new ProblemError(
          403,
          `The token "${token.name}" lacks the scope "${scope}".`,
          {},
          {
            'www-authenticate': `Bearer realm="cacheside", error="insufficient_scope", scope="${scope}"`,
          },
        );
      }
      return token.name;
    },
  };
}

/** Keeps pages of other origins out that a browser on this host has open. */
function refuseForeign(headers: IncomingHttpHeaders): void {
  const host = headers.host ?? '';
  if (!namesLoopback(host)) {
    throw new ProblemError(403, 'This port is bound to loopback: call it as localhost, 127.0.0.1 or [::1].');
  }
  const { origin } = headers;
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    throw new ProblemError(403, 'A page of another origin may not call this port.');
  }
}
